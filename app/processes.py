"""What the supervisor starts: the three programs, their environments and how each says that it is ready."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from app.settings import ROOT, Settings, variable

RASA_PROGRAM = ROOT / ".venv-rasa" / "bin" / "rasa"
RASA_PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
MODEL = ROOT / "models" / "shudi.tar.gz"
APP_PYTHON = ROOT / ".venv" / "bin" / "python"


ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "TF_INTRA_OP_PARALLELISM_THREADS",
        "TF_INTER_OP_PARALLELISM_THREADS",
    ),
    "1",
)
"""A message is too small to share out: with two threads it costs three times the processor time of one."""


@dataclass(frozen=True, slots=True)
class Process:
    """A program to keep running. `ready_url` answers 200 once it serves."""

    name: str
    command: tuple[str, ...]
    ready_url: str
    environment: Mapping[str, str]


def processes(settings: Settings) -> tuple[Process, ...]:
    """Rasa first: it takes longest."""
    return (_rasa(settings), _actions(settings), _bot(settings))


def _rasa(settings: Settings) -> Process:
    command = rasa_command("run", "--interface", "127.0.0.1", "--port", str(settings.rasa_port))
    command += ["--model", str(MODEL), "--endpoints", "endpoints.yml", "--credentials", "credentials.yml"]
    command.append("--enable-api")  # loopback only: is a model loaded, is a form open
    return Process("rasa", tuple(command), f"{settings.rasa_url}/", rasa_environment(settings) | ONE_THREAD)


def _actions(settings: Settings) -> Process:
    environment = _inherited(settings) | {"SANIC_HOST": "127.0.0.1"}
    return Process("actions", _shudi("actions"), f"{settings.actions_url}/health", environment)


def _bot(settings: Settings) -> Process:
    return Process("bot", _shudi("bot"), f"{settings.bot_url}/health", _inherited(settings))


def _shudi(command: str) -> tuple[str, ...]:
    return (str(APP_PYTHON), "-m", "app", command)


def rasa_command(*arguments: str) -> list[str]:
    """Rasa's command line, by way of the launcher that starts it quicker."""
    return [str(RASA_PYTHON), str(ROOT / "tools" / "start_rasa.py"), *arguments]


def rasa_environment(settings: Settings) -> dict[str, str]:
    """All that Rasa needs beside the machine's own variables; our settings and secrets are not among it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SHUDI_")}
    environment.pop("VIRTUAL_ENV", None)
    return (
        environment
        | quiet_rasa()
        | _stores(settings)
        | {"RASA_ACTIONS_URL": f"{settings.actions_url}/webhook"}
    )


def quiet_rasa() -> dict[str, str]:
    """Rasa and TensorFlow without telemetry, banners and more threads than help."""
    return {
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONWARNINGS": "ignore",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "SANIC_HOST": "127.0.0.1",
        "LOG_LEVEL": "INFO",
    }


def _stores(settings: Settings) -> dict[str, str]:
    """Rasa's conversations and locks: in Redis when there is one, else in a SQLite file and in memory."""
    return (
        _redis_stores(settings.redis_url) if settings.redis_url else _local_stores(settings.rasa_tracker_file)
    )


def _local_stores(tracker: Path) -> dict[str, str]:
    unused = dict.fromkeys(
        ("RASA_STORE_HOST", "RASA_STORE_USERNAME", "RASA_STORE_PASSWORD", "RASA_STORE_SSL"), ""
    )
    return unused | {
        "RASA_TRACKER_TYPE": "sql",
        "RASA_TRACKER_DB": str(tracker),
        "RASA_LOCK_TYPE": "in_memory",
        "RASA_LOCK_DB": "0",
        "RASA_STORE_PORT": "0",
    }


def _redis_stores(url: str) -> dict[str, str]:
    redis = urlsplit(url)
    number = redis.path.strip("/") or "0"
    return {
        "RASA_TRACKER_TYPE": "redis",
        "RASA_TRACKER_DB": number,
        "RASA_LOCK_TYPE": "redis",
        "RASA_LOCK_DB": number,
        "RASA_STORE_HOST": redis.hostname or "127.0.0.1",
        "RASA_STORE_PORT": str(redis.port or 6379),
        "RASA_STORE_USERNAME": unquote(redis.username or ""),
        "RASA_STORE_PASSWORD": unquote(redis.password or ""),
        "RASA_STORE_SSL": "yes" if redis.scheme == "rediss" else "",  # Rasa takes any text for true
    }


def _inherited(settings: Settings) -> dict[str, str]:
    """This process's environment with every setting written out, so that a child reads the same ones."""
    given = {
        variable(name): _plain(getattr(settings, name))
        for name in settings.model_fields_set
        if getattr(settings, name) is not None
    }
    return dict(os.environ) | given | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)}


def _plain(value: object) -> str:
    """A setting as an environment variable holds it."""
    reveal = getattr(value, "get_secret_value", None)
    return str(reveal() if reveal else value)


def log_file(folder: Path, name: str) -> Path:
    """Where a process writes what it says."""
    return folder / f"{name}.log"
