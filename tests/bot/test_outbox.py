"""Notices reach the conversation used last, once each."""

import asyncio
from typing import Any

import pytest

from bot.store import sessions
from lending.notices import outbox
from lending.storage.base import Database
from tests.bot.gateway import Gateway, Reader, running

CARD = {"card": "D0001", "pin": "1234"}


def conversation(gateway: Gateway, reader: Reader) -> str:
    with gateway.deps.database.read() as conn:
        found = sessions.conversation_of(conn, reader.secret)
    assert found is not None
    return found


def write(gateway: Gateway, key: str, conversation_id: str, **data: Any) -> None:
    with gateway.deps.database.begin() as conn:
        outbox.add(conn, None, "order_available", data, key, conversation_id=conversation_id)


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
    gateway.parts.outbox.sweep()
    gateway.parts.outbox.sweep()
    assert len((await reader.later())["replies"]) == 1


async def test_a_reader_is_told_where_they_were_last(gateway: Gateway, reader: Reader) -> None:
    other = await gateway.session()
    for one in (reader, other):
        await gateway.client.post("/api/chat/bind", json=CARD, headers=one.headers)
        gateway.clock.forward(seconds=5)
        await one.say("在")
    gateway.clock.forward(seconds=5)
    await reader.say("还在")
    found = gateway.readers.conversations_of(1)
    assert len(found) == 2
    with gateway.deps.database.read() as conn:
        assert sessions.last_seen(conn, found) == conversation(gateway, reader)


async def test_a_notice_for_nobody_is_tried_again_later(gateway: Gateway) -> None:
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
