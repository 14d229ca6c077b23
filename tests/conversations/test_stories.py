"""The test stories beside this file, told to the trained model by `rasa test`."""

import json
import subprocess
from pathlib import Path

import pytest

from app.processes import MODEL, rasa_command, rasa_environment
from app.settings import ROOT, load_settings

FOLDER = Path(__file__).parent


@pytest.mark.talk
@pytest.mark.slow
def test_the_talk_goes_as_the_stories_tell(tmp_path: Path) -> None:
    """Understanding and every action predicted, word for word; the actions themselves are not run."""
    if not MODEL.exists():
        pytest.skip("the dialogue model is not trained: run `make train`")
    command = rasa_command(
        "test", "core", "--stories", str(FOLDER), "--model", str(MODEL), "--out", str(tmp_path)
    )
    answer = subprocess.run(
        [*command, "--endpoints", "endpoints.yml"],
        cwd=ROOT,
        env=rasa_environment(load_settings(data_dir=tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout[-3000:] + answer.stderr[-3000:]
    failed = tmp_path / "failed_test_stories.yml"
    wrong = failed.read_text(encoding="utf-8") if failed.exists() else ""
    assert "# predicted:" not in wrong, wrong
    report = json.loads((tmp_path / "story_report.json").read_text(encoding="utf-8"))
    told = report["conversation_accuracy"]
    assert told["correct"] == told["total"] > 0
