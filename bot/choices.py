"""“2”, “第二本”, “那本余华的”: which of the last choices a whole message points at."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from lending.catalogue.picking import NUMERAL, numeral

_UNIT = r"(?:本|个|项|条|号|册|处|家|款|单|种|行)"
_BOOK_UNIT = re.compile(r"[本册种]")
_BOOK = re.compile(r'"(?:title|loans?|reservation)":')
"""In the payload of a choice that stands for a book."""
_LEAD = r"(?:就是|那就|就|选择|选|我选)?"
_TAIL = r"(?:吧|呢|啊|呀|的|好了)?"
_PLACE = re.compile(
    rf"{_LEAD}(?:(?P<last>倒数)?第(?P<nth>{NUMERAL}){_UNIT}?|(?P<bare>{NUMERAL})(?:号|\)|）|、|\.)?|(?P<final>最后){_UNIT}?"
    rf"|最后(?:一|1){_UNIT}|(?P<first>最前面?|头)(?:那|一|1)?{_UNIT}){_TAIL}"
)
_NAMED = re.compile(
    rf"{_LEAD}(?:那|这){_UNIT}(?P<after>.{{1,30}}?)(?:的|写的)?{_TAIL}|{_LEAD}(?P<before>.{{1,30}}?)(?:写的|的)?那{_UNIT}{_TAIL}"
)
_OWN_NUMBER = re.compile(r"(\d{1,2})(?:[\s.、:：分)）]|$)")
_ENDINGS = " \t\n。.!！?？,，~～…、"


def resolve(text: str, choices: Sequence[Mapping[str, Any]]) -> str | None:
    """The payload of the choice that the whole message names, or None when it says anything else.

    Understood: a choice's title; a number (2, 二, 2号); an ordinal (第二本, 最后一本, 倒数第二);
    a name among them (那本余华的, 余华那本) when it fits one choice only. Ordinals count the things
    listed, numbers every choice; choices whose titles begin with numbers go by those. 第二本 is never a
    button or a place. Choices that were not shown (`hidden`) go by their names only.
    """
    if not choices:
        return None
    said = _fold(text)
    titled = {str(choice["payload"]) for choice in choices if _fold(str(choice["title"])) == said}
    if titled:
        return titled.pop() if len(titled) == 1 else None
    shown = [choice for choice in choices if not choice.get("hidden")]
    place = _place(said, shown)
    chosen = shown[place] if place is not None else _by_name(said, choices)
    return str(chosen["payload"]) if chosen is not None else None


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace(" ", "").strip(_ENDINGS).lower()


def _place(said: str, choices: Sequence[Mapping[str, Any]]) -> int | None:
    found = _PLACE.fullmatch(said)
    if found is None or (_BOOK_UNIT.search(said) and not any(map(_is_book, choices))):
        return None  # “第二本” below buttons or lockers: a book is meant, and none of them is one
    if found["first"]:
        return 0
    if found["bare"]:
        return _numbered(numeral(found["bare"]), choices)
    listed = _listed(choices)
    if not found["nth"]:
        return listed - 1
    number = numeral(found["nth"])
    place = listed - number if found["last"] else number - 1
    return place if 0 <= place < listed else None


def _is_book(choice: Mapping[str, Any]) -> bool:
    return _BOOK.search(str(choice["payload"])) is not None


def _listed(choices: Sequence[Mapping[str, Any]]) -> int:
    """How many choices stand for things in a list (books, places); the buttons behind them do not count."""
    return sum(1 for choice in choices if choice.get("words")) or len(choices)


def _numbered(number: int, choices: Sequence[Mapping[str, Any]]) -> int | None:
    own = [_own_number(str(choice["title"])) for choice in choices]
    if any(value is not None for value in own):
        return own.index(number) if number in own else None
    return number - 1 if 1 <= number <= len(choices) else None


def _own_number(title: str) -> int | None:
    found = _OWN_NUMBER.match(unicodedata.normalize("NFKC", title))
    return int(found[1]) if found else None


def _by_name(said: str, choices: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    found = _NAMED.fullmatch(said)
    if found is None:
        return None
    name = found["after"] or found["before"]
    fitting = [choice for choice in choices if name in _fold(f"{choice['title']} {choice.get('words', '')}")]
    return fitting[0] if len(fitting) == 1 else None
