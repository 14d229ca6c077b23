"""Announcements: pauses a week ahead, emergencies at once, nothing deleted; days closed soon."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from lending.calendar import EVERYWHERE, WORK, DayOverride
from lending.notices.announcements import AnnouncementRefused, Announcements
from lending.policy import Policy
from lending.storage.base import Database
from lending.storage.calendar import StoredOverrides
from tests.fakes.clock import FakeClock, china
from tests.lending.house import POLICY

NOW = china("2026-11-23 12:00")


class Office:
    def __init__(self, database: Database) -> None:
        self.clock = FakeClock(NOW)
        self.days = StoredOverrides(database, self.clock)
        self.told = Announcements(database, self.clock, Policy.load(Path(POLICY)), self.days)

    def titles(self) -> list[str]:
        return [one.title for one in self.told.shown()]


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def test_the_newest_stands_first_and_withdrawn_ones_stay_on_record(office: Office) -> None:
    first = office.told.add(" 新柜子\n开了 ", "独墅湖。", "cli:lin")
    office.told.add("展览", "周六。", "cli:lin", shown_until=NOW + timedelta(days=1))
    assert office.titles() == ["展览", "新柜子 开了"]
    assert office.told.withdraw(first.id, "cli:wang")
    assert not office.told.withdraw(first.id, "cli:wang")
    assert office.titles() == ["展览"]
    office.clock.forward(days=2)
    assert office.titles() == []
    assert [(one.title, one.withdrawn_at is None) for one in office.told.all()] == [
        ("展览", True),
        ("新柜子 开了", False),
    ]


def test_a_pause_is_told_a_week_ahead_or_is_an_emergency(office: Office) -> None:
    soon = NOW + timedelta(days=7, minutes=-1)
    with pytest.raises(AnnouncementRefused, match="7 days ahead"):
        office.told.add("停电", "检修。", "cli:lin", pause_from=soon)
    assert office.told.all() == []
    office.told.add("检修", "一周后。", "cli:lin", pause_from=NOW + timedelta(days=7))
    made = office.told.add("停电", "抢修。", "cli:lin", pause_from=soon, emergency="供电局通知")
    assert made.emergency == "供电局通知"
    assert office.titles() == ["停电", "检修"]


@pytest.mark.parametrize(
    ("title", "text", "start", "end"),
    [(" ", "字", None, None), ("题", " ", None, None), ("题", "字", None, 9), ("题", "字", 9, 9)],
)
def test_what_says_nothing_or_ends_before_it_begins_is_refused(
    office: Office, title: str, text: str, start: int | None, end: int | None
) -> None:
    times = [None if days is None else NOW + timedelta(days=days) for days in (start, end)]
    with pytest.raises(AnnouncementRefused):
        office.told.add(title, text, "cli:lin", pause_from=times[0], pause_until=times[1])
    assert office.told.all() == []


def test_a_pause_that_is_over_is_shown_no_more(office: Office) -> None:
    start = NOW + timedelta(days=8)
    office.told.add("检修", "一天。", "cli:lin", pause_from=start, pause_until=start + timedelta(days=1))
    office.clock.forward(days=9, seconds=1)
    assert office.titles() == []


def test_days_closed_soon_come_from_the_calendar(office: Office) -> None:
    today = date(2026, 11, 23)
    for override in (
        DayOverride(today + timedelta(days=2), "B1", False, note="盘点"),
        DayOverride(today + timedelta(days=1), EVERYWHERE, True, "10:00-16:00"),
        DayOverride(today + timedelta(days=3), WORK, False),
        DayOverride(today + timedelta(days=4), "B2", True),
        DayOverride(today + timedelta(days=31), "B1", False),
        DayOverride(today - timedelta(days=1), "B1", False),
    ):
        office.days.set(override, "cli:lin")
    assert [(one.day, one.place, one.hours, one.note) for one in office.told.closed_days()] == [
        ("2026-11-24", "", "10:00-16:00", ""),
        ("2026-11-25", "B1", "", "盘点"),
    ]
