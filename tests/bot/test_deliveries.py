"""Replies on push channels: in order, each handed over, whatever the platform says and whenever we die."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from sqlalchemy import select, update

from bot.channels.base import Result, Verdict
from bot.inbound import Inbound
from bot.replies import Reply
from bot.store.tables import deliveries
from lending.storage.base import Database
from tests.bot.gateway import Gateway, StoppedClock, running
from tests.fakes.channel import FakeChannel
from tests.fakes.dialogue import FakeDialogue
from tests.waiting import eventually

AGAIN, HELD = Result(Verdict.AGAIN, proof="busy"), Result(Verdict.HELD, proof="quota")
STOPPED, REFUSED = Result(Verdict.STOPPED, proof="blocked"), Result(Verdict.REFUSED, proof="bad")


@dataclass
class House:
    """A gateway with one push channel and one reader on it."""

    gateway: Gateway
    channel: FakeChannel
    name: str
    said: int = 0

    async def say(self, text: str, message_id: str = "") -> None:
        self.said += 1
        await self.channel.gate.take(self.message(text, message_id or f"m{self.said}"))
        await self.settled()

    def message(self, text: str, message_id: str) -> Inbound:
        return Inbound(self.name, "fake", message_id, "text", {"text": text})

    async def settled(self) -> None:
        """Until every message is answered as far as it goes, and nothing is being sent."""
        queue = self.gateway.parts.chat.queue
        while queue._tasks:
            await asyncio.wait(set(queue._tasks))
        await self.gateway.parts.deliverer.idle()

    async def sweep(self, **later: float) -> None:
        self.gateway.clock.forward(**later)
        await self.gateway.parts.deliverer.sweep()
        await self.gateway.parts.deliverer.idle()

    def states(self) -> list[str]:
        with self.gateway.deps.database.read() as conn:
            return list(conn.execute(select(deliveries.c.state).order_by(deliveries.c.id)).scalars())

    def tell(self, text: str) -> None:
        self.gateway.parts.chat.turns.say_later(self.name, Reply("text", text))


async def house_of(gateway: Gateway, channel: FakeChannel) -> House:
    return House(gateway, channel, await channel.gate.open("user1", "address1"))


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    channel = FakeChannel()
    async with running(database, channels=[channel]) as gateway:
        yield await house_of(gateway, channel)


async def test_an_answer_is_pushed_right_after_its_turn(house: House) -> None:
    await house.say("你好")
    assert house.channel.sent == [("address1", "echo 你好")]
    assert house.states() == ["sent"]


async def test_a_callback_replayed_is_answered_once(house: House) -> None:
    await asyncio.gather(*(house.channel.gate.take(house.message("借", "a")) for _ in range(3)))
    await house.settled()
    assert house.channel.texts == ["echo 借"]
    assert house.gateway.dialogue.texts == ["借"]


async def test_replies_keep_their_order_through_a_busy_platform(house: House) -> None:
    house.channel.verdicts = [AGAIN]
    for text in "一二三":
        await house.say(text)
    assert house.channel.texts == []
    await house.sweep(seconds=2)
    assert house.channel.texts == ["echo 一", "echo 二", "echo 三"]


async def test_a_wait_told_by_the_platform_is_kept(house: House) -> None:
    house.channel.verdicts = [Result(Verdict.AGAIN, 30)]
    await house.say("一")
    await house.sweep(seconds=29)
    assert house.channel.texts == []
    await house.sweep(seconds=1)
    assert house.channel.texts == ["echo 一"]


async def test_what_is_held_goes_with_the_next_message_in_order(house: House) -> None:
    house.channel.verdicts = [HELD]
    await house.say("一")
    await house.sweep(hours=1)
    assert house.states() == ["held"]
    await house.say("二")
    assert house.channel.texts == ["echo 一", "echo 二"]


async def test_a_reader_who_left_gets_nothing_until_they_are_back(house: House) -> None:
    house.channel.verdicts = [STOPPED]
    await house.say("一")
    house.tell("后来")
    await house.sweep(hours=1)
    assert house.states() == ["stopped", "stopped"]
    assert await house.channel.gate.open("user1", "address1") == house.name
    await house.say("二")
    assert house.channel.texts == ["echo 二"]


async def test_what_can_never_be_sent_holds_up_nothing(house: House) -> None:
    house.channel.verdicts = [REFUSED]
    await house.say("一")
    await house.say("二")
    assert (house.channel.texts, house.states()) == (["echo 二"], ["refused", "sent"])


async def test_a_channel_that_breaks_is_tried_again_and_given_up_in_the_end(house: House) -> None:
    house.channel.verdicts = [RuntimeError("bug")] * 8
    await house.say("一")
    await house.say("二")
    for _ in range(8):
        await house.sweep(minutes=10)
    assert (house.channel.texts, house.states()) == (["echo 二"], ["refused", "sent"])


async def test_after_a_day_a_reply_is_given_up(house: House) -> None:
    house.channel.verdicts = [AGAIN, AGAIN]
    await house.say("一")
    await house.sweep(hours=25)
    assert house.states() == ["refused"]


async def test_what_was_being_sent_in_a_crash_is_sent_again_by_the_next_start(database: Database) -> None:
    clock, channel = StoppedClock(), FakeChannel(hold=asyncio.Event())
    async with running(database, clock=clock, channels=[channel]) as first:
        house = await house_of(first, channel)
        await channel.gate.take(house.message("一", "a"))
        await eventually(lambda: house.states() == ["sending"])
        first.parts.deliverer._stopping = True
        for task in first.parts.deliverer._serving.values():
            task.cancel()
    after = FakeChannel()
    async with running(database, clock=clock, channels=[after]) as second:
        await second.parts.deliverer.sweep()
        await second.parts.deliverer.idle()
        assert after.texts == ["echo 一"]


async def test_two_replicas_send_each_reply_once(database: Database) -> None:
    one, two, clock = FakeChannel(), FakeChannel(), StoppedClock()
    async with (
        running(database, clock=clock, channels=[one], instance="one") as first,
        running(database, clock=clock, channels=[two], instance="two") as second,
    ):
        house = await house_of(first, one)
        for number in range(10):
            house.tell(str(number))
        await asyncio.gather(first.parts.deliverer.sweep(), second.parts.deliverer.sweep())
        await asyncio.gather(first.parts.deliverer.idle(), second.parts.deliverer.idle())
        assert sorted(one.texts + two.texts) == [str(number) for number in range(10)]
        assert (one.texts or two.texts) == [str(number) for number in range(10)]


async def test_a_dead_replica_gives_its_deliveries_back(house: House) -> None:
    house.tell("一")
    with house.gateway.deps.database.begin() as conn:
        until = house.gateway.clock.now()
        held = {"state": "sending", "holder": "other", "lease_until": until.replace(minute=1)}
        conn.execute(update(deliveries).values(**held))
    await house.sweep()
    assert house.channel.texts == []
    await house.sweep(minutes=2)
    assert house.channel.texts == ["一"]


async def test_while_the_dialogue_is_down_readers_are_told_and_then_answered(house: House) -> None:
    house.gateway.dialogue.down = True
    await house.say("借三体")
    [told] = house.channel.texts
    assert "正在处理" in told
    await house.say("人工")
    assert "人工" in house.channel.texts[-1]
    await house.say("退出人工")
    house.gateway.dialogue.down = False
    house.gateway.clock.forward(seconds=20)
    await house.gateway.parts.chat.queue.sweep()
    await house.settled()
    assert "echo 借三体" not in house.channel.texts, "the person has it now"
    assert set(house.states()) == {"sent"}


async def test_what_came_while_the_dialogue_was_down_is_answered_when_it_is_back(house: House) -> None:
    house.gateway.dialogue.down = True
    await house.say("一")
    await house.say("二")
    house.gateway.dialogue.down = False
    house.gateway.clock.forward(seconds=20)
    await house.gateway.parts.chat.queue.sweep()
    await house.settled()
    assert house.channel.texts[2:] == ["echo 一", "echo 二"]
    assert house.gateway.dialogue.texts == ["一", "二"]


async def test_a_person_can_be_called_while_the_dialogue_hangs(database: Database) -> None:
    dialogue, channel = FakeDialogue(hold=asyncio.Event()), FakeChannel()
    async with running(database, dialogue, channels=[channel], patience=0.05) as gateway:
        house = await house_of(gateway, channel)
        await channel.gate.take(house.message("借三体", "a"))
        await channel.gate.take(house.message("人工", "b"))
        await eventually(lambda: any("人工" in text for text in channel.texts))
        assert dialogue.hold is not None
        dialogue.hold.set()
        await eventually(lambda: "echo 借三体" in channel.texts)


async def test_a_slow_dialogue_is_owned_up_to_in_time(database: Database) -> None:
    dialogue, channel = FakeDialogue(hold=asyncio.Event()), FakeChannel()
    async with running(database, dialogue, channels=[channel], patience=0.05) as gateway:
        house = await house_of(gateway, channel)
        await channel.gate.take(house.message("慢", "a"))
        await eventually(lambda: len(channel.texts) == 1)
        assert "正在处理" in channel.texts[0]
        assert dialogue.hold is not None
        dialogue.hold.set()
        await eventually(lambda: channel.texts[1:] == ["echo 慢"])


async def test_figures_of_deliveries(house: House) -> None:
    house.channel.verdicts = [HELD]
    await house.say("一")
    page = (await house.gateway.client.get("/metrics")).text
    assert 'shudi_deliveries_total{channel="fake",verdict="held"} 1.0' in page
    assert 'shudi_deliveries_open{channel="fake",state="held"} 1.0' in page
