"""“人工” always reaches a person; Rasa is silent until the reader comes back."""

import asyncio
from typing import Any

import pytest

from bot.phrases import BACK_PAYLOAD, asks_for_bot, asks_for_human
from tests.bot.gateway import Gateway, Reader

HANDOVER: list[dict[str, Any]] = [
    {"text": "好的，已经请馆员来了。"},
    {"custom": {"kind": "staff", "data": {"handover": True, "reason": "asked"}}},
]


@pytest.mark.parametrize("said", ["人工", "转人工。", "人 工", "找工作人员！", "HUMAN"])
def test_calls_for_a_person(said: str) -> None:
    assert asks_for_human(said)
    assert not asks_for_bot(said)


@pytest.mark.parametrize("said", ["人工智能", "人工费多少", "人工智能的书", "不用人工了", "退出人工"])
def test_no_calls_for_a_person(said: str) -> None:
    assert not asks_for_human(said)


async def test_the_dialogue_hands_over_and_falls_silent(gateway: Gateway, reader: Reader) -> None:
    gateway.dialogue.script["/human"] = HANDOVER
    [told] = await reader.say("人工")
    assert told["kind"] == "staff"
    assert told["choices"] == [{"title": "退出人工", "payload": BACK_PAYLOAD}]
    [first] = await reader.say("在吗")
    assert "工作人员会看到" in first["text"]
    assert await reader.say("有没有三体") == []
    assert await reader.press("/more") == []
    assert gateway.dialogue.texts == ["/human"]


async def test_a_person_is_called_while_rasa_is_down(gateway: Gateway, reader: Reader) -> None:
    gateway.dialogue.down = True
    [told] = await reader.say("人工")
    assert "已为您转给工作人员" in told["text"]
    assert "周二至周日 09:00–20:00" in told["text"]
    assert "0512-65226989" in told["text"]
    gateway.dialogue.down = False
    await reader.say("在吗")
    assert gateway.dialogue.heard == []


async def test_a_person_is_called_while_rasa_hangs(
    gateway: Gateway, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.conversation.HUMAN_SECONDS", 0.05)
    gateway.dialogue.hold = asyncio.Event()
    [told] = await reader.say("人工")
    assert "已为您转给工作人员" in told["text"]


@pytest.mark.parametrize("way", ["退出人工", "不用人工了", "press", "1"])
async def test_the_reader_comes_back(gateway: Gateway, reader: Reader, way: str) -> None:
    gateway.dialogue.script["/human"] = HANDOVER
    await reader.say("人工")
    [told] = await (reader.press(BACK_PAYLOAD) if way == "press" else reader.say(way))
    assert "现在由我来" in told["text"]
    assert [reply["text"] for reply in await reader.say("有没有三体")] == ["echo 有没有三体"]
    await reader.say("人工")
    assert len(await reader.say("喂")) == 1


async def test_an_action_hands_over_too(gateway: Gateway, reader: Reader) -> None:
    gateway.dialogue.script["听不懂"] = HANDOVER
    await reader.say("听不懂")
    [told] = await reader.hears("喂")
    assert "工作人员会看到" in told


async def test_leaving_a_person_who_was_never_called_goes_to_the_dialogue(
    gateway: Gateway, reader: Reader
) -> None:
    assert await reader.hears("不用人工了") == ["echo 不用人工了"]


async def test_what_is_said_to_the_person_is_kept(gateway: Gateway, reader: Reader) -> None:
    gateway.dialogue.down = True
    await reader.say("人工")
    await reader.say("书架倒了")
    assert "书架倒了" in [one["text"] for one in await reader.history()]
