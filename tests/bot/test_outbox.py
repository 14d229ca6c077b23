"""Notices reach the conversation used last: once each, in order, at a decent hour."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.store import sessions
from bot.store.tables import conversations
from lending.notices import NoticeKind, outbox
from lending.notices.settings import NIGHT
from lending.storage import notice_settings, readers
from lending.storage.base import Database
from lending.storage.notices import Notice, notices
from lending.storage.readers import bindings
from tests.bot.gateway import NOW, Gateway, Reader, StoppedClock, running

EVENING = datetime(2026, 11, 23, 13, 30, tzinfo=UTC)
"""21:30 in China: quiet, and nobody has said anything for hours."""
MORNING = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)


def conversation(gateway: Gateway, reader: Reader) -> str:
    with gateway.deps.database.read() as conn:
        found = sessions.conversation_of(conn, reader.secret)
    assert found is not None
    return found


def write(
    gateway: Gateway, key: str, conversation_id: str, kind: str = "order_available", **data: Any
) -> None:
    with gateway.deps.database.begin() as conn:
        outbox.add(conn, None, kind, data, key, conversation_id=conversation_id)


def tell(gateway: Gateway, key: str, kind: str = "order_found", reader_id: int = 1, **data: Any) -> None:
    """A notice for a reader with a card."""
    with gateway.deps.database.begin() as conn:
        outbox.add(conn, reader_id, kind, {"number": key, **data}, key)


def sweep(gateway: Gateway, times: int = 2) -> None:
    for _ in range(times):
        gateway.parts.outbox.sweep()


def noted(gateway: Gateway) -> dict[str, Notice]:
    with gateway.deps.database.read() as conn:
        return {one.key: one for one in outbox.of_reader(conn, 1)}


async def heard(reader: Reader) -> list[str]:
    """The numbers of the notices that arrived, in order."""
    replies = (await reader.later())["replies"]
    return [reply["data"]["number"] for reply in replies if reply["kind"] == "notice"]


async def bound(gateway: Gateway, reader: Reader) -> str:
    """Bind reader 1, in the table too, without a word being said; the conversation."""
    conversation_id = conversation(gateway, reader)
    gateway.readers.bound[conversation_id] = SimpleNamespace(id=1, kind="adult", display_name="王读者")
    with gateway.deps.database.begin() as conn:
        if readers.by_id(conn, 1) is None:
            values = {"card": "D0001", "kind": "adult", "name_sealed": "", "phone_sealed": ""}
            conn.execute(insert(readers.readers).values(id=1, created_at=NOW, **values))
        conn.execute(
            insert(bindings).values(
                conversation_id=conversation_id, reader_id=1, bound_at=gateway.clock.now()
            )
        )
    return conversation_id


async def test_a_notice_is_told_once(gateway: Gateway, reader: Reader) -> None:
    write(gateway, "a", conversation(gateway, reader), number="D1", code="123456", point="东柜", _trace=1)
    for _ in range(3):
        await asyncio.to_thread(gateway.parts.outbox.sweep)
    [told] = (await reader.later())["replies"]
    assert told["kind"] == "notice"
    assert "取书码：123456" in told["text"]
    assert told["data"] == {"notice": "order_available", "number": "D1", "code": "123456", "point": "东柜"}


async def test_a_crash_before_the_mark_tells_nothing_twice(
    gateway: Gateway, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(gateway, "a", conversation(gateway, reader), number="D1")

    def crash(*_args: object) -> None:
        raise RuntimeError("power fails")

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "mark_sent", crash)
        gateway.parts.outbox.sweep()
    assert (await reader.later())["replies"] == []
    gateway.clock.forward(minutes=3)
    sweep(gateway)
    assert len((await reader.later())["replies"]) == 1


async def test_a_reader_is_told_where_they_were_last(gateway: Gateway, reader: Reader) -> None:
    other = await gateway.session()
    for one in (reader, other):
        await bound(gateway, one)
        gateway.clock.forward(seconds=5)
        await one.say("在")
    gateway.clock.forward(seconds=5)
    await reader.say("还在")
    tell(gateway, "D1")
    sweep(gateway)
    assert (await heard(reader), await heard(other)) == (["D1"], [])
    assert noted(gateway)["D1"].told_in == conversation(gateway, reader)


async def test_a_conversation_that_left_is_passed_over(gateway: Gateway, reader: Reader) -> None:
    other = await gateway.session()
    for one in (other, reader):
        await bound(gateway, one)
        gateway.clock.forward(seconds=5)
        await one.say("在")
    leave(gateway, conversation(gateway, reader), "unsubscribed")
    tell(gateway, "D1")
    sweep(gateway)
    assert (await heard(reader), await heard(other)) == ([], ["D1"])


def leave(gateway: Gateway, conversation_id: str, reason: str | None) -> None:
    mine = conversations.c.id == conversation_id
    with gateway.deps.database.begin() as conn:
        conn.execute(update(conversations).where(mine).values(unreachable=reason))


async def test_who_cannot_be_reached_is_told_when_back(gateway: Gateway, reader: Reader) -> None:
    place = await bound(gateway, reader)
    leave(gateway, place, "blocked")
    tell(gateway, "D1")
    sweep(gateway)
    assert (noted(gateway)["D1"].state, noted(gateway)["D1"].held) == ("waiting", "nobody")
    gateway.clock.forward(minutes=5)
    sweep(gateway)
    assert await heard(reader) == []
    leave(gateway, place, None)
    await reader.say("我回来了")
    sweep(gateway)
    assert await heard(reader) == ["D1"]


async def test_who_stays_away_is_given_up_in_the_end(gateway: Gateway) -> None:
    tell(gateway, "D1")
    for _ in range(17):
        sweep(gateway)
        gateway.clock.forward(days=1)
    assert noted(gateway)["D1"].state == "given_up"


async def test_a_notice_for_nobody_is_kept(gateway: Gateway) -> None:
    write(gateway, "a", "gone", number="D1")
    assert gateway.parts.outbox.sweep() == []
    with gateway.deps.database.read() as conn:
        assert outbox.due(conn, gateway.clock.now()) == []


async def test_the_worker_tells_notices_and_wakes_the_poll(database: Database) -> None:
    async with running(database, worker=True) as gateway:
        reader = await gateway.session()
        poll = asyncio.create_task(reader.later(wait=20))
        write(gateway, "a", conversation(gateway, reader), number="D1", code="123456")
        [told] = (await asyncio.wait_for(poll, 10))["replies"]
        assert "123456" in told["text"]


# --- at night ---


async def test_the_night_is_quiet_and_the_morning_tells_in_order(gateway: Gateway, reader: Reader) -> None:
    await bound(gateway, reader)
    gateway.clock.at = EVENING
    for number in ("D1", "D2"):
        tell(gateway, number)
        sweep(gateway)
    gateway.clock.at = MORNING - timedelta(seconds=1)
    tell(gateway, "D3")
    sweep(gateway)
    assert await heard(reader) == []
    assert {one.held for one in noted(gateway).values()} == {"quiet"}
    gateway.clock.at = MORNING
    sweep(gateway)
    assert await heard(reader) == ["D1", "D2", "D3"]
    assert {one.sent_at for one in noted(gateway).values()} == {MORNING}


async def test_whoever_speaks_at_night_is_told_at_once(gateway: Gateway, reader: Reader) -> None:
    await bound(gateway, reader)
    gateway.clock.at = EVENING
    tell(gateway, "D1")
    sweep(gateway)
    await reader.say("我的书到哪了")
    sweep(gateway)
    assert await heard(reader) == ["D1"]
    gateway.clock.forward(minutes=29)
    tell(gateway, "D2")
    sweep(gateway)
    gateway.clock.forward(minutes=2)
    tell(gateway, "D3")
    sweep(gateway)
    assert await heard(reader) == ["D1", "D2"]


async def test_who_wants_it_is_told_at_night_too(gateway: Gateway, reader: Reader) -> None:
    await bound(gateway, reader)
    gateway.clock.at = EVENING
    wish(gateway, NIGHT, True)
    tell(gateway, "D1")
    sweep(gateway)
    assert await heard(reader) == ["D1"]


async def test_what_cannot_wait_takes_along_what_stands_before_it(gateway: Gateway, reader: Reader) -> None:
    await bound(gateway, reader)
    gateway.clock.at = EVENING
    tell(gateway, "D1")
    sweep(gateway)
    tell(gateway, "R1", "return_scanned", titles=["活着"])
    sweep(gateway)
    assert await heard(reader) == ["D1", "R1"]


# --- wishes ---


def wish(gateway: Gateway, kind: str, wanted: bool) -> None:
    with gateway.deps.database.begin() as conn:
        notice_settings.put(conn, 1, kind, wanted, gateway.clock.now())


async def test_what_was_declined_is_not_told_and_the_rest_is(gateway: Gateway, reader: Reader) -> None:
    await bound(gateway, reader)
    for kind in (NoticeKind.ORDER_FOUND, NoticeKind.ORDER_AVAILABLE):
        wish(gateway, kind, False)
    tell(gateway, "D1")
    tell(gateway, "D2", "order_available", code="123456", method="locker")
    sweep(gateway)
    assert await heard(reader) == ["D2"]
    assert noted(gateway)["D1"].state == "declined"


async def test_what_comes_too_late_is_not_told(gateway: Gateway, reader: Reader) -> None:
    await bound(gateway, reader)
    past = (gateway.clock.now() - timedelta(minutes=1)).isoformat()
    tell(gateway, "D1", "pickup_reminder", until=past)
    tell(gateway, "D2")
    sweep(gateway)
    assert await heard(reader) == ["D2"]
    assert noted(gateway)["D1"].state == "stale"


# --- order and failure ---


async def test_what_fails_lets_nothing_overtake(
    gateway: Gateway, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bound(gateway, reader)
    tell(gateway, "D1")
    tell(gateway, "D2")
    words = gateway.parts.outbox._words
    whole = words.reply

    def broken(notice: Notice) -> Any:
        if notice.key == "D1":
            raise RuntimeError("the template is broken")
        return whole(notice)

    with monkeypatch.context() as patched:
        patched.setattr(words, "reply", broken)
        sweep(gateway)
        tell(gateway, "D3")
        sweep(gateway)
    assert await heard(reader) == []
    gateway.clock.forward(seconds=31)
    sweep(gateway)
    assert await heard(reader) == ["D1", "D2", "D3"]


async def test_what_always_fails_is_given_up_and_the_rest_is_told(
    gateway: Gateway, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bound(gateway, reader)
    tell(gateway, "D1", "order_packed")
    tell(gateway, "D2")
    words = gateway.parts.outbox._words
    whole = words.reply

    def broken(notice: Notice) -> Any:
        if notice.key == "D1":
            raise RuntimeError("the template is broken")
        return whole(notice)

    monkeypatch.setattr(words, "reply", broken)
    for _ in range(8):
        sweep(gateway)
        gateway.clock.forward(hours=1)
    gateway.clock.at = MORNING + timedelta(hours=2)
    sweep(gateway)
    assert noted(gateway)["D1"].state == "given_up"
    assert await heard(reader) == ["D2"]


async def test_the_version_of_the_words_is_kept(gateway: Gateway, reader: Reader) -> None:
    await bound(gateway, reader)
    tell(gateway, "D1", "pickup_reminder", code="123456")
    sweep(gateway)
    told = noted(gateway)["D1"]
    assert (told.version, told.sent_at) == ("2", NOW)


async def test_two_sweepers_tell_once_in_order(database: Database) -> None:
    clock = StoppedClock()
    async with (
        running(database, clock=clock) as gateway,
        running(database, clock=clock, readers=gateway.readers) as other,
    ):
        reader = await gateway.session()
        await bound(gateway, reader)
        for number in range(20):
            tell(gateway, f"D{number:02d}")
        sweeps = (asyncio.to_thread(one.parts.outbox.sweep) for one in (gateway, other, gateway, other))
        await asyncio.gather(*sweeps)
        sweep(gateway)
        assert await heard(reader) == [f"D{number:02d}" for number in range(20)]
        with database.read() as conn:
            assert set(conn.execute(select(notices.c.state)).scalars()) == {"sent"}
