"""Due dates and overdue fees: pure figures."""

from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from integrations.calendar.chinesecalendar_days import ChineseCalendarDays
from lending.calendar import CHINA, EVERYWHERE, DayOverride, Overrides, WorkingCalendar, local, local_date
from lending.loans.overdue import Pause, due_after, overdue_days, overdue_fen
from lending.policy import Policy
from tests.fakes.clock import china

POLICY = Policy.load(Path(__file__).parents[2] / "app/demo/policy.toml")
CALENDAR = WorkingCalendar(ChineseCalendarDays())
DUE = china("2025-04-10 23:59:59")

moments = st.datetimes(datetime(2025, 3, 1), datetime(2025, 7, 1), timezones=st.just(CHINA))  # noqa: DTZ001
lengths = st.timedeltas(timedelta(0), timedelta(days=40))
pauses = st.lists(st.tuples(moments, lengths).map(lambda pair: (pair[0], pair[0] + pair[1])), max_size=4)


def test_due_is_the_end_of_a_day_on_which_the_library_opens() -> None:
    assert due_after(CALENDAR, POLICY, china("2025-03-11 10:00"), 30) == china("2025-04-10 23:59:59")
    assert due_after(CALENDAR, POLICY, china("2025-03-15 10:00"), 30) == china(
        "2025-04-15 23:59:59"
    )  # not Monday


def test_a_closing_day_moves_the_due_date() -> None:
    closed = Overrides.of([DayOverride(china("2025-04-10 00:00").date(), EVERYWHERE, False)])
    calendar = WorkingCalendar(ChineseCalendarDays(), closed)
    assert due_after(calendar, POLICY, china("2025-03-11 10:00"), 30) == china("2025-04-11 23:59:59")


@given(moments, st.integers(1, 90))
def test_nobody_is_due_early_or_on_a_closed_day(start: datetime, days: int) -> None:
    due = due_after(CALENDAR, POLICY, start, days)
    assert local_date(due) >= local_date(start) + timedelta(days=days)
    assert CALENDAR.opening(POLICY.library.hours, local_date(due))
    assert local(due).strftime("%H:%M:%S") == "23:59:59"


def test_the_first_day_after_costs_ten_fen() -> None:
    assert overdue_days(DUE, china("2025-04-10 23:59:59")) == 0
    assert overdue_days(DUE, china("2025-04-11 00:00")) == 1
    assert overdue_fen(POLICY, DUE, china("2025-04-13 08:00")) == 30
    assert overdue_fen(POLICY, DUE, china("2026-04-13 08:00")) == 1000


def test_the_clock_stands_from_the_day_of_the_scan() -> None:
    scanned: list[Pause] = [(china("2025-04-13 21:00"), None)]
    assert overdue_days(DUE, china("2025-04-12 20:00"), scanned) == 2
    assert overdue_days(DUE, china("2025-05-12 20:00"), scanned) == 2


def test_a_book_scanned_in_time_is_never_overdue_on_its_way() -> None:
    assert overdue_days(DUE, china("2025-05-12 20:00"), [(china("2025-04-10 23:00"), None)]) == 0


def test_after_a_failed_return_the_clock_runs_from_the_next_day() -> None:
    back_with_reader: list[Pause] = [(china("2025-04-08 10:00"), china("2025-04-20 09:00"))]
    assert overdue_days(DUE, china("2025-04-20 23:00"), back_with_reader) == 0
    assert overdue_days(DUE, china("2025-04-21 00:00"), back_with_reader) == 1


@given(moments, moments, pauses)
def test_with_the_courier_it_never_costs_more(due: datetime, at: datetime, stood: list[Pause]) -> None:
    assert 0 <= overdue_days(due, at, stood) <= overdue_days(due, at)


@given(moments, moments, lengths, pauses)
def test_fees_never_shrink_as_time_passes(
    due: datetime, at: datetime, more: timedelta, stood: list[Pause]
) -> None:
    assert overdue_days(due, at, stood) <= overdue_days(due, at + more, stood)


@given(moments, moments, pauses)
def test_days_are_counted_one_by_one(due: datetime, at: datetime, stood: list[Pause]) -> None:
    day, counted = local_date(due) + timedelta(days=1), 0
    while day <= local_date(at):
        touched = any(local_date(start) <= day <= (local_date(end) if end else day) for start, end in stood)
        counted += not touched
        day += timedelta(days=1)
    assert overdue_days(due, at, stood) == counted


@given(moments, moments, pauses, st.randoms())
def test_the_order_of_pauses_does_not_matter(due: datetime, at: datetime, stood: list[Pause], rng) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(stood)
    rng.shuffle(shuffled)
    assert overdue_days(due, at, shuffled) == overdue_days(due, at, stood)
