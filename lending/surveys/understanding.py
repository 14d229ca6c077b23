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
_POINTS_SAID = re.compile(r"(?:打|给)(?:你们?|您们?|个)*(?:打)?([0-9]{1,2}|[一二两三四五六七八九])分")
_NEGATIONS = "不没别非未无"
_AROUND = re.compile(
    r"总的来说|总体来说|总体|整体|大体|一般来说|老实说|说实话|我觉得|觉得|感觉|我认为|认为|算是|应该|就是|还是|还算|真的|真是|"
    r"你们|您们|咱们|我们|馆里|图书馆|工作人员|馆员|客服|服务|态度|速度|体验|方面|这个|那个|这项|这题|这点|这些|目前|现在|"
    r"借书|还书|取书|找书|送书|送货|快递|图书|柜子|自助柜|分馆|通知|查找|规则|方便|一直|平时|每次|都|对|让|给|打|选|我|你|您|书|馆|"
    r"嗯|哦|啊|呀|吧|呢|啦|嘛|哈|噢|唉|诶|还|挺|蛮|很|好|太|真|也|就|是|的|了|个|吗|这|那|得|地|蛮|有点|比较|谢谢|谢了|\s"
)
"""What an answer says around its grade."""
_PAUSE = re.compile(r"[\s]+|就是|不过|但是|但|因为|所以|可是|只是")
"""Where a grade said on its own may end: “一般吧 柜子有点远”."""


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    grade: Grade


def understand(text: str, profile: Profile) -> Grade | None:
    """The grade meant, None when none or more than one fits.

    “2”, “第二个” is the second grade as shown; “4分” the grade with that value; else the longest words of the
    profile found in the message decide. A negation right before them (不是不满意) is not guessed at: None.
    Nor is a message that is about something else and merely holds such a word (今天天气不错啊).
    """
    folded = _fold(text)
    if not folded or len(folded) > LONGEST_ANSWER:
        return None
    joined = folded.replace(" ", "")
    if position := _POSITION.match(joined):
        return at_position(_number(position.group(1)), profile)
    if points := _POINTS.match(joined) or _POINTS_SAID.search(joined):
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
    return found[0].grade if len(meant) == 1 and _answers(folded, found) else None


def _answers(folded: str, found: list[_Found]) -> bool:
    """Whether some clause says a grade and nothing else that matters."""
    marked = list(folded)
    for one in found:
        marked[one.start : one.end] = "\0" * _length(one)
    clauses = _PAUSE.split("".join(marked))
    return any("\0" in clause and not _AROUND.sub("", clause).strip("\0") for clause in clauses)


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
