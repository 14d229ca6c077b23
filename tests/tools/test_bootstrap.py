"""Set-up: which interpreters are believed, what is built again, and what is said when it fails."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from app.settings import ROOT

PROGRAM = ROOT / "tools" / "bootstrap.py"


@pytest.fixture
def bootstrap(tmp_path: Path) -> ModuleType:
    """The program as a module, working on an empty project."""
    spec = importlib.util.spec_from_file_location("bootstrap", PROGRAM)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "requirements").mkdir()
    for name in (*module.APP_LOCKS, *module.RASA_LOCKS):
        (tmp_path / "requirements" / name).write_text(name)
    (tmp_path / "pyproject.toml").write_text("")
    values: dict[str, object] = {
        "ROOT": tmp_path,
        "REQUIREMENTS": tmp_path / "requirements",
        "LOGS": tmp_path / ".cache",
    }
    values |= {"APP": tmp_path / ".venv", "RASA": tmp_path / ".venv-rasa", "ROOM_NEEDED": {}}
    for name, value in values.items():
        setattr(module, name, value)
    module.LOGS.mkdir()
    return module


@pytest.fixture
def fake_python(tmp_path: Path) -> Callable[..., Path]:
    """A `python3.10` that answers as told: "works", or like a pyenv shim that fails."""

    def make(folder: str, *, works: bool) -> Path:
        path = tmp_path / folder / "python3.10"
        path.parent.mkdir(parents=True)
        path.write_text(
            "#!/bin/sh\n" + ("exit 0\n" if works else "echo 'pyenv: python3.10: not found'; exit 127\n")
        )
        path.chmod(0o755)
        return path

    return make


def test_a_shim_that_fails_is_passed_over(
    bootstrap: ModuleType, fake_python: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shim, real = fake_python("shims", works=False), fake_python("bin", works=True)
    monkeypatch.setenv("PATH", f"{shim.parent}{os.pathsep}{real.parent}")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("RASA_PYTHON", raising=False)
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    assert bootstrap.find_rasa_python("uv") == str(real)


def test_pyenv_is_looked_into(
    bootstrap: ModuleType, fake_python: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = fake_python(".pyenv/versions/3.10.13/bin", works=True)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("RASA_PYTHON", raising=False)
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    assert bootstrap.find_rasa_python("uv") == str(found)


def test_the_one_that_is_named_is_taken_or_refused(
    bootstrap: ModuleType, fake_python: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = fake_python("good", works=True), fake_python("bad", works=False)
    monkeypatch.setenv("RASA_PYTHON", str(good))
    assert bootstrap.find_rasa_python("uv") == str(good)
    monkeypatch.setenv("RASA_PYTHON", str(bad))
    with pytest.raises(bootstrap.Refused, match=r"RASA_PYTHON is .*, which is not a Python 3\.10 that runs"):
        bootstrap.find_rasa_python("uv")


def test_without_any_and_without_network_it_says_what_to_do(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\necho 'error: dns error' >&2; exit 2\n")
    uv.chmod(0o755)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("RASA_PYTHON", raising=False)
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    monkeypatch.setattr(bootstrap, "rasa_candidates", lambda _: [])
    with pytest.raises(
        bootstrap.Refused, match=r"Rasa needs a Python 3\.10, .* RASA_PYTHON=/path/to/python3\.10\."
    ):
        bootstrap.find_rasa_python(str(uv))


def test_the_real_version_is_asked(bootstrap: ModuleType) -> None:
    here = sys.version_info[:2]
    assert bootstrap.runs(sys.executable, here, here)
    assert not bootstrap.runs(sys.executable, (3, 9), (3, 10))
    assert not bootstrap.runs("/nowhere/python", (3, 10), (3, 14))


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("error: failed to write: No space left on device (os error 28)", "the disk is full"),
        ("error: Read-only file system", "cannot be written"),
        ("error sending request for url: dns error", "is up and the package index reachable"),
        ("Hash mismatch for uv==1", "is not the one its lock names"),
        ("one\nerror: something new\n", r"Installing failed: error: something new \(all of it is in"),
    ],
)
def test_a_failure_is_one_sentence(bootstrap: ModuleType, output: str, words: str) -> None:
    command = [sys.executable, "-c", f"import sys; print({output!r}); sys.exit(1)"]
    with pytest.raises(bootstrap.Refused, match=words) as refusal:
        bootstrap.run(command, "Installing")
    assert "\n" not in str(refusal.value)


class Usage(NamedTuple):
    free: int


def test_a_disk_too_small_is_refused_before_anything_is_built(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "ROOM_NEEDED", {bootstrap.RASA: 3.2})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9))
    with pytest.raises(
        bootstrap.Refused, match=r"the disk is too full: \.venv-rasa needs about 3\.2 GB and 1\.0 GB"
    ):
        bootstrap.has_room(bootstrap.RASA)


def test_an_environment_is_current_until_a_lock_changes(bootstrap: ModuleType) -> None:
    environment, program = bootstrap.RASA, bootstrap.RASA / "bin" / "rasa"
    program.parent.mkdir(parents=True)
    program.touch()
    (program.parent / "python").touch()
    wanted = bootstrap.fingerprint(bootstrap.RASA_LOCKS)
    assert not bootstrap.is_current(environment, wanted, program)
    (environment / bootstrap.STAMP).write_text(wanted)
    assert bootstrap.is_current(environment, wanted, program)
    (bootstrap.REQUIREMENTS / "rasa.lock").write_text("other")
    assert not bootstrap.is_current(environment, bootstrap.fingerprint(bootstrap.RASA_LOCKS), program)


def test_a_build_that_stops_half_way_is_not_current(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = bootstrap.RASA / "bin" / "rasa"
    program.parent.mkdir(parents=True)
    (bootstrap.RASA / bootstrap.STAMP).write_text("an older lock")
    monkeypatch.setattr(bootstrap, "find_uv", lambda: "false")
    monkeypatch.setattr(bootstrap, "runs", lambda *_: True)
    with pytest.raises(bootstrap.Refused):
        bootstrap.build_rasa()
    assert not (bootstrap.RASA / bootstrap.STAMP).exists()


def test_pips_mirror_is_handed_to_uv(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    assert bootstrap.tool_environment()["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://own.example/simple")
    assert bootstrap.tool_environment()["UV_DEFAULT_INDEX"] == "https://own.example/simple"


def old_python() -> str | None:
    """A Python older than 3.11, if this machine has one."""
    rasa = ROOT / ".venv-rasa" / "bin" / "python"
    return str(rasa) if rasa.exists() else None


def test_an_old_python_is_told_so() -> None:
    old = old_python()
    if not old:
        pytest.skip("no Python older than 3.11 here")
    answer = subprocess.run([old, str(PROGRAM)], capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert answer.stderr.startswith("Shudi needs Python 3.11 to 3.14, and this is 3.10.")
    assert len(answer.stderr.splitlines()) == 1


def test_make_without_a_python_says_so(tmp_path: Path) -> None:
    answer = subprocess.run(
        ["make", "PYTHON=", "setup"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 2
    assert "Shudi needs Python 3.11 to 3.14" in answer.stderr


def test_nothing_to_do_does_and_says_nothing(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for environment, locks, program in (
        (bootstrap.APP, (*bootstrap.APP_LOCKS, "../pyproject.toml"), "shudi"),
        (bootstrap.RASA, bootstrap.RASA_LOCKS, "rasa"),
    ):
        (environment / "bin").mkdir(parents=True)
        (environment / "bin" / program).touch()
        (environment / "bin" / "python").touch()
        (environment / bootstrap.STAMP).write_text(bootstrap.fingerprint(locks))
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("nothing is to be run"))
    bootstrap.main()
    assert capsys.readouterr() == ("", "")
