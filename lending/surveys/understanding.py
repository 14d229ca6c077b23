"""Which grade a reader means: by number, by points, or in words."""

import re
import unicodedata
from dataclasses import dataclass

from lending.surveys.profile import Grade, Profile

LONGEST_ANSWER = 40
"""Longer messages are not answers to a question with grades."""

_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2}
_POSITION = re.compile(r"^(?:我?选|第|答案是?)*([0-9]{1,2}|[一二三四五六七八九])(?:号|个|项)?(?:吧|啊|的)?$")
_POINTS = re.compile(r"^(?:我?[打给]|我给)?([0-9]{1,2}|[一二两三四五六七八九])分(?:吧|啊|的)?$")
_NEGATIONS = "不没别非未无"


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    grade: Grade


def understand(text: str, profile: Profile) -> Grade | None:
    """The grade meant, None when none or more than one fits.

    “2”, “第二个” is the second grade as shown; “4分” the grade with that value; else the longest words of the
    profile found in the message decide. A negation right before them (不是不满意) is not guessed at: None.
    """
    folded = _fold(text)
    if not folded or len(folded) > LONGEST_ANSWER:
        return None
    joined = folded.replace(" ", "")
    if position := _POSITION.match(joined):
        return at_position(_number(position.group(1)), profile)
    if points := _POINTS.match(joined):
        value = _number(points.group(1))
        return next((grade for grade in profile.grades if grade.counted and grade.value == value), None)
    return _by_words(folded, profile)


def at_position(position: int, profile: Profile) -> Grade | None:
    """The grade at this place of the list as shown, from 1."""
    return profile.grades[position - 1] if 1 <= position <= len(profile.grades) else None


def _by_words(folded: str, profile: Profile) -> Grade | None:
    found = _longest(_occurrences(folded, profile))
    if not found or any(_negated(folded, one) for one in found):
        return None
    meant = {one.grade.id for one in found}
    return found[0].grade if len(meant) == 1 else None


def _occurrences(folded: str, profile: Profile) -> list[_Found]:
    return [
        _Found(match.start(), match.end(), grade)
        for grade in profile.grades
        for word in grade.words
        for match in re.finditer(_pattern(word), folded)
    ]


def _pattern(word: str) -> str:
    folded = _fold(word)
    # A Latin word must stand alone: “ok” is not in “book”.
    return rf"(?<![a-z]){re.escape(folded)}(?![a-z])" if folded.isascii() else re.escape(folded)


def _longest(found: list[_Found]) -> list[_Found]:
    """Without those that lie inside a longer one."""
    return [
        one
        for one in found
        if not any(
            other.start <= one.start and one.end <= other.end and _length(other) > _length(one)
            for other in found
        )
    ]


def _length(one: _Found) -> int:
    return one.end - one.start


def _negated(folded: str, one: _Found) -> bool:
    clause = re.split(r"\s", folded[: one.start])[-1]
    return any(mark in clause[-3:] for mark in _NEGATIONS)


def _fold(text: str) -> str:
    """Half width, lower case, punctuation as single blanks; emoji stay."""
    plain = unicodedata.normalize("NFKC", text).lower()
    kept = "".join(" " if unicodedata.category(c)[0] in "PZC" else c for c in plain)
    return " ".join(kept.split())


def _number(digits: str) -> int:
    return int(digits) if digits.isdigit() else _DIGITS[digits]
