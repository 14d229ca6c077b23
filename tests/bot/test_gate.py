"""The gate of a push channel: readers found again, passive answers collected, nothing overtaken."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from bot.store.tables import conversations
from lending.storage.base import Database
from tests.bot.gateway import running
from tests.bot.test_deliveries import House, house_of
from tests.fakes.channel import FakeChannel
from tests.fakes.dialogue import FakeDialogue
from tests.waiting import eventually


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """With seconds in which an answer may be collected."""
    channel = FakeChannel(grace=4.7)
    async with running(database, channels=[channel]) as gateway:
        yield await house_of(gateway, channel)


async def test_a_user_has_one_conversation_and_stands_nowhere_in_clear(house: House) -> None:
    gate = house.channel.gate
    opened = await asyncio.gather(*(gate.open("u2", "a2", {"lang": "zh"}, "poster") for _ in range(5)))
    assert len(set(opened)) == 1
    assert await gate.open("u2", "a3") == opened[0] == await gate.find("u2")
    assert await gate.find("nobody") is None
    await gate.facts(opened[0], lang=None, town="苏州")
    peer = house.gateway.parts.deliveries.peer(opened[0])
    assert peer is not None
    assert (peer.address, peer.facts) == ("a3", {"town": "苏州"})
    with house.gateway.deps.database.read() as conn:
        row = conn.execute(select(conversations).where(conversations.c.id == opened[0])).one()
    assert row.source == "poster"
    assert "u2" not in str(row.user_hash)
    assert row.address.startswith("sealed:")


async def test_an_answer_is_collected_and_not_pushed(house: House) -> None:
    gate = house.channel.gate
    assert await gate.answered(house.message("你好", "a"), 3)
    [found] = await gate.collect(house.name, "a")
    assert found.reply.text == "echo 你好"
    await gate.settle([found], "passive")
    await house.sweep(minutes=5)
    assert house.channel.texts == []
    assert house.states() == ["sent"]
    assert [one.id for one in await gate.collect(house.name, "a")] == [found.id], "the retry gets the same"


async def test_what_was_collected_and_never_handed_over_is_pushed(house: House) -> None:
    assert await house.channel.gate.answered(house.message("你好", "a"), 3)
    assert len(await house.channel.gate.collect(house.name, "a")) == 1
    await house.sweep(seconds=9)
    assert house.channel.texts == []
    await house.sweep(seconds=2)
    assert house.channel.texts == ["echo 你好"]


async def test_an_answer_that_nobody_collects_is_pushed_after_the_grace(house: House) -> None:
    await house.say("你好")
    assert house.channel.texts == []
    await house.sweep(seconds=5)
    assert house.channel.texts == ["echo 你好"]


async def test_what_waits_is_collected_with_the_answer_oldest_first(house: House) -> None:
    gate = house.channel.gate
    await house.say("一")
    assert await gate.answered(house.message("二", "b"), 3)
    found = await gate.collect(house.name, "b")
    assert [one.reply.text for one in found] == ["echo 一", "echo 二"]
    await gate.settle(found[:1], "passive")
    await gate._deliverer.idle()
    assert house.channel.texts == ["echo 二"]


async def test_a_passive_answer_overtakes_no_push(house: House) -> None:
    house.channel.hold = asyncio.Event()
    house.tell("一")
    await house.gateway.parts.deliverer.sweep()
    await eventually(lambda: house.channel.tried == 1)
    assert await house.channel.gate.answered(house.message("二", "b"), 3)
    assert await house.channel.gate.collect(house.name, "b") == []
    house.channel.hold.set()
    await house.gateway.parts.deliverer.idle()
    await house.sweep(seconds=5)
    assert house.channel.texts == ["一", "echo 二"]


async def test_too_slow_for_a_passive_answer(database: Database) -> None:
    dialogue, channel = FakeDialogue(hold=asyncio.Event()), FakeChannel(grace=4.7)
    async with running(database, dialogue, channels=[channel], patience=30) as gateway:
        house = await house_of(gateway, channel)
        assert not await channel.gate.answered(house.message("慢", "a"), 0.05)
        assert dialogue.hold is not None
        dialogue.hold.set()
        assert await channel.gate.answered(house.message("慢", "a"), 3), (
            "the platform's retry waits for it too"
        )
        assert dialogue.texts == ["慢"]


async def test_unsubscribing_stops_what_waits(house: House) -> None:
    await house.say("一")
    await house.channel.gate.unreachable(house.name, "unsubscribed")
    await house.sweep(minutes=1)
    assert (house.channel.texts, house.states()) == ([], ["stopped"])
