"""The held-out set measures strangers only if no training example is among it."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from nlu_components.normalise import bare

ROOT = Path(__file__).parents[2]


def _said(name: str) -> dict[str, list[tuple[str, str]]]:
    """Voice → (intent, text) of a held-out file."""
    told: dict[str, Any] = yaml.safe_load((ROOT / "tests" / "nlu" / name).read_text(encoding="utf-8"))
    return {
        voice: [(intent, _text(each)) for intent, texts in intents.items() for each in texts]
        for voice, intents in told.items()
    }


def _text(each: Any) -> str:
    return str(each["text"] if isinstance(each, dict) else each)


def _examples() -> dict[str, list[str]]:
    """Intent → training examples, as written."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted((ROOT / "nlu_data" / "nlu").glob("*.yml")):
        for block in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            found[block["intent"]] += re.findall(r"^- (.*)$", block["examples"], re.MULTILINE)
    return found


@pytest.mark.parametrize("name", ["heldout.yml", "blind.yml", "dev.yml"])
def test_no_utterance_is_a_training_example_after_folding(name: str) -> None:
    trained = {bare(text) for texts in _examples().values() for text in texts}
    assert [text for said in _said(name).values() for _, text in said if bare(text) in trained] == []


def test_the_held_out_set_is_large_and_in_many_voices() -> None:
    said = _said("heldout.yml")
    intents = [intent for voice in said.values() for intent, _ in voice]
    assert len(intents) >= 450
    assert intents.count("out_of_scope") >= 60
    assert len(said) >= 6
    blind = [intent for voice in _said("blind.yml").values() for intent, _ in voice]
    assert len(blind) >= 200
    assert {*intents, *blind} == set(_examples())


def test_no_saying_is_taught_under_two_intents() -> None:
    taught: dict[str, set[str]] = defaultdict(set)
    for intent, texts in _examples().items():
        for text in texts:
            if "《" not in text:
                taught[bare(text)].add(intent)
    assert {text: intents for text, intents in taught.items() if len(intents) > 1} == {}


def test_every_intent_is_taught_in_many_ways() -> None:
    assert {intent: len(texts) for intent, texts in _examples().items() if len(texts) < 80} == {}
