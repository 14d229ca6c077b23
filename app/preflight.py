"""What is looked at before anything starts. Each check raises StartupError: one sentence and its way out."""

import errno
import os
import shutil
import socket
import tempfile
from pathlib import Path

from app.errors import StartupError
from app.processes import MODEL, RASA_PROGRAM
from app.settings import Settings, variable

ROOM_NEEDED = 200_000_000
"""Free bytes without which the database must be expected to fail soon."""


def check(settings: Settings) -> None:
    """All checks, cheapest first; the first that fails is told."""
    _ = settings.secret
    check_ports(settings)
    check_rasa(RASA_PROGRAM, MODEL)
    check_data_dir(settings.data_dir)
    check_policy(settings.policy_file)
    check_redis(settings.redis_url)
    check_database(settings.database)
    check_demo_passwords(settings)


def check_ports(settings: Settings) -> None:
    """Every port can be bound now."""
    check_port(settings.host, settings.port, "port")
    check_port("127.0.0.1", settings.rasa_port, "rasa_port")
    check_port("127.0.0.1", settings.actions_port, "actions_port")


def check_port(host: str, port: int, field: str) -> None:
    """Bind and let go; the sentence names the port and the setting that changes it."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(1)
    except socket.gaierror as error:
        raise StartupError(f"SHUDI_HOST is {host}, which is no address: {error.strerror}.") from None
    except OSError as error:
        raise StartupError(_port_sentence(error, host, port, variable(field))) from None


def _port_sentence(error: OSError, host: str, port: int, name: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} ({name}) is in use: stop what listens there, or set {name} to a free port."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"SHUDI_HOST is {host}, which is no address of this machine."
    if error.errno == errno.EACCES:
        return f"Port {port} ({name}) may not be opened by this user: set {name} to one above 1023."
    return f"Port {port} ({name}) cannot be opened: {error.strerror}."


def check_rasa(program: Path, model: Path) -> None:
    """Rasa's environment stands and its Python is still there; a model is trained."""
    if not (program.exists() and (program.parent / "python").exists()):
        raise StartupError("Rasa's environment .venv-rasa (Python 3.10) is missing: run `make setup`.")
    if not model.exists():
        raise StartupError(
            f"The dialogue model {model.parent.name}/{model.name} is missing: run `make train`."
        )


def check_data_dir(folder: Path) -> None:
    """The folder exists or can be made, can be written, and has room."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".probe-") as probe:
            probe.write(b"0" * 4096)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        raise StartupError(_folder_sentence(error, folder)) from None
    free = shutil.disk_usage(folder).free
    if free < ROOM_NEEDED:
        raise StartupError(_full(folder))


def _folder_sentence(error: OSError, folder: Path) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return _full(folder)
    if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
        return f"The data directory {folder} cannot be written: make it writable, or set SHUDI_DATA_DIR."
    return f"The data directory {folder} cannot be used ({error.strerror}): set SHUDI_DATA_DIR to a folder."


def _full(folder: Path) -> str:
    return (
        f"The disk of the data directory {folder} is full: free some space, or set SHUDI_DATA_DIR elsewhere."
    )


def check_policy(path: Path) -> None:
    """The policy file can be read and every number in it makes sense."""
    from lending.errors import PolicyError
    from lending.policy import Policy

    try:
        Policy.load(path)
    except PolicyError as error:
        raise StartupError(str(error)) from None


def check_redis(url: str) -> None:
    """Redis answers, when there is to be one."""
    if not url:
        return
    import redis

    try:
        with redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5) as client:
            client.ping()
    except redis.RedisError as error:
        raise StartupError(f"Redis (SHUDI_REDIS_URL) does not answer: {error}.") from None


def check_database(url: str) -> None:
    """The database answers and is not from a newer version of this program; then it is brought up to date."""
    from app import migrations

    migrations.check(url)
    migrations.upgrade(url)


def check_demo_passwords(settings: Settings) -> None:
    """The demo's passwords are known to everybody, so they are for this machine alone."""
    if settings.is_loopback:
        return
    from app.demo import uses_demo_passwords

    if uses_demo_passwords(settings.database):
        raise StartupError(
            f"SHUDI_HOST is {settings.host}, and this library still has the demo's passwords: "
            "change them, or start it on 127.0.0.1."
        )
