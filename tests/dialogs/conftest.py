"""One running system for all transcripts: the demo library, Rasa, the action server and the bot."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.processes import MODEL, RASA_PROGRAM
from app.settings import ROOT
from tests.databases import free_port
from tests.dialogs.house import House
from tests.waiting import wait_until

START_SECONDS = 240
STOP_SECONDS = 20


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The system, started as `shudi run` starts it, its autopilot off: transcripts say what staff do.

    TEST_RUNNING names the data directory of a system that runs already, TEST_URL where (for working on
    transcripts).
    """
    if not (RASA_PROGRAM.exists() and MODEL.exists()):
        pytest.skip("the dialogue model or Rasa's environment is missing: run `make train`")
    if running := os.environ.get("TEST_RUNNING"):
        yield House(Path(running), os.environ["TEST_URL"])
        return
    data = tmp_path_factory.mktemp("system")
    ports = {name: free_port() for name in ("PORT", "RASA_PORT", "ACTIONS_PORT")}
    given = {f"SHUDI_{name}": str(port) for name, port in ports.items()}
    environment = {
        **os.environ,
        **given,
        "SHUDI_DATA_DIR": str(data),
        "SHUDI_DEMO_AUTOPILOT": "0",
        "SHUDI_LOG_LEVEL": "warning",
    }
    shudi = [sys.executable, "-m", "app"]
    subprocess.run([*shudi, "demo", "seed"], cwd=ROOT, env=environment, check=True, timeout=120)
    house = House(data, f"http://127.0.0.1:{ports['PORT']}")
    process = subprocess.Popen([*shudi, "run"], cwd=ROOT, env=environment, start_new_session=True)
    try:
        wait_until(
            lambda: process.poll() is not None or _healthy(house.url), START_SECONDS, "the system is healthy"
        )
        assert process.poll() is None, f"`shudi run` ended with {process.returncode}"
        yield house
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_SECONDS)
        house.close()


def _healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
