"""Whole messages that work even when the dialogue is down: calling a person, and coming back."""

from functools import lru_cache

import yaml

from bot.telling import DATA

BACK_PAYLOAD = "/back_to_bot"
"""The button that gives the conversation back to the bot; the gateway handles it itself."""
HUMAN_PAYLOAD = "/human"


@lru_cache
def _lists() -> dict[str, frozenset[str]]:
    loaded = yaml.safe_load((DATA / "phrases.yml").read_text("utf-8"))
    return {name: frozenset(str(item).replace(" ", "") for item in items) for name, items in loaded.items()}


def asks_for_human(line: str) -> bool:
    """Whether the whole message calls for a person."""
    return _bare(line) in _lists()["human"]


def asks_for_bot(line: str) -> bool:
    """Whether the whole message sends the person away."""
    return _bare(line) in _lists()["back"]


def _bare(line: str) -> str:
    return line.replace(" ", "").strip("。.!！?？,，~～…").lower()
