"""The trained model, asked in the Rasa environment: its thresholds, and what the catalogue's hint decides."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
MODEL = ROOT / "models" / "shudi.tar.gz"

pytestmark = [
    pytest.mark.skipif(
        not PYTHON.exists(), reason="Rasa's environment .venv-rasa is missing: run `make setup`"
    ),
    pytest.mark.skipif(not MODEL.exists(), reason="no trained model in models/: run `make train`"),
]

ASK = """
import asyncio, json, logging, sys
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.utils.log_utils import configure_structlog
configure_structlog(logging.ERROR)

async def ask(model, said):
    processor = Agent.load(model).processor
    return [await processor.parse_message(UserMessage(text, metadata=metadata)) for text, metadata in said]

answers = asyncio.run(ask(sys.argv[1], json.load(sys.stdin)))
print(json.dumps([[a["intent"], a["entities"]] for a in answers]))
"""


def _run(*arguments: str, given: str = "") -> str:
    quiet = {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONWARNINGS": "ignore",
    }
    done = subprocess.run(
        [str(PYTHON), *arguments],
        input=given,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=quiet,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()[-1]


def _spotted(kind: str, value: str, *, whole: bool = True, confidence: float = 1.0) -> dict[str, Any]:
    return {"spotted": {"kind": kind, "value": value, "whole": whole, "confidence": confidence}}


CASES: dict[str, tuple[str, dict[str, Any], str]] = {
    "a bare title is a search": ("人工智能", _spotted("title", "人工智能"), "search_books"),
    "a bare author is a search": ("余华", _spotted("author", "余华"), "search_books"),
    "a command that begins a title is a title": ("续借人生", _spotted("title", "续借人生"), "search_books"),
    "a command stays one though a book is called so": ("还书", _spotted("title", "还书"), "return_books"),
    "a person stays one word away": ("人工", _spotted("title", "人工"), "human"),
    "a greeting stays a greeting": ("你好", _spotted("title", "你好"), "greet"),
    "a number stays a choice": ("2", _spotted("title", "2"), "select_item"),
    "a title in marks is a book": ("《还书》", _spotted("title", "还书"), "search_books"),
    "a title inside a command leaves the command": (
        "把《白夜行》续借一下",
        _spotted("title", "白夜行", whole=False),
        "renew_loan",
    ),
    "an unsure hint decides nothing": ("转人工", _spotted("title", "转人工", confidence=0.1), "human"),
    "a payload is left alone": ("/greet", _spotted("title", "greet"), "greet"),
    "marks alone are a hint": ("《白夜行》", {}, "search_books"),
    "metadata of another shape is ignored": ("你好", {"spotted": None}, "greet"),
    "a number beyond any list is not understood": ("100", {}, "nlu_fallback"),
    "nothing to choose is not understood": ("0", {}, "nlu_fallback"),
    "a homophone is heard": ("徐杰", {}, "renew_loan"),
    "an author may sound like a command": ("许洁", _spotted("author", "许洁"), "search_books"),
    "not yet is no order": ("等等别提交", {}, "deny"),
    "a subject is a search": ("育儿", {}, "search_books"),
    "a classic in short is a book": ("水浒", {}, "search_books"),
    "classics without marks leave the command": ("续借红楼梦和三国演义", {}, "renew_loan"),
    "what only machines say is nothing of ours": ("' OR '1'='1'; --", {}, "out_of_scope"),
    "a very long message is answered": ("我想借三体，" * 400, {}, "search_books"),
}


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    """Every case's (intent, entities), asked of one loaded model."""
    given = json.dumps([[text, metadata] for text, metadata, _ in CASES.values()])
    return dict(zip(CASES, json.loads(_run("-c", ASK, str(MODEL), given=given)), strict=True))


@pytest.mark.parametrize("case", list(CASES))
def test_the_catalogue_and_the_commands_agree(case: str, answers: dict[str, Any]) -> None:
    assert answers[case][0]["name"] == CASES[case][2]


def test_what_is_spotted_becomes_an_entity(answers: dict[str, Any]) -> None:
    told = {case: [(e["entity"], e["value"]) for e in entities] for case, (_, entities) in answers.items()}
    assert told["a bare author is a search"] == [("author", "余华")]
    assert told["a title inside a command leaves the command"] == [("title", "白夜行")]
    assert told["marks alone are a hint"] == [("title", "白夜行")]
    assert told["an unsure hint decides nothing"] == []
    assert told["a payload is left alone"] == []


def test_strangers_are_understood() -> None:
    told = json.loads(_run("tools/nlu_report.py", "--model", str(MODEL), "--folds", "0", "--json"))
    assert told["accuracy"] >= 0.93
    assert told["out_of_scope_recall"] >= 0.85
    assert told["refused"] <= 0.03
