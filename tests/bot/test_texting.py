"""What no conversation delivers goes as a short message, once, by day, within the limits, audited."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from bot.store import sessions, talk
from bot.store.tables import conversations, deliveries, messages
from bot.store.told import notice_key
from bot.texting import Texts
from integrations.vault.fernet import FernetVault
from lending.notices import NoticeKind, outbox
from lending.notices.rules import Topic
from lending.notices.settings import NoticeSettings
from lending.notices.texting import LIMITS, Category, Texted, Texting, next_free
from lending.policy import Policy
from lending.readers.audit import Audit
from lending.readers.register import Register
from lending.storage import sms as rows
from lending.storage.base import Database
from tests.fakes.clock import FakeClock, china
from tests.fakes.sms import FakeSms
from tests.lending.house import POLICY

NOON = china("2026-11-23 12:00")


class NoHasher:
    def hash(self, pin: str) -> str:
        return pin

    def verify(self, hashed: str, pin: str) -> bool:
        return False


class Desk:
    """A reader with a telephone and a conversation, and what tells them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = FakeClock(NOON)
        self.policy = Policy.load(Path(POLICY))
        vault = FernetVault("a secret of the library, long enough")
        self.audit = Audit(database, self.clock)
        self.register = Register(database, self.clock, self.policy, vault, NoHasher(), self.audit)
        self.reader = self.register.register("D0001", "adult", "王小明", "13800001234")
        self.sms = FakeSms()
        self.texting = Texting(database, self.clock, vault, self.register.phone, self.sms)
        self.texts = Texts(self.texting, self.policy)

    def notice(self, key: str, kind: str = "order_available", **data: object) -> int:
        """Written now; its id."""
        facts = {"number": "D1", "code": "012345", "point": {"name": "东柜"}, **data}
        with self.database.begin() as conn:
            outbox.add(conn, self.reader.id, kind, facts, key)
            return max(one.id for one in outbox.of_reader(conn, self.reader.id))

    def tell(self, notice_id: int, state: str | None) -> None:
        """Told in a new conversation; its delivery is in this state, None: the web page has to fetch it."""
        now = self.clock.now()
        with self.database.begin() as conn:
            place = sessions.open_conversation(
                conn, "web" if state is None else "wechat", f"u{notice_id}", now
            )
            message = talk.append(conn, place, "library", "x", now, later=True, key=notice_key(notice_id))
            if state is not None:
                values = {"message_id": message, "conversation_id": place, "channel": "wechat"}
                conn.execute(insert(deliveries).values(state=state, due_at=now, **values))
            outbox.mark_sent(conn, notice_id, now, "1", place)

    def nobody(self, notice_id: int) -> None:
        """No conversation is found for it."""
        now = self.clock.now()
        with self.database.begin() as conn:
            found = [one for one in outbox.of_reader(conn, self.reader.id) if one.id == notice_id]
            outbox.hold(conn, found, now + timedelta(hours=1), "nobody", now)

    def audited(self) -> list[str]:
        return [f"{one.who} {one.what} {one.why}" for one in self.audit.of(self.reader.id)]


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


@pytest.mark.parametrize("state", ["held", "stopped", "refused", "waiting", None])
def test_what_did_not_arrive_is_texted_after_the_policys_time(desk: Desk, state: str | None) -> None:
    desk.tell(desk.notice("order_available:D1"), state)
    desk.clock.forward(minutes=29)
    assert desk.texts.sweep() == 0
    desk.clock.forward(minutes=1)
    assert desk.texts.sweep() == 1
    assert desk.texts.sweep() == 0
    [sent] = desk.sms.sent
    assert (sent["phone"], sent["key"]) == ("13800001234", "sms:order_available:D1")
    assert "取书码012345" in sent["text"]
    assert desk.audited()[0] == "sms phone sms:order_available:D1"


def test_who_has_no_conversation_is_texted(desk: Desk) -> None:
    desk.nobody(desk.notice("a"))
    desk.clock.forward(minutes=30)
    assert desk.texts.sweep() == 1


def test_what_arrived_is_not_texted(desk: Desk) -> None:
    desk.tell(desk.notice("pushed"), "sent")
    desk.tell(desk.notice("fetched"), None)
    with desk.database.begin() as conn:
        last = talk.newest(conn)
        conn.execute(update(conversations).values(seen=last))
        assert conn.execute(messages.select()).first() is not None
    desk.clock.forward(minutes=31)
    assert desk.texts.sweep() == 0


def test_only_what_the_policy_names_is_texted(desk: Desk) -> None:
    for kind, data in (
        ("order_found", {}),
        ("loan_due", {"days": 3, "title": "活着", "count": 1}),
        ("pickup_reminder", {"last": False}),
    ):
        desk.tell(desk.notice(kind, kind, **data), "held")
    desk.tell(desk.notice("due", "loan_due", days=0, title="活着", count=1), "held")
    desk.tell(desk.notice("last", "pickup_reminder", last=True), "held")
    desk.clock.forward(minutes=30)
    assert desk.texts.sweep() == 2
    assert [one["template"] for one in desk.sms.sent] == ["loan_due", "pickup_reminder"]


def test_the_night_is_quiet_for_short_messages_too(desk: Desk) -> None:
    desk.clock.set(china("2026-11-23 20:45"))
    desk.tell(desk.notice("a"), "held")
    desk.clock.forward(minutes=30)
    assert desk.texts.sweep() == 0
    desk.clock.set(china("2026-11-24 08:00"))
    assert desk.texts.sweep() == 1


def test_what_was_declined_or_is_too_late_is_not_texted(desk: Desk) -> None:
    NoticeSettings(desk.database, desk.clock).want(desk.reader.id, [Topic.DUE], wanted=False)
    desk.tell(desk.notice("due", "loan_due", days=0), "held")
    desk.tell(desk.notice("late", until=desk.clock.now().isoformat()), "held")
    desk.clock.forward(minutes=30)
    assert desk.texts.sweep() == 0


def test_a_silent_operator_is_asked_again_later_under_the_same_key(desk: Desk) -> None:
    desk.tell(desk.notice("a"), "held")
    desk.clock.forward(minutes=30)
    desk.sms.silent = True
    assert desk.texts.sweep() == 0
    desk.sms.silent = False
    assert desk.texts.sweep() == 0
    desk.clock.forward(seconds=31)
    assert desk.texts.sweep() == 1
    assert [one["key"] for one in desk.sms.sent] == ["sms:a"]


def test_a_landline_is_never_texted(desk: Desk) -> None:
    desk.register.register("D0001", "adult", "王小明", "051265226989")
    desk.tell(desk.notice("a"), "held")
    desk.clock.forward(minutes=30)
    assert desk.texts.sweep() == desk.texts.sweep() == 0
    with desk.database.read() as conn:
        row = rows.by_key(conn, "sms:a")
    assert row is not None
    assert (row["state"], row["proof"]) == ("refused", "no mobile telephone")


def test_the_rows_hold_no_telephone(desk: Desk) -> None:
    desk.tell(desk.notice("a"), "held")
    desk.clock.forward(minutes=30)
    desk.texts.sweep()
    with desk.database.read() as conn:
        row = rows.by_key(conn, "sms:a")
    assert row is not None
    assert "13800001234" not in str(dict(row))
    assert (row["state"], row["proof"]) == ("sent", "m1")


def test_a_crash_in_between_is_sent_again_under_the_same_key(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.tell(desk.notice("a"), "held")
    desk.clock.forward(minutes=30)

    def crash(*_args: object) -> Texted:
        raise RuntimeError("power fails")

    with monkeypatch.context() as patched:
        patched.setattr(Texting, "_mark", crash)
        assert desk.texts.sweep() == 0
    desk.clock.forward(seconds=31)
    assert desk.texts.sweep() == 1
    assert len(desk.sms.sent) == 1


# --- limits ---


def test_limits_hold_for_one_telephone_over_rolling_hours(desk: Desk) -> None:
    def code(key: str) -> Texted:
        return desk.texting.send(desk.reader.id, "hold_expired", {"number": "1"}, key, Category.CODE)

    assert [code("1"), code("2")] == [Texted.SENT, Texted.LATER]
    for number in range(3, 7):
        desk.clock.forward(minutes=1)
        assert code(str(number)) is Texted.SENT
    desk.clock.forward(minutes=1)
    assert code("7") is Texted.LATER
    desk.clock.forward(hours=1)
    assert code("8") is Texted.SENT
    assert desk.texting.send(desk.reader.id, "hold_expired", {"number": "1"}, "n") is Texted.SENT


def test_a_message_over_the_limit_goes_when_there_is_room(desk: Desk) -> None:
    for key in ("1", "2"):
        desk.texting.send(desk.reader.id, "hold_expired", {"number": "1"}, key, Category.CODE)
    desk.clock.forward(minutes=1)
    again = desk.texting.send(desk.reader.id, "hold_expired", {"number": "1"}, "2", Category.CODE)
    assert again is Texted.SENT


@pytest.mark.parametrize("category", list(Category))
def test_the_day_rolls(category: Category) -> None:
    window, most = LIMITS[category][-1]
    times = [NOON + timedelta(hours=hour * 20 / most) for hour in range(most)]
    now = NOON + timedelta(hours=23)
    assert next_free(times, category, now) == NOON + window
    assert next_free(times, category, NOON + window + timedelta(seconds=1)) is None


def test_the_kinds_texted_exist() -> None:
    policy = Policy.load(Path(POLICY))
    assert {kind.partition(".")[0] for kind in policy.notices.sms_kinds} <= set(NoticeKind)
