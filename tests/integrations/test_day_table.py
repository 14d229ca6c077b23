"""The published days, and None for years without any."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.calendar.chinesecalendar_days import ChineseCalendarDays

DAYS = ChineseCalendarDays()


@pytest.mark.parametrize("day", [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)])
def test_make_up_days_of_2026_are_worked(day: tuple[int, int]) -> None:
    assert DAYS.is_working_day(date(2026, *day)) is True


def test_holidays_are_not() -> None:
    assert DAYS.is_working_day(date(2025, 1, 28)) is False  # a Tuesday, New Year's Eve
    assert DAYS.is_working_day(date(2025, 3, 5)) is True


@given(st.dates())
def test_it_never_raises(day: date) -> None:
    known = DAYS.is_working_day(day)
    if day.year < 2004 or day.year > 2026:
        assert known is None
    else:
        assert known in (True, False)
