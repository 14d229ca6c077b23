"""When a notice may go, who may decline it, what readers mean by what they say about it."""

from datetime import time
from pathlib import Path

import pytest

from lending.calendar import local
from lending.errors import PolicyError
from lending.notices import Notice, NoticeKind
from lending.notices.rules import RULES, Topic, label, may_go, quiet_until, too_late
from lending.notices.settings import NoticeSettings, Wishes, kinds, meant
from lending.policy import Policy
from tests.fakes.clock import china
from tests.lending.desk import Desk
from tests.lending.house import POLICY

DEMO = Policy.load(Path(POLICY))


def notice(kind: str, **data: object) -> Notice:
    return Notice(1, "k", 1, None, kind, data, None, 0, "waiting", None)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-23 20:59", None),
        ("2026-11-23 21:00", "11-24 08:00"),
        ("2026-11-23 23:59", "11-24 08:00"),
        ("2026-11-24 00:00", "11-24 08:00"),
        ("2026-11-24 07:59", "11-24 08:00"),
        ("2026-11-24 08:00", None),
        ("2026-12-31 22:00", "01-01 08:00"),
    ],
)
def test_the_quiet_hours_are_chinas_from_21_to_8(at: str, until: str | None) -> None:
    end = quiet_until(DEMO, china(at))
    assert (None if end is None else f"{local(end):%m-%d %H:%M}") == until


def test_at_night_only_what_was_asked_for() -> None:
    night, day = china("2026-11-23 22:00"), china("2026-11-23 12:00")
    for kind in NoticeKind:
        one = notice(kind)
        assert may_go(DEMO, one, day, night=False, spoke_at=None)
        assert may_go(DEMO, one, night, night=False, spoke_at=None) is (kind is NoticeKind.RETURN_SCANNED)
        assert may_go(DEMO, one, night, night=True, spoke_at=None)
        assert may_go(DEMO, one, night, night=False, spoke_at=china("2026-11-23 21:30"))
        assert RULES[kind].at_once or not may_go(
            DEMO, one, night, night=False, spoke_at=china("2026-11-23 21:29")
        )


def test_what_cannot_be_declined() -> None:
    all_declined = Wishes(frozenset(map(str, NoticeKind)))
    assert {kind for kind in NoticeKind if not all_declined.wants(kind)} == {
        kind for topic in Topic for kind in kinds(topic)
    }
    assert all_declined.wants(NoticeKind.ORDER_AVAILABLE)
    assert all_declined.wants(NoticeKind.CASE_UPDATE)
    assert all_declined.wants("a kind of tomorrow")


def test_labels_tell_the_last_reminder_apart() -> None:
    assert label("loan_due", {"days": 0}) == "loan_due.0"
    assert label("pickup_reminder", {"last": True}) == "pickup_reminder.last"
    assert label("pickup_reminder", {"last": False}) == "pickup_reminder"


def test_too_late_is_what_its_fact_says() -> None:
    now = china("2026-11-23 12:00")
    assert too_late(notice("order_available", until="2026-11-23T11:59:00+08:00"), now)
    assert not too_late(notice("order_available", until="2026-11-23T12:01:00+08:00"), now)
    assert not too_late(notice("order_available"), now)
    assert not too_late(notice("order_available", until="tomorrow"), now)
    assert not too_late(notice("hold_expired", until="2020-01-01T00:00:00+08:00"), now)


# --- wishes ---


def test_wishes_are_rows_by_reader_and_kind(desk: Desk) -> None:
    wishes = NoticeSettings(desk.database, desk.clock)
    one, other = desk.member(), desk.member("D0002")
    assert wishes.of(one.id) == Wishes()
    told = wishes.want(one.id, [Topic.DUE, Topic.PROGRESS], wanted=False)
    assert told.topics == {
        Topic.PROGRESS: False,
        Topic.PICKUP: True,
        Topic.DUE: False,
        Topic.RETURNS: True,
    }
    assert wishes.want(one.id, [Topic.DUE, Topic.PROGRESS], wanted=False) == told
    assert wishes.of(other.id) == Wishes()
    assert wishes.want(one.id, list(Topic), wanted=True) == Wishes()
    assert wishes.want_at_night(one.id, wanted=True).night
    assert not wishes.want_at_night(one.id, wanted=False).night


@pytest.mark.parametrize(
    ("said", "topics"),
    [
        ("不要再提醒我还书", [Topic.DUE]),
        ("到期提醒关掉", [Topic.DUE]),
        ("别再催我取书了", [Topic.PICKUP]),
        ("订单进度不用告诉我", [Topic.PROGRESS]),
        ("还书回执不用发", [Topic.RETURNS]),
        ("不要再提醒我了", []),
        ("取书码不要发了", []),
    ],
)
def test_topics_are_known_by_their_words(said: str, topics: list[Topic]) -> None:
    assert list(meant(said).topics) == topics


def test_codes_and_the_night_are_known_too() -> None:
    assert meant("取书码不要发了").fixed
    assert meant("晚上也可以提醒我").night
    assert not meant("恢复提醒").night


# --- policy ---


def test_the_demo_policy_says_when_readers_are_told() -> None:
    about = DEMO.notices
    assert (about.quiet_from, about.quiet_until) == (time(21), time(8))
    assert (DEMO.loans.remind_days_before, DEMO.loans.remind_at) == ((7, 3, 0), time(9))


@pytest.mark.parametrize(
    ("line", "instead", "told"),
    [
        ('remind_at = "09:00"', 'remind_at = "07:00"', "loans.remind_at must not lie in the quiet hours"),
        ('"hold_expired"', '"parade"', 'notices.sms_kinds must be kinds of notices, not "parade"'),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(
    tmp_path: Path, line: str, instead: str, told: str
) -> None:
    whole = Path(POLICY).read_text("utf-8")
    assert line in whole
    (tmp_path / "policy.toml").write_text(whole.replace(line, instead), "utf-8")
    with pytest.raises(PolicyError, match=told):
        Policy.load(tmp_path / "policy.toml")
