"""`shudi demo seed` and `shudi survey results`, as an operator types them."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import build
from app.commands.survey import told
from app.errors import StartupError
from app.settings import load_settings
from app.wiring import open_library
from lending.surveys import QuestionResult, SurveyResults


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The command's settings point into the test's own folder."""
    folder = tmp_path / "data"
    monkeypatch.setenv("SHUDI_DATA_DIR", str(folder))
    return folder


def shudi(*words: str) -> Result:
    return CliRunner().invoke(build(), list(words), catch_exceptions=True)


def test_seeding_an_empty_folder_and_again() -> None:
    first = shudi("demo", "seed", "--if-empty")
    assert first.exit_code == 0, first.output
    assert "12 readers" in first.output
    assert shudi("demo", "seed", "--if-empty").output == ""
    assert "nothing was changed" in shudi("demo", "seed").output
    with open_library(load_settings()) as library:
        assert library.catalogue.search("三体").hits[0].available >= 4


def test_a_deleted_index_is_built_anew() -> None:
    shudi("demo", "seed")
    shutil.rmtree(load_settings().index_dir)
    assert "built anew" in shudi("demo", "seed", "--if-empty").output
    with open_library(load_settings()) as library:
        assert library.catalogue.search("围城").total == 2


def test_another_library_is_not_touched() -> None:
    from app import migrations
    from tests.lending.test_catalogue import add_title

    settings = load_settings()
    settings.data_dir.mkdir()
    migrations.upgrade(settings.database)
    with open_library(settings) as library:
        add_title(library.database, "别的馆的书")
    assert shudi("demo", "seed", "--if-empty").exit_code == 0
    refused = shudi("demo", "seed")
    assert isinstance(refused.exception, StartupError)
    with open_library(settings) as library:
        assert library.catalogue.held() == 1


def test_survey_results_before_anybody_answered(data_dir: Path) -> None:
    data_dir.mkdir()
    shown = shudi("survey", "results", "--year", "2026")
    assert shown.exit_code == 0, shown.output
    assert "year 2026" in shown.output
    assert "no answers yet" in shown.output


def test_survey_results_say_pass_or_fail_for_both_formulas() -> None:
    question = QuestionResult("speed", "快不快", 40, {"good": 36, "bad": 4}, 0.9, 0.84)
    figures = SurveyResults(2026, "small", "1", "未核定", 40, True, 0.85, (question,), 0.9, 0.84)
    lines = told(figures)
    assert "Share of satisfied answers: 90.0 %, target 85.0 %: pass" in lines
    assert "Score ratio: 84.0 %, target 85.0 %: FAIL" in lines
    assert any("快不快" in line and "90.0 %" in line for line in lines)
