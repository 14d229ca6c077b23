"""When the dialogue model is trained again, and what is said when training fails."""

import sys
from pathlib import Path

import pytest

from app import training
from app.errors import StartupError


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose `rasa` is a few lines: it writes the model that it is asked for."""
    for name in (
        "domain/a.yml",
        "nlu_data/nlu/a.yml",
        "nlu_components/hint.py",
        "requirements/rasa.lock",
        "config.yml",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    rasa = tmp_path / "rasa"
    rasa.write_text(
        f"#!{sys.executable}\n"
        "import pathlib, sys\n"
        "options = dict(zip(sys.argv[2::2], sys.argv[3::2]))\n"
        "print('Epochs: 100%')\n"
        "if pathlib.Path('config.yml').read_text() == 'broken': sys.exit('the pipeline is wrong')\n"
        "(pathlib.Path(options['--out']) / options['--fixed-model-name']).write_text('a model')\n"
    )
    rasa.chmod(0o755)
    monkeypatch.setattr(training, "ROOT", tmp_path)
    monkeypatch.setattr(training, "RASA_PROGRAM", rasa)
    monkeypatch.setattr(training, "rasa_command", lambda *arguments: [str(rasa), *arguments])
    monkeypatch.setattr(training, "MODEL", tmp_path / "models" / "shudi.tar.gz")
    return tmp_path


def test_it_trains_once(project: Path) -> None:
    assert training.train() is True
    assert (project / "models" / "shudi.tar.gz").read_text() == "a model"
    assert training.train() is False
    assert training.train(force=True) is True


@pytest.mark.parametrize(
    "name",
    ["domain/a.yml", "nlu_data/nlu/a.yml", "nlu_components/hint.py", "requirements/rasa.lock", "config.yml"],
)
def test_it_trains_again_when_a_source_changes(project: Path, name: str) -> None:
    training.train()
    (project / name).write_text("other")
    assert training.train() is True


def test_a_new_and_a_renamed_file_count(project: Path) -> None:
    training.train()
    (project / "domain" / "a.yml").rename(project / "domain" / "b.yml")
    assert training.train() is True
    (project / "nlu_data" / "nlu" / "c.yml").write_text("")
    assert training.train() is True


def test_what_python_leaves_behind_does_not_count(project: Path) -> None:
    training.train()
    (project / "nlu_components" / "__pycache__").mkdir()
    (project / "nlu_components" / "__pycache__" / "hint.cpython-310.pyc").touch()
    assert training.train() is False


def test_a_failure_keeps_the_old_model_and_trains_again_next_time(project: Path) -> None:
    training.train()
    (project / "config.yml").write_text("broken")
    with pytest.raises(StartupError, match="the pipeline is wrong"):
        training.train()
    assert (project / "models" / "shudi.tar.gz").read_text() == "a model"
    assert not training.is_trained()


def test_without_rasa_it_says_what_to_do(project: Path) -> None:
    (project / "rasa").unlink()
    with pytest.raises(StartupError, match="run `make setup`"):
        training.train()
