"""When a loan is due, how many days it is overdue, what that costs. Pure functions.

A day counts when it lies after the day due, up to the day the library has the book, unless the book lay with
the courier on any part of it (5.4): the reader is not charged for the day of the pickup scan, nor for the day
on which a failed return came back.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from lending.calendar import WorkingCalendar, end_of_day, local_date
from lending.policy import Policy

Pause = tuple[datetime, datetime | None]
"""From when until when the clock stood still; None: it still does."""


def due_after(calendar: WorkingCalendar, policy: Policy, start: datetime, days: int) -> datetime:
    """The end of the day `days` after `start`; a day the library is closed rolls to its next open day."""
    day = local_date(start) + timedelta(days=days)
    return end_of_day(calendar.open_day_from(policy.library.hours, day))


def overdue_days(due: datetime, at: datetime, pauses: Iterable[Pause] = ()) -> int:
    """Days overdue at a moment, days with the courier left out; 0 when not overdue."""
    first, last = local_date(due) + timedelta(days=1), local_date(at)
    if last < first:
        return 0
    free = _days_within(first, last, pauses)
    return (last - first).days + 1 - free


def overdue_fen(policy: Policy, due: datetime, at: datetime, pauses: Iterable[Pause] = ()) -> int:
    """The fee of one volume at a moment, in fen."""
    return policy.overdue_fen(overdue_days(due, at, pauses))


def _days_within(first: date, last: date, pauses: Iterable[Pause]) -> int:
    """How many days from `first` to `last` are touched by a pause; a day touched twice counts once."""
    count, counted_to = 0, first - timedelta(days=1)
    for begin, end in sorted(
        (local_date(start), local_date(until) if until else last) for start, until in pauses
    ):
        begin, end = max(begin, counted_to + timedelta(days=1)), min(end, last)
        if begin <= end:
            count += (end - begin).days + 1
            counted_to = end
    return count
