"""Running systems for transcripts: the demo library, Rasa, the action server and the bot."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from app.processes import MODEL, RASA_PROGRAM
from app.settings import ROOT
from tests.databases import PostgresServer, free_port
from tests.dialogs.house import House
from tests.waiting import wait_until

START_SECONDS = 240
STOP_SECONDS = 20


@pytest.fixture(scope="session")
def system() -> Iterator[House]:
    """The system on SQLite, for every transcript.

    TEST_RUNNING names the data directory of a system that runs already, TEST_URL where (for working on
    transcripts).
    """
    if running := os.environ.get("TEST_RUNNING"):
        yield House(Path(running), os.environ["TEST_URL"])
        return
    with (
        TemporaryDirectory(prefix="shudi-system-", ignore_cleanup_errors=True) as data,
        started(Path(data)) as house,
    ):
        yield house


@pytest.fixture
def postgres_system(postgres_server: PostgresServer, tmp_path: Path) -> Iterator[House]:
    """The system on PostgreSQL."""
    with started(tmp_path, postgres_server.fresh("system")) as house:
        yield house


@contextmanager
def started(data: Path, database_url: str = "") -> Iterator[House]:
    """The system as `shudi run` starts it, its autopilot off: transcripts say what staff do."""
    if not (RASA_PROGRAM.exists() and MODEL.exists()):
        pytest.skip("the dialogue model or Rasa's environment is missing: run `make train`")
    environment = os.environ | {
        f"SHUDI_{name}": value for name, value in _settings(data, database_url).items()
    }
    shudi = [sys.executable, "-m", "app"]
    subprocess.run([*shudi, "demo", "seed"], cwd=ROOT, env=environment, check=True, timeout=120)
    house = House(data, f"http://127.0.0.1:{environment['SHUDI_PORT']}", database_url)
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


def _settings(data: Path, database_url: str) -> dict[str, str]:
    return {
        **{name: str(free_port()) for name in ("PORT", "RASA_PORT", "ACTIONS_PORT")},
        "DATA_DIR": str(data),
        "DATABASE_URL": database_url,
        "DEMO_AUTOPILOT": "0",
        "LOG_LEVEL": "warning",
    }


def _healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
