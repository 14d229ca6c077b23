"""Binding through the API: the talk then goes on where it was."""

import asyncio

from tests.bot.gateway import Gateway, Reader
from tests.waiting import eventually

BOUND = {"card": "D0001", "pin": "1234"}


async def test_a_bound_card_tells_kind_and_name_only(gateway: Gateway, reader: Reader) -> None:
    answer = await gateway.client.post("/api/chat/bind", json=BOUND, headers=reader.headers)
    assert answer.status_code == 200
    assert answer.json() == {"reader": {"kind": "adult", "display_name": "王读者"}}


async def test_the_talk_goes_on_by_itself(gateway: Gateway, reader: Reader) -> None:
    gateway.dialogue.script["/card_bound"] = [{"text": "绑定好了，接着借《三体》。"}]
    poll = asyncio.create_task(reader.later(wait=20))
    await gateway.client.post("/api/chat/bind", json=BOUND, headers=reader.headers)
    [told] = (await asyncio.wait_for(poll, 5))["replies"]
    assert told["text"] == "绑定好了，接着借《三体》。"
    assert [one["from"] for one in await reader.history()] == ["library"]


async def test_what_is_said_right_after_binding_waits_for_it(gateway: Gateway, reader: Reader) -> None:
    await gateway.client.post("/api/chat/bind", json=BOUND, headers=reader.headers)
    await reader.say("下单")
    assert gateway.dialogue.texts == ["/card_bound", "下单"]


async def test_wrong_pins_are_refused_and_then_locked(gateway: Gateway, reader: Reader) -> None:
    wrong = {"card": "D0001", "pin": "9999"}
    for _ in range(5):
        answer = await gateway.client.post("/api/chat/bind", json=wrong, headers=reader.headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "card_refused")
    answer = await gateway.client.post("/api/chat/bind", json=BOUND, headers=reader.headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "pin_locked")
    assert answer.headers["Retry-After"] == "840"
    assert gateway.readers.bound == {}
    assert gateway.dialogue.heard == []


async def test_unusable_cards(gateway: Gateway, reader: Reader) -> None:
    cards = ("", 1, None, "x" * 99)
    for body in ({}, {"card": "D0001"}, *({"card": card, "pin": "1"} for card in cards)):
        answer = await gateway.client.post("/api/chat/bind", json=body, headers=reader.headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
    assert gateway.readers.wrong == 0


async def test_unbinding_forgets_the_card(gateway: Gateway, reader: Reader) -> None:
    await gateway.client.post("/api/chat/bind", json=BOUND, headers=reader.headers)
    for _ in range(2):
        answer = await gateway.client.delete("/api/chat/bind", headers=reader.headers)
        assert (answer.status_code, answer.content) == (204, b"")
    assert gateway.readers.bound == {}


async def test_card_bound_is_kept_while_the_dialogue_is_down(gateway: Gateway, reader: Reader) -> None:
    gateway.dialogue.down = True
    await gateway.client.post("/api/chat/bind", json=BOUND, headers=reader.headers)
    await eventually(
        lambda: gateway.parts.chat.turns.due(1) == [] and gateway.parts.chat.turns.waiting() == 1
    )
    assert await reader.history() == []
    gateway.dialogue.down = False
    gateway.clock.forward(seconds=5)
    await gateway.parts.chat.queue.sweep()
    assert gateway.dialogue.texts == ["/card_bound"]
