"""What the library says differently from the published days: closing days, make-up days, special hours."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from lending.calendar.opening import OpeningHours, Span

WORK = "work"
"""Scope of an override that makes a day a working day or not (clocks of 6.2)."""

EVERYWHERE = "everywhere"
"""Scope of an override that closes or opens every place of the library."""


@dataclass(frozen=True, slots=True)
class DayOverride:
    """One line of the staff's table.

    scope: WORK, EVERYWHERE or the id of a branch or locker. working_or_open: what the day is. hours: special
    hours of the day ("10:00-16:00"), empty for the usual ones; a place usually closed that day needs them.
    """

    day: date
    scope: str
    working_or_open: bool
    hours: str = ""
    note: str = ""


class OverrideSource(Protocol):
    """Where the overrides in force come from."""

    def current(self) -> "Overrides":
        """What is in force now; cheap enough to be asked for every question."""
        ...


@dataclass(frozen=True, slots=True)
class Overrides:
    """The overrides in force, ready to be asked."""

    by_day: Mapping[tuple[date, str], DayOverride] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[DayOverride]) -> "Overrides":
        """From rows in any order; a later row of the same day and scope wins."""
        return cls({(row.day, row.scope): row for row in rows})

    def current(self) -> "Overrides":
        """Itself: fixed overrides are an `OverrideSource` too."""
        return self

    def working(self, day: date) -> bool | None:
        """Whether staff work that day; None when nothing is said."""
        said = self.by_day.get((day, WORK))
        return said.working_or_open if said else None

    def spans(self, hours: OpeningHours, day: date, place: str) -> tuple[Span, ...]:
        """When a place is open that day: its own line first, then the line for every place, then its week."""
        said = self.by_day.get((day, place)) if place else None
        said = said or self.by_day.get((day, EVERYWHERE))
        if said is None:
            return hours.on(day)
        if not said.working_or_open:
            return ()
        return OpeningHours.parse(said.hours).on(day) if said.hours else hours.on(day)


NO_OVERRIDES = Overrides()
