"""The chat API as DESIGN 7 promises it."""

import asyncio

from tests.bot.gateway import Gateway, Reader


async def test_a_word_gets_an_answer_and_a_cursor(gateway: Gateway, reader: Reader) -> None:
    gateway.dialogue.script["有没有三体"] = [{"text": "找到 1 种："}]
    answer = await reader.post(id="a", type="text", text="有没有三体")
    assert answer.json() == {"replies": [{"kind": "text", "text": "找到 1 种："}], "cursor": 2}
    heard = gateway.dialogue.heard[0]
    assert heard.metadata["spotted"] == {"kind": "title", "value": "三体", "whole": False, "confidence": 0.9}


async def test_the_same_id_gets_the_same_answer_and_does_nothing_twice(
    gateway: Gateway, reader: Reader
) -> None:
    first = await reader.post(id="a", type="text", text="借这本")
    again = await reader.post(id="a", type="text", text="借这本")
    assert again.json() == first.json()
    assert gateway.dialogue.texts == ["借这本"]


async def test_a_retry_waits_for_the_first_to_be_answered(gateway: Gateway, reader: Reader) -> None:
    gateway.dialogue.hold = asyncio.Event()
    first = asyncio.create_task(reader.post(id="a", type="text", text="借"))
    second = asyncio.create_task(reader.post(id="a", type="text", text="借"))
    while not gateway.dialogue.heard:
        await asyncio.sleep(0)
    gateway.dialogue.hold.set()
    assert (await first).json() == (await second).json()
    assert gateway.dialogue.texts == ["借"]
