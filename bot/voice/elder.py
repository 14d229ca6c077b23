"""Elderly mode: the same replies, a little at a time (standard 6.1.4). Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.replies import Choice, Reply
from bot.telling import Teller

MOST_CHOICES = 3
ALSO = 2
"""How many ways on are named in words beside the choices."""
SHORT_TITLE = 8
_URL = re.compile(r"[（(]?\s*https?://[^\s）)]+\s*[）)]?")
_CODE = re.compile(r"(?<=[码碼])(\D{0,6}?)(\d{4,8})(?!\d)")
_HUMAN = "/human"
_MORE = "/more"


@dataclass(frozen=True, slots=True)
class Shaped:
    """Replies as told in elderly mode, and the list of choices that answers count in: those not shown are
    `hidden`, found by their name only."""

    replies: tuple[Reply, ...]
    choices: list[dict[str, Any]] | None


def reshape(replies: Sequence[Reply], teller: Teller) -> Shaped:
    """One question, at most three choices, codes digit by digit, no needless links, 人工 in one word."""
    if not replies:
        return Shaped((), None)
    last = next((at for at, reply in reversed(list(enumerate(replies))) if reply.choices), None)
    told = [_one(reply, at == last) for at, reply in enumerate(replies)]
    listed = None
    if last is not None:
        told[last], listed = _few(told[last], teller)
    if not any("人工" in reply.text for reply in told):
        told[-1] = _said_too(told[-1], teller.say("elder_person"))
    return Shaped(tuple(told), listed)


def spaced(text: str) -> str:
    """取书码 1 2 3 4 5 6: codes digit by digit."""
    return _CODE.sub(lambda found: f"{found[1]}{' '.join(found[2])}", text)


def _one(reply: Reply, asks: bool) -> Reply:
    text = spaced(reply.text if reply.kind in ("link", "staff") else _URL.sub("", reply.text))
    return replace(reply, text=text.strip() or reply.text, choices=reply.choices if asks else ())


def _few(reply: Reply, teller: Teller) -> tuple[Reply, list[dict[str, Any]]]:
    """The first three choices; a person and what else fits into a word are named, the rest can be said."""
    ways = [choice for choice in reply.choices if choice.payload != _HUMAN]
    person = [choice for choice in reply.choices if choice.payload == _HUMAN]
    shown = ways[:MOST_CHOICES]
    if len(reply.choices) <= MOST_CHOICES:
        shown, person = list(reply.choices), []
    hidden = [choice for choice in reply.choices if choice not in shown]
    text = reply.text
    listed = [*[_row(choice) for choice in shown], *[{**_row(choice), "hidden": True} for choice in hidden]]
    rest = [choice for choice in hidden if choice not in person]
    if any(choice.payload == _MORE for choice in rest):
        text = _line(text, teller.say("elder_more"))
        rest = [choice for choice in rest if choice.payload != _MORE]
    names = [choice.title for choice in rest if not choice.words and len(choice.title) <= SHORT_TITLE][:ALSO]
    if names:
        text = _line(text, teller.say("elder_also", titles="、".join(f"“{name}”" for name in names)))
    return replace(reply, text=text, choices=tuple(shown)), listed


def _row(choice: Choice) -> dict[str, Any]:
    return {**choice.to_json(), "words": choice.words}


def _said_too(reply: Reply, sentence: str) -> Reply:
    return replace(reply, text=_line(reply.text, sentence))


def _line(text: str, sentence: str) -> str:
    return f"{text}\n{sentence}"
