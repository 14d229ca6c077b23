"""Opening hours of a place: a week of spans, written and shown in one compact notation.

"周二-周日 09:00-20:00"                      closed on Monday
"06:30-22:30"                               every day
"周一-周五 08:30-12:00 13:30-17:00; 周六 09:00-12:00"
"24h"                                       always
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import pairwise

Span = tuple[int, int]
"""Opening and closing minute of the day, 0 <= open < close <= 1440; the closing minute counts as open."""

DAY_MINUTES = 1440
ALWAYS = "24h"
_DAYS = "一二三四五六日"
_NAMES = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6, "天": 6}
_NAMES |= {name: number for number, name in enumerate(_DAYS)}
_DASHES = str.maketrans(
    {"–": "-", "—": "-", "~": "-", "～": "-", "至": "-", "：": ":", "；": ";", "，": ",", "、": ","}
)
_DAY = r"(?:周|星期|礼拜)?([一二三四五六日天]|mon|tue|wed|thu|fri|sat|sun)"
_DAY_RANGE = re.compile(rf"{_DAY}(?:-{_DAY})?,?")
_TIME_SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2}),?")


class HoursError(ValueError):
    """Opening hours that cannot be read; the message says which piece and what is wanted."""


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """When a place is open: seven tuples of spans, Monday first, and single closed days."""

    week: tuple[tuple[Span, ...], ...]
    closed: frozenset[date] = frozenset()

    @classmethod
    @lru_cache(maxsize=512)
    def parse(cls, text: str) -> "OpeningHours":
        """From the compact notation above; HoursError says what cannot be read."""
        week: list[tuple[Span, ...]] = [()] * 7
        for piece in text.translate(_DASHES).lower().split(";"):
            if piece.strip():
                days, spans = _piece(piece)
                for day in days:
                    week[day] = spans
        if not any(week):
            raise HoursError(f"opening hours {text!r} never open; write for example '周二-周日 09:00-20:00'")
        return cls(tuple(week))

    def on(self, day: date) -> tuple[Span, ...]:
        """The spans of that day, earliest first; empty when closed."""
        return () if day in self.closed else self.week[day.weekday()]

    def closing(self, days: Iterable[date]) -> "OpeningHours":
        """The same week with more closed days."""
        return replace(self, closed=self.closed | frozenset(days))

    @property
    def always(self) -> bool:
        """Open round the clock, every day of the week."""
        return all(spans == ((0, DAY_MINUTES),) for spans in self.week)

    def text(self) -> str:
        """The week in the same notation, with en dashes: "周二–周日 09:00–20:00"; parse() reads it back."""
        runs = [(first, last) for first, last in _runs(self.week) if self.week[first]]
        return "; ".join(self._run_text(first, last) for first, last in runs)

    def _run_text(self, first: int, last: int) -> str:
        spans = " ".join(_span_text(span) for span in self.week[first])
        if (first, last) == (0, 6):
            return spans
        days = f"周{_DAYS[first]}" + (f"–周{_DAYS[last]}" if last > first else "")
        return f"{days} {spans}"


def _runs(week: tuple[tuple[Span, ...], ...]) -> list[tuple[int, int]]:
    """Neighbouring weekdays with the same hours, as (first, last)."""
    runs: list[tuple[int, int]] = []
    for day in range(7):
        if runs and week[runs[-1][0]] == week[day]:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _span_text(span: Span) -> str:
    if span == (0, DAY_MINUTES):
        return ALWAYS
    return "–".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in span)


def _piece(piece: str) -> tuple[set[int], tuple[Span, ...]]:
    """One part between semicolons: its days (all when none is named) and its spans."""
    days: set[int] = set()
    spans: list[Span] = []
    for word in piece.split():
        days_here, spans_here = _days(word), _spans(word)
        if not days_here and not spans_here:
            raise HoursError(
                f"opening hours: cannot read {word!r}; write for example '周二-周日 09:00-20:00'"
            )
        days |= days_here
        spans += spans_here
    return days or set(range(7)), _ordered(spans, piece)


def _days(word: str) -> set[int]:
    if not re.fullmatch(rf"(?:{_DAY_RANGE.pattern})+", word):
        return set()
    days: set[int] = set()
    for match in _DAY_RANGE.finditer(word):
        first = _NAMES[match[1]]
        last = _NAMES[match[2]] if match[2] else first
        days |= {(first + step) % 7 for step in range((last - first) % 7 + 1)}
    return days


def _spans(word: str) -> list[Span]:
    if word in (ALWAYS, "24小时"):
        return [(0, DAY_MINUTES)]
    if not re.fullmatch(rf"(?:{_TIME_SPAN.pattern})+", word):
        return []
    return [_span(*(int(part) for part in match.groups())) for match in _TIME_SPAN.finditer(word)]


def _span(from_hour: int, from_minute: int, to_hour: int, to_minute: int) -> Span:
    start, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    if from_minute > 59 or to_minute > 59 or not start < end <= DAY_MINUTES:
        wrong = f"{from_hour:02d}:{from_minute:02d}-{to_hour:02d}:{to_minute:02d}"
        raise HoursError(f"opening hours: {wrong} is no span within one day")
    return start, end


def _ordered(spans: list[Span], piece: str) -> tuple[Span, ...]:
    if not spans:
        raise HoursError(f"opening hours: {piece.strip()!r} names days without times")
    ordered = tuple(sorted(spans))
    if any(later[0] <= earlier[1] for earlier, later in pairwise(ordered)):
        raise HoursError(f"opening hours: the times of {piece.strip()!r} overlap")
    return ordered
