"""Every reason not to start is one clear sentence, and a non-zero exit."""

import errno
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from app import preflight
from app.errors import StartupError
from app.settings import ROOT, load_settings


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.parametrize("field", ["port", "rasa_port", "actions_port"])
def test_a_busy_port_is_named_with_its_setting(busy_port: int, field: str) -> None:
    name = f"SHUDI_{field.upper()}"
    with pytest.raises(StartupError) as refusal:
        preflight.check_ports(load_settings(**{field: busy_port}))
    assert str(refusal.value) == (
        f"Port {busy_port} ({name}) is in use: stop what listens there, or set {name} to a free port."
    )


def test_free_ports_pass_and_stay_free(free_port: int) -> None:
    preflight.check_port("127.0.0.1", free_port, "port")
    preflight.check_port("127.0.0.1", free_port, "port")


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
def test_a_host_that_is_not_ours(free_port: int, host: str) -> None:
    with pytest.raises(StartupError, match=f"SHUDI_HOST is {host}, which is no address"):
        preflight.check_port(host, free_port, "port")


def test_a_missing_rasa_environment(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match=r"\(Python 3\.10\) is missing: run `make setup`\."):
        preflight.check_rasa(tmp_path / "bin" / "rasa", tmp_path / "models" / "shudi.tar.gz")


def test_an_environment_whose_python_went_away(tmp_path: Path) -> None:
    (tmp_path / "rasa").touch()
    (tmp_path / "python").symlink_to(tmp_path / "gone")
    with pytest.raises(StartupError, match="run `make setup`"):
        preflight.check_rasa(tmp_path / "rasa", tmp_path / "shudi.tar.gz")


def test_a_missing_model(tmp_path: Path) -> None:
    (tmp_path / "rasa").touch()
    (tmp_path / "python").touch()
    with pytest.raises(StartupError, match=r"shudi\.tar\.gz is missing: run `make train`\."):
        preflight.check_rasa(tmp_path / "rasa", tmp_path / "models" / "shudi.tar.gz")


def test_a_data_directory_is_made_and_left_empty(tmp_path: Path) -> None:
    preflight.check_data_dir(tmp_path / "new" / "data")
    assert not list((tmp_path / "new" / "data").iterdir())


def test_a_data_directory_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(StartupError, match=r"cannot be used .*: set SHUDI_DATA_DIR to a folder\."):
        preflight.check_data_dir(tmp_path / "data")


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_a_disk_that_is_almost_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9 - 1000, 1000))
    with pytest.raises(StartupError, match=r"is full: free some space, or set SHUDI_DATA_DIR elsewhere\."):
        preflight.check_data_dir(tmp_path)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "is full"),
        (errno.EDQUOT, "is full"),
        (errno.EROFS, "cannot be written: make it writable, or set SHUDI_DATA_DIR"),
        (errno.EACCES, "cannot be written: make it writable, or set SHUDI_DATA_DIR"),
    ],
)
def test_a_folder_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    def refuse(**_: Any) -> Any:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    with pytest.raises(StartupError, match=words):
        preflight.check_data_dir(tmp_path)


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StartupError, match="cannot be written"):
        preflight.check_data_dir(tmp_path)


def test_the_policy_of_the_demo_is_sound() -> None:
    preflight.check_policy(load_settings().policy_file)


@pytest.mark.parametrize("content", [None, "not toml at all [", "surprise = 1\n"])
def test_a_broken_policy_file(tmp_path: Path, content: str | None) -> None:
    policy = tmp_path / "policy.toml"
    if content is not None:
        policy.write_text(content)
    with pytest.raises(StartupError, match="policy"):
        preflight.check_policy(policy)


def test_redis_that_does_not_answer(free_port: int) -> None:
    with pytest.raises(StartupError, match=r"Redis \(SHUDI_REDIS_URL\) does not answer"):
        preflight.check_redis(f"redis://127.0.0.1:{free_port}")


def test_redis_that_answers(redis_url: str) -> None:
    preflight.check_redis(redis_url)
    preflight.check_redis("")


def test_a_new_database_is_made(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path)
    preflight.check_database(settings.database)
    preflight.check_database(settings.database)
    assert (tmp_path / "shudi.db").exists()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "shudi.db").write_text("this was never a database, and is long enough to show it\n" * 40)
    with pytest.raises(StartupError, match=r"database .*not a database"):
        preflight.check_database(load_settings(data_dir=tmp_path).database)


def test_a_database_server_that_is_not_there(free_port: int) -> None:
    settings = load_settings(database_url=f"postgresql://me:hunter2@127.0.0.1:{free_port}/library")
    with pytest.raises(StartupError, match="database does not answer") as refusal:
        preflight.check_database(settings.database)
    assert "hunter2" not in str(refusal.value)


def test_a_database_from_a_newer_version(tmp_path: Path) -> None:
    from sqlalchemy import text

    from lending.storage.base import Database

    settings = load_settings(data_dir=tmp_path)
    preflight.check_database(settings.database)
    database = Database(settings.database)
    with database.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('from_the_future')"))
    database.dispose()
    with pytest.raises(StartupError, match="newer"):
        preflight.check_database(settings.database)


def test_demo_passwords_never_leave_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    import app.demo

    monkeypatch.setattr(app.demo, "uses_demo_passwords", lambda _url: True)
    preflight.check_demo_passwords(load_settings())
    with pytest.raises(
        StartupError, match=r"SHUDI_HOST is 0\.0\.0\.0, and this library still has the demo's"
    ):
        preflight.check_demo_passwords(load_settings(host="0.0.0.0"))


def test_the_command_says_one_sentence_and_fails(busy_port: int, tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "app", "run"],
        cwd=ROOT,
        env=dict(os.environ)
        | {"SHUDI_RASA_PORT": str(busy_port), "SHUDI_DATA_DIR": str(tmp_path), "SHUDI_PORT": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert answer.stderr.startswith("Shudi cannot start: SHUDI_PORT should be greater than or equal to 1.")
    assert len(answer.stderr.splitlines()) == 1
