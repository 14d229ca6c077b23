"""Train the dialogue model, when what it is made of has changed."""

import fcntl
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from app.errors import StartupError
from app.processes import MODEL, RASA_PROGRAM, quiet_rasa, rasa_command
from app.settings import ROOT
from app.supervisor import last_lines

SOURCES = ("config.yml", "domain", "nlu_data", "nlu_components", "requirements/rasa.lock")
SIGN_OF_LIFE = 15.0
"""Seconds between two lines that say training goes on, where nobody watches a terminal."""


def fingerprint() -> str:
    """A hash over everything the model is made of: names and contents."""
    digest = hashlib.sha256()
    for path in source_files(ROOT):
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def source_files(root: Path) -> Iterable[Path]:
    """Every file that training reads, in a fixed order."""
    for name in SOURCES:
        path = root / name
        if path.is_file():
            yield path
        yield from sorted(
            found
            for found in path.rglob("*")
            if found.suffix in {".yml", ".py", ".txt", ".json"} and found.is_file()
        )


def stamp_file() -> Path:
    """Where the fingerprint of the model's sources is kept."""
    return MODEL.with_name(f"{MODEL.name}.sources")


def is_trained() -> bool:
    """Whether the model is there and made of what lies here now."""
    stamp = stamp_file()
    return MODEL.exists() and stamp.exists() and stamp.read_text() == fingerprint()


def train(*, force: bool = False) -> bool:
    """Train if needed. False when the model was current; StartupError when training fails."""
    if not force and is_trained():
        return False
    if not RASA_PROGRAM.exists():
        raise StartupError("Rasa's environment .venv-rasa (Python 3.10) is missing: run `make setup`.")
    MODEL.parent.mkdir(exist_ok=True)
    with (MODEL.parent / "train.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second training waits, and then has nothing to do
        if not force and is_trained():
            return False
        _train()
    return True


def _train() -> None:
    wanted = fingerprint()
    stamp_file().unlink(missing_ok=True)
    draft = "shudi-draft.tar.gz"
    command = rasa_command("train", "--config", "config.yml", "--domain", "domain", "--data", "nlu_data")
    command += ["--out", str(MODEL.parent), "--fixed-model-name", draft]
    _run(command, MODEL.parent / "train.log")
    (MODEL.parent / draft).replace(MODEL)
    stamp_file().write_text(wanted)


def _run(command: list[str], log: Path) -> None:
    """Rasa's own bars where a person watches; elsewhere a line now and then, and Rasa's words in a file."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SHUDI_")}
    environment |= quiet_rasa()
    if sys.stderr.isatty():
        code = subprocess.call(command, cwd=ROOT, env=environment)
        lines: list[str] = []
    else:
        with log.open("wb") as output:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
            code = _wait(process)
        lines = last_lines(log)
    if code:
        raise StartupError("\n  ".join([f"Training the dialogue model failed (exit code {code}).", *lines]))


def _wait(process: subprocess.Popen[bytes]) -> int:
    began = time.monotonic()
    print("Training the dialogue model ...", file=sys.stderr, flush=True)  # noqa: T201
    while True:
        try:
            return process.wait(timeout=SIGN_OF_LIFE)
        except subprocess.TimeoutExpired:
            spent = time.monotonic() - began
            print(f"Training the dialogue model ... {spent:.0f} s", file=sys.stderr, flush=True)  # noqa: T201
        except BaseException:
            process.terminate()
            process.wait()
            raise
