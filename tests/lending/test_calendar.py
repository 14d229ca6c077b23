"""Working days, opening hours and cut-offs hold what they promise."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.calendar.chinesecalendar_days import ChineseCalendarDays
from lending.calendar import (
    CHINA,
    EVERYWHERE,
    WORK,
    DayOverride,
    HoursError,
    OpeningHours,
    Overrides,
    WorkingCalendar,
    end_of_day,
    local,
    local_date,
    moment,
)
from lending.storage.base import Database
from lending.storage.calendar import StoredOverrides
from tests.fakes.clock import FakeClock, china

CALENDAR = WorkingCalendar(ChineseCalendarDays())
BRANCH = OpeningHours.parse("周二-周日 09:00-20:00")
ALWAYS = OpeningHours.parse("24h")
VENUE = OpeningHours.parse("周一-周五 08:30-12:00 13:30-17:00; 周六 09:00-12:00")
CUTOFFS = (time(9), time(16))

FIRST, LAST = datetime(2005, 1, 1), datetime(2030, 1, 1)  # noqa: DTZ001
moments = st.datetimes(FIRST, LAST, timezones=st.just(CHINA))
hours = st.sampled_from(
    [BRANCH, ALWAYS, VENUE, OpeningHours.parse("06:30-22:30"), OpeningHours.parse("周三 10:00-24:00")]
)


def working_days_between(after: date, up_to: date) -> int:
    days = [after + timedelta(days=step) for step in range(1, (up_to - after).days + 1)]
    return sum(CALENDAR.is_working_day(day) for day in days)


def test_published_days_hold_holidays_and_make_up_days() -> None:
    assert not CALENDAR.is_working_day(date(2026, 10, 1))
    assert CALENDAR.is_working_day(date(2026, 10, 10))  # a Saturday worked for the holiday
    assert not CALENDAR.provisional(date(2026, 10, 10))


def test_an_unpublished_year_is_estimated_and_says_so() -> None:
    assert CALENDAR.is_working_day(date(2044, 3, 2))
    assert not CALENDAR.is_working_day(date(2044, 3, 5))
    assert CALENDAR.provisional(date(2044, 3, 2))


def test_the_library_knows_better() -> None:
    says = Overrides.of(
        [DayOverride(date(2044, 3, 5), WORK, True), DayOverride(date(2026, 3, 4), WORK, False)]
    )
    calendar = WorkingCalendar(ChineseCalendarDays(), says)
    assert calendar.is_working_day(date(2044, 3, 5))
    assert not calendar.provisional(date(2044, 3, 5))
    assert not calendar.is_working_day(date(2026, 3, 4))


def test_a_deadline_over_a_holiday_keeps_its_time_of_day() -> None:
    before = china("2025-09-30 15:20")
    assert CALENDAR.add_working_days(before, 1) == china("2025-10-09 15:20")


def test_a_deadline_from_a_day_off_is_the_end_of_the_day() -> None:
    assert CALENDAR.add_working_days(china("2025-03-08 10:00"), 1) == china("2025-03-10 23:59:59")


@given(moments, st.integers(1, 15))
def test_n_working_days_pass_exactly_n(at: datetime, days: int) -> None:
    end = CALENDAR.add_working_days(at, days)
    assert CALENDAR.is_working_day(local_date(end))
    assert working_days_between(local_date(at), local_date(end)) == days
    assert days * 86_400 - 1 <= CALENDAR.working_seconds(at, end) <= days * 86_400


@given(moments, st.timedeltas(timedelta(0), timedelta(days=20)), st.integers(1, 8))
def test_a_later_start_never_has_an_earlier_deadline(at: datetime, later: timedelta, days: int) -> None:
    assert CALENDAR.add_working_days(at, days) <= CALENDAR.add_working_days(at + later, days)


@given(
    moments, st.timedeltas(timedelta(0), timedelta(days=9)), st.timedeltas(timedelta(0), timedelta(days=9))
)
def test_working_time_adds_up(at: datetime, first: timedelta, second: timedelta) -> None:
    middle, end = at + first, at + first + second
    whole = CALENDAR.working_seconds(at, end)
    parts = CALENDAR.working_seconds(at, middle) + CALENDAR.working_seconds(middle, end)
    assert whole == pytest.approx(parts)
    assert 0 <= whole <= (end - at).total_seconds() + 1e-6
    assert CALENDAR.working_seconds(end, at) == 0 or at == end


@given(moments)
def test_a_cutoff_lies_ahead_on_a_working_day(at: datetime) -> None:
    batch = CALENDAR.next_cutoff(at, CUTOFFS)
    assert batch > at
    assert CALENDAR.is_working_day(local_date(batch))
    assert local(batch).time() in CUTOFFS
    assert CALENDAR.next_cutoff(batch - timedelta(microseconds=1), CUTOFFS) == batch


def test_the_moment_of_a_cutoff_belongs_to_the_next_batch() -> None:
    assert CALENDAR.next_cutoff(china("2025-03-05 08:59"), CUTOFFS) == china("2025-03-05 09:00")
    assert CALENDAR.next_cutoff(china("2025-03-05 09:00"), CUTOFFS) == china("2025-03-05 16:00")
    assert CALENDAR.next_cutoff(china("2025-03-07 16:00"), CUTOFFS) == china("2025-03-10 09:00")


@given(hours, moments, st.integers(0, 12))
def test_nothing_falls_in_closed_hours(place: OpeningHours, at: datetime, days: int) -> None:
    opens = CALENDAR.next_open(place, at)
    assert opens >= at
    assert CALENDAR.is_open(place, opens)
    end = CALENDAR.add_open_days(place, at, days)
    assert CALENDAR.is_open(place, end)
    assert end >= at


@given(hours, moments, st.integers(1, 12))
def test_n_open_days_pass_exactly_n(place: OpeningHours, at: datetime, days: int) -> None:
    end = local_date(CALENDAR.add_open_days(place, at, days))
    passed = [local_date(at) + timedelta(days=step) for step in range(1, (end - local_date(at)).days + 1)]
    assert sum(bool(CALENDAR.opening(place, day)) for day in passed) == days


@given(hours, moments, st.timedeltas(timedelta(0), timedelta(days=9)))
def test_opening_is_monotone(place: OpeningHours, at: datetime, later: timedelta) -> None:
    assert CALENDAR.next_open(place, at) <= CALENDAR.next_open(place, at + later)
    assert CALENDAR.end_of_open_day(place, at) <= CALENDAR.end_of_open_day(place, at + later)


def test_a_closed_monday_is_skipped() -> None:
    monday = china("2025-03-10 10:00")
    assert not CALENDAR.is_open(BRANCH, monday)
    assert CALENDAR.next_open(BRANCH, monday) == china("2025-03-11 09:00")
    assert CALENDAR.end_of_open_day(BRANCH, monday) == china("2025-03-11 20:00")
    assert CALENDAR.add_open_days(BRANCH, china("2025-03-08 12:00"), 3) == china("2025-03-12 20:00")


def test_round_the_clock_ends_on_the_day_meant() -> None:
    assert CALENDAR.end_of_open_day(ALWAYS, china("2025-03-10 10:00")) == china("2025-03-10 23:59")


def test_closing_days_special_hours_and_places() -> None:
    says = Overrides.of(
        [
            DayOverride(date(2025, 3, 11), EVERYWHERE, False),
            DayOverride(date(2025, 3, 11), "L1", True),
            DayOverride(date(2025, 3, 10), "B1", True, "10:00-16:00"),
        ]
    )
    calendar = WorkingCalendar(ChineseCalendarDays(), says)
    tuesday = china("2025-03-11 10:00")
    assert not calendar.is_open(BRANCH, tuesday, "B2")
    assert calendar.is_open(ALWAYS, tuesday, "L1")
    assert calendar.next_open(BRANCH, tuesday, "B2") == china("2025-03-12 09:00")
    assert calendar.end_of_open_day(BRANCH, china("2025-03-10 11:00"), "B1") == china("2025-03-10 16:00")
    assert not calendar.is_open(BRANCH, china("2025-03-10 11:00"), "B2")


def test_single_closed_days_of_a_place() -> None:
    closed = BRANCH.closing([date(2025, 3, 11)])
    assert CALENDAR.next_open(closed, china("2025-03-10 10:00")) == china("2025-03-12 09:00")


def test_a_place_that_never_opens_is_an_error_not_a_loop() -> None:
    never = OpeningHours(week=((),) * 7)
    with pytest.raises(ValueError, match="never opens"):
        CALENDAR.next_open(never, china("2025-03-10 10:00"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("周二-周日 09:00-20:00", "周二–周日 09:00–20:00"),
        ("06:30-22:30", "06:30–22:30"),
        ("06：30～22：30", "06:30–22:30"),
        ("24h", "24h"),
        ("24小时", "24h"),
        (
            "周一-周五 08:30-12:00 13:30-17:00； 周六 09:00-12:00",
            "周一–周五 08:30–12:00 13:30–17:00; 周六 09:00–12:00",
        ),
        ("周一,周三 9:00-24:00", "周一 09:00–24:00; 周三 09:00–24:00"),
        ("星期六-星期天 10:00-16:00", "周六–周日 10:00–16:00"),
        ("周六-周一 10:00-16:00", "周一 10:00–16:00; 周六–周日 10:00–16:00"),
    ],
)
def test_hours_are_read_and_shown(text: str, shown: str) -> None:
    hours = OpeningHours.parse(text)
    assert hours.text() == shown
    assert OpeningHours.parse(shown) == hours
    assert hours.always == (shown == "24h")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "never open"),
        ("周八 09:00-20:00", "cannot read '周八'"),
        ("09:00-25:00", "no span"),
        ("20:00-09:00", "no span"),
        ("周一", "without times"),
        ("09:00-12:00 11:00-13:00", "overlap"),
    ],
)
def test_hours_that_cannot_be_read_say_why(text: str, told: str) -> None:
    with pytest.raises(HoursError, match=told):
        OpeningHours.parse(text)


spans = st.lists(st.integers(0, 1440), min_size=2, max_size=6, unique=True).map(
    lambda cuts: tuple(zip(sorted(cuts)[::2], sorted(cuts)[1::2], strict=False))
)


@given(st.lists(st.one_of(st.just(()), spans), min_size=7, max_size=7).filter(any))
def test_any_week_survives_being_written_down(week: list[tuple[tuple[int, int], ...]]) -> None:
    hours = OpeningHours(tuple(week))
    assert OpeningHours.parse(hours.text()) == hours


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        local(datetime(2025, 3, 5))  # noqa: DTZ001


def test_days_begin_and_end_in_china() -> None:
    assert moment(date(2025, 3, 5), 540) == datetime(2025, 3, 5, 1, tzinfo=UTC)
    assert end_of_day(date(2025, 3, 5)) == datetime(2025, 3, 5, 15, 59, 59, tzinfo=UTC)


def test_staff_overrides_are_kept_and_shared(database: Database) -> None:
    clock = FakeClock(china("2025-03-05 10:00"))
    here, there = StoredOverrides(database, clock), StoredOverrides(database, clock)
    calendar = WorkingCalendar(ChineseCalendarDays(), there)
    assert calendar.is_working_day(date(2025, 3, 6))
    here.set(DayOverride(date(2025, 3, 6), WORK, True), "desk")
    here.set(DayOverride(date(2025, 3, 6), WORK, False, note="stocktaking"), "desk")
    assert here.current().working(date(2025, 3, 6)) is False
    clock.forward(seconds=16)
    assert not calendar.is_working_day(date(2025, 3, 6))
    assert here.remove(date(2025, 3, 6), WORK)
    assert not here.remove(date(2025, 3, 6), WORK)
    assert here.current().working(date(2025, 3, 6)) is None


def test_hours_that_cannot_be_read_are_not_kept(database: Database) -> None:
    stored = StoredOverrides(database, FakeClock(china("2025-03-05 10:00")))
    with pytest.raises(HoursError):
        stored.set(DayOverride(date(2025, 3, 6), "B1", True, "from nine"), "desk")
    assert stored.current().by_day == {}
