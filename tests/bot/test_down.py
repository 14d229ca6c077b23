"""Rasa or the actions are slow, down or come back: nothing is lost, nothing is done twice."""

import asyncio
from datetime import timedelta

from bot.dialogue import DialogueDown
from bot.inbound import Inbound
from bot.store import sessions
from lending.storage.base import Database
from tests.bot.gateway import FakeReaders, Gateway, Reader, StoppedClock, running
from tests.fakes.dialogue import FakeDialogue
from tests.waiting import eventually


def later(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [reply["text"] for reply in answer["replies"]]


async def test_a_message_is_kept_while_the_dialogue_is_down(gateway: Gateway, reader: Reader) -> None:
    gateway.dialogue.down = True
    [told] = await reader.hears("借三体")
    assert "正在处理" in told
    gateway.clock.forward(seconds=2)
    await gateway.parts.chat.queue.sweep()
    assert (await reader.later())["replies"] == []
    gateway.dialogue.down = False
    gateway.clock.forward(seconds=5)
    await gateway.parts.chat.queue.sweep()
    assert later(await reader.later()) == ["echo 借三体"]
    assert gateway.dialogue.texts == ["借三体"]


async def test_two_kept_messages_are_answered_in_order(gateway: Gateway, reader: Reader) -> None:
    gateway.dialogue.down = True
    await reader.say("一")
    await reader.say("二")
    gateway.dialogue.down = False
    assert await reader.hears("三") == ["echo 三"]
    assert gateway.dialogue.texts == ["一", "二", "三"]
    assert later(await reader.later()) == ["echo 一", "echo 二"]


async def test_many_readers_are_answered_when_the_dialogue_is_back(gateway: Gateway) -> None:
    readers = [await gateway.session() for _ in range(12)]
    gateway.dialogue.down = True
    for one in readers:
        await one.say("借")
    gateway.clock.forward(seconds=2)
    assert await gateway.parts.chat.queue.sweep() == 1
    gateway.dialogue.down = False
    gateway.clock.forward(seconds=5)
    assert await gateway.parts.chat.queue.sweep() == 12
    for one in readers:
        assert later(await one.later()) == ["echo 借"]


async def test_a_retry_while_down_says_the_same_and_gets_the_answer_afterwards(
    gateway: Gateway, reader: Reader
) -> None:
    gateway.dialogue.down = True
    first = (await reader.post(id="a", type="text", text="借")).json()
    again = (await reader.post(id="a", type="text", text="借")).json()
    assert again["replies"] == first["replies"]
    gateway.dialogue.down = False
    third = (await reader.post(id="a", type="text", text="借")).json()
    assert [reply["text"] for reply in third["replies"]][1:] == []
    assert later(await reader.later()) == ["echo 借"]


async def test_after_half_an_hour_the_reader_gets_an_apology(gateway: Gateway, reader: Reader) -> None:
    gateway.dialogue.down = True
    await reader.say("借三体")
    gateway.dialogue.down = False
    gateway.clock.forward(minutes=31)
    await gateway.parts.chat.queue.sweep()
    [told] = later(await reader.later())
    assert "没能处理" in told
    assert gateway.dialogue.heard == []


async def test_a_slow_answer_comes_later_and_is_not_asked_for_twice(database: Database) -> None:
    dialogue = FakeDialogue(hold=asyncio.Event())
    async with running(database, dialogue, patience=0.05) as gateway:
        reader = await gateway.session()
        [told] = await reader.hears("慢慢来")
        assert "正在处理" in told
        assert dialogue.hold is not None
        poll = asyncio.create_task(reader.later(wait=20))
        dialogue.hold.set()
        assert later(await asyncio.wait_for(poll, 5)) == ["echo 慢慢来"]
        assert dialogue.texts == ["慢慢来"]
        told_all = [one["text"] for one in await reader.history()]
        assert told_all == ["慢慢来", told, "echo 慢慢来"]


async def test_silence_with_the_actions_down_is_tried_again(database: Database) -> None:
    async def dead() -> None:
        raise ConnectionError

    dialogue = FakeDialogue({"续借": []})
    async with running(database, dialogue, checks={"actions": dead}) as gateway:
        reader = await gateway.session()
        [told] = await reader.hears("续借")
        assert "正在处理" in told


async def test_silence_with_the_actions_alive_is_owned_up_to(gateway: Gateway, reader: Reader) -> None:
    gateway.dialogue.script["续借"] = lambda _text: []
    [told] = await reader.hears("续借")
    assert "没有办成" in told


async def test_a_broken_answer_is_never_a_500(gateway: Gateway, reader: Reader) -> None:
    gateway.dialogue.script["坏"] = [{"custom": {"kind": "books", "choices": [{"no": "title"}]}}]
    [told] = await reader.hears("坏")
    assert "没有办成" in told
    assert await reader.hears("好") == ["echo 好"]


async def test_what_a_crash_left_is_answered_once_by_the_next_start(database: Database) -> None:
    clock, readers = StoppedClock(), FakeReaders()
    async with running(database, clock=clock, readers=readers) as first:
        reader = await first.session()
        with database.read() as conn:
            name = sessions.conversation_of(conn, reader.secret)
        assert name is not None
        left = Inbound(name, "web", "a", "text", {"text": "借三体"})
        first.parts.chat.turns.receive(left, True)  # leased and received, and then the power fails
    async with running(database, clock=clock, readers=readers) as second:
        await second.parts.chat.queue.sweep()
        await second.parts.chat.queue.sweep()
        assert second.dialogue.texts == ["借三体"]
        answer = await Reader(second.client, reader.secret).post(id="a", type="text", text="借三体")
        assert [reply["text"] for reply in answer.json()["replies"]] == ["echo 借三体"]
        assert second.dialogue.texts == ["借三体"]


async def test_a_session_and_its_answers_survive_a_restart(database: Database) -> None:
    async with running(database) as first:
        reader = await first.session()
        told = (await reader.post(id="a", type="text", text="你好")).json()
    async with running(database) as second:
        again = Reader(second.client, reader.secret)
        assert (await again.post(id="a", type="text", text="你好")).json() == told
        assert second.dialogue.heard == []
        assert len(await again.history()) == 2


async def test_a_replica_that_died_gives_its_conversation_back(database: Database) -> None:
    clock = StoppedClock()
    async with (
        running(database, clock=clock, instance="one") as one,
        running(database, clock=clock, instance="two", patience=0.2) as two,
    ):
        reader = await one.session()
        with database.read() as conn:
            name = sessions.conversation_of(conn, reader.secret)
        assert name is not None
        one.parts.chat.turns.receive(Inbound(name, "web", "a", "text", {"text": "一"}), True)
        elsewhere = Reader(two.client, reader.secret)
        [told] = [
            reply["text"]
            for reply in (await elsewhere.post(id="b", type="text", text="二")).json()["replies"]
        ]
        assert "正在处理" in told
        assert two.dialogue.heard == []
        clock.at += timedelta(seconds=20)
        await eventually(lambda: two.dialogue.texts == ["一", "二"])


async def test_two_replicas_never_interleave_one_conversation(database: Database) -> None:
    busy: list[str] = []

    class Watchful(FakeDialogue):
        async def say(self, conversation_id: str, text: str, metadata: object) -> list[dict[str, str]]:
            busy.append(text)
            assert len(busy) == 1
            await asyncio.sleep(0.002)
            busy.clear()
            return [{"text": text}]

    async with (
        running(database, Watchful(), instance="one") as one,
        running(database, Watchful(), instance="two") as two,
    ):
        reader = await one.session()
        elsewhere = Reader(two.client, reader.secret)
        posts = [
            asyncio.create_task(
                (reader if number % 2 else elsewhere).post(id=str(number), type="text", text=str(number))
            )
            for number in range(12)
        ]
        for number, post in enumerate(posts):
            assert (await post).json()["replies"][0]["text"] == str(number)


async def test_health_says_what_is_down(gateway: Gateway) -> None:
    well = await gateway.client.get("/health")
    assert (well.status_code, well.json()["parts"]) == (
        200,
        {"database": "ok", "rasa": "ok", "actions": "ok"},
    )
    gateway.dialogue.down = True
    ill = await gateway.client.get("/health")
    assert ill.status_code == 503
    assert ill.json() == {
        "status": "down",
        "parts": {"database": "ok", "rasa": f"down: {DialogueDown.__name__}", "actions": "ok"},
    }
