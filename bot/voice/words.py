"""The words with which a reader answers what was read back, and which intents need no reading back."""

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache
from typing import Any

import yaml

from bot.telling import DATA

YES_PAYLOAD = "/heard_yes"
NO_PAYLOAD = "/heard_no"
AGAIN_PAYLOAD = "/say_again"
OWN_PAYLOADS = frozenset((YES_PAYLOAD, NO_PAYLOAD, AGAIN_PAYLOAD))
"""Choices that the gateway answers itself."""

_SIGNS = re.compile(r"[\W_]+")


class Said(StrEnum):
    """An answer to “我听到：……，对吗？”."""

    YES = "yes"
    NO = "no"
    AGAIN = "again"
    """What did you say?"""


@lru_cache
def lists() -> dict[str, Any]:
    """data/voice.yml."""
    loaded: dict[str, Any] = yaml.safe_load((DATA / "voice.yml").read_text("utf-8"))
    return loaded


def answer(line: str) -> Said | None:
    """What a whole message says to a question of yes or no; None when it says anything else."""
    bare = _SIGNS.sub("", unicodedata.normalize("NFKC", line)).lower()
    return next((said for said in (Said.NO, Said.AGAIN, Said.YES) if _pattern(said).fullmatch(bare)), None)


def asks_for_something(line: str) -> bool:
    """Whether a message that looks like a search wants something done."""
    return re.search(lists()["asks_for"], line) is not None


def mended(line: str, title: bool) -> str:
    """“介余华的《活着》” → “借余华的《活着》”: one syllable that only a title makes clear."""
    borrow = lists()["borrow"]
    return f"{borrow['said']}{line[1:]}" if title and line[:1] in borrow["heard"] and line else line


@lru_cache
def _pattern(said: Said) -> re.Pattern[str]:
    words = "|".join(sorted(map(re.escape, map(str, lists()[said])), key=len, reverse=True))
    ends = re.escape(str(lists()["ends"]))
    return re.compile(rf"(?:(?:{words})[{ends}]*)+")
