"""Working days, cut-offs and opening hours as questions with one answer.

A working day is what the state publishes (`DayTable`), unless the library's own overrides say otherwise; a
year not published yet counts Monday to Friday and is marked provisional. Nothing here raises for a far year.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from lending.calendar.opening import DAY_MINUTES, OpeningHours, Span
from lending.calendar.overrides import NO_OVERRIDES, OverrideSource
from lending.calendar.zone import CHINA, end_of_day, local, local_date, moment
from lending.ports import DayTable

_ONE_DAY = timedelta(days=1)
_SEARCH_DAYS = 1000
"""How far ahead an open or working day is looked for before the tables are taken to be wrong."""


class WorkingCalendar:
    """The library's calendar. `overrides` is asked each time, so that staff changes hold at once."""

    def __init__(self, days: DayTable, overrides: OverrideSource = NO_OVERRIDES) -> None:
        self._days = days
        self._overrides = overrides

    # --- working days (6.2) ---

    def is_working_day(self, day: date) -> bool:
        """The library's word first, then the published table, then Monday to Friday."""
        said = self._overrides.current().working(day)
        if said is None:
            said = self._days.is_working_day(day)
        return day.weekday() < 5 if said is None else said

    def provisional(self, day: date) -> bool:
        """True when the day's kind is only estimated, because its year is not published."""
        return self._overrides.current().working(day) is None and self._days.is_working_day(day) is None

    def next_working_day(self, day: date) -> date:
        """The first working day after `day`."""
        return next(later for later in _days_after(day) if self.is_working_day(later))

    def add_working_days(self, at: datetime, days: int) -> datetime:
        """The deadline `days` working days after `at`: the nth working day after that date.

        From a working day it keeps the time of day; from a day off the clock starts with the next
        working day, so the deadline is the end of the nth. 0: the moment itself.
        """
        if days < 0:
            raise ValueError("working days are counted forwards")
        if days == 0:
            return at.astimezone(UTC)
        start = local(at)
        day = start.date()
        for _ in range(days):
            day = self.next_working_day(day)
        if not self.is_working_day(start.date()):
            return end_of_day(day)
        return datetime.combine(day, start.time(), CHINA).astimezone(UTC)

    def add_working_dates(self, day: date, days: int) -> date:
        """The nth working day after a date (due dates that carry no time)."""
        for _ in range(days):
            day = self.next_working_day(day)
        return day

    def working_seconds(self, start: datetime, end: datetime) -> float:
        """Seconds between two moments that fall on working days (a whole one: 86,400); 0 when reversed."""
        total, day, last = timedelta(0), local_date(start), local_date(end)
        while day <= last:
            if self.is_working_day(day):
                begin, finish = max(start, moment(day)), min(end, moment(day, DAY_MINUTES))
                total += max(timedelta(0), finish - begin)
            day += _ONE_DAY
        return total.total_seconds()

    def next_cutoff(self, at: datetime, cutoffs: Sequence[time]) -> datetime:
        """The batch an order of this moment goes with: the first cut-off after it, on a working day."""
        if not cutoffs:
            raise ValueError("there is no cut-off to wait for")
        ordered = sorted(cutoffs)
        for day in self._from(local_date(at)):
            if self.is_working_day(day):
                for cutoff in ordered:
                    batch = datetime.combine(day, cutoff, CHINA).astimezone(UTC)
                    if batch > at:
                        return batch
        raise ValueError("the calendar has no working day ahead")

    # --- opening hours (6.1.2) ---

    def opening(self, hours: OpeningHours, day: date, place: str = "") -> tuple[Span, ...]:
        """When a place (by id, for its overrides) is open on a day, in minutes; empty when closed."""
        return self._overrides.current().spans(hours, day, place)

    def is_open(self, hours: OpeningHours, at: datetime, place: str = "") -> bool:
        """Whether the place is open; the closing moment counts: “until 20:00” is not in closed hours."""
        day = local_date(at)
        spans = self.opening(hours, day, place)
        return any(moment(day, start) <= at <= moment(day, end) for start, end in spans)

    def next_open(self, hours: OpeningHours, at: datetime, place: str = "") -> datetime:
        """`at` when the place is open, else the moment it opens next."""
        for day in self._from(local_date(at)):
            for start, end in self.opening(hours, day, place):
                if at <= moment(day, end):
                    return max(at, moment(day, start)).astimezone(UTC)
        raise ValueError("the place never opens")

    def end_of_open_day(self, hours: OpeningHours, at: datetime, place: str = "") -> datetime:
        """When the place closes for the day: today if it is open or still opens, else on its next open day.

        A place open until midnight closes at 23:59, so that the date shown is the day meant.
        """
        return self._closing(hours, local_date(self.next_open(hours, at, place)), place)

    def add_open_days(self, hours: OpeningHours, at: datetime, days: int, place: str = "") -> datetime:
        """Closing time of the nth open day after the day of `at`; with 0 the same as `end_of_open_day`."""
        if days < 0:
            raise ValueError("open days are counted forwards")
        if days == 0:
            return self.end_of_open_day(hours, at, place)
        day = local_date(at)
        for _ in range(days):
            day = self.open_day_from(hours, day + _ONE_DAY, place)
        return self._closing(hours, day, place)

    def open_day_from(self, hours: OpeningHours, day: date, place: str = "") -> date:
        """`day` when the place opens on it, else the next day on which it does."""
        for later in self._from(day):
            if self.opening(hours, later, place):
                return later
        raise ValueError("the place never opens")

    def _closing(self, hours: OpeningHours, day: date, place: str) -> datetime:
        last = max(end for _, end in self.opening(hours, day, place))
        return moment(day, min(last, DAY_MINUTES - 1))

    @staticmethod
    def _from(day: date) -> Iterator[date]:
        return (day + timedelta(days=step) for step in range(_SEARCH_DAYS))


def _days_after(day: date) -> Iterator[date]:
    while True:
        day += _ONE_DAY
        yield day
