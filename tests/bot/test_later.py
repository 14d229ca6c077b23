"""Later replies: the long poll, its cursor, and waking."""

import asyncio
from functools import partial

from bot.replies import Reply
from bot.store import sessions
from lending.storage.base import Database
from tests.bot.gateway import Gateway, Reader, running
from tests.waiting import eventually


def conversation(gateway: Gateway, reader: Reader) -> str:
    with gateway.deps.database.read() as conn:
        found = sessions.conversation_of(conn, reader.secret)
    assert found is not None
    return found


def tell(gateway: Gateway, reader: Reader, text: str) -> None:
    name = conversation(gateway, reader)
    gateway.parts.chat.turns.say_later(name, Reply("notice", text))
    gateway.parts.chat.wakeups.wake(name)


async def test_nothing_later_answers_at_once_without_wait(reader: Reader) -> None:
    assert await reader.later(after=3) == {"replies": [], "cursor": 3}


async def test_a_direct_answer_is_not_told_again(reader: Reader) -> None:
    await reader.say("你好")
    assert (await reader.later())["replies"] == []


async def test_a_waiting_poll_is_woken(gateway: Gateway, reader: Reader) -> None:
    poll = asyncio.create_task(reader.later(wait=20))
    await eventually(lambda: len(gateway.parts.chat.wakeups) == 1)
    tell(gateway, reader, "到了")
    answer = await asyncio.wait_for(poll, 5)
    assert [reply["text"] for reply in answer["replies"]] == ["到了"]
    assert (await reader.later(after=answer["cursor"]))["replies"] == []


async def test_what_another_process_wrote_is_noticed(gateway: Gateway, reader: Reader) -> None:
    poll = asyncio.create_task(reader.later(wait=20))
    await eventually(lambda: len(gateway.parts.chat.wakeups) == 1)
    gateway.parts.chat.turns.say_later(conversation(gateway, reader), Reply("notice", "到了"))
    assert (await asyncio.wait_for(poll, 4))["replies"]


async def test_an_answers_cursor_never_jumps_over_a_notice(gateway: Gateway, reader: Reader) -> None:
    first = (await reader.post(id="a", type="text", text="一")).json()["cursor"]
    tell(gateway, reader, "到了")
    second = (await reader.post(id="b", type="text", text="二")).json()["cursor"]
    assert second == first
    brought = await reader.later(after=second)
    assert [reply["text"] for reply in brought["replies"]] == ["到了"]
    third = (await reader.post(id="c", type="text", text="三")).json()["cursor"]
    assert third > brought["cursor"]
    assert (await reader.later(after=third))["replies"] == []


async def test_one_poll_too_many_ends_the_oldest(gateway: Gateway, reader: Reader) -> None:
    polls = [asyncio.create_task(reader.later(wait=20))]
    wakeups = gateway.parts.chat.wakeups
    for number in range(1, 5):
        await eventually(partial(lambda count: len(wakeups) == count, number))
        polls.append(asyncio.create_task(reader.later(wait=20)))
    assert (await asyncio.wait_for(polls[0], 5))["replies"] == []
    assert not any(poll.done() for poll in polls[1:])
    tell(gateway, reader, "到了")
    for poll in polls[1:]:
        assert (await asyncio.wait_for(poll, 5))["replies"]


async def test_a_stopping_server_lets_polls_go(database: Database) -> None:
    async with running(database) as gateway:
        reader = await gateway.session()
        poll = asyncio.create_task(reader.later(wait=25))
        await eventually(lambda: len(gateway.parts.chat.wakeups) == 1)
        gateway.parts.chat.stop()
        assert (await asyncio.wait_for(poll, 5))["replies"] == []
