"""The chat API as DESIGN 7 promises it."""

import asyncio
import json
from itertools import product
from typing import Any

import pytest

from tests.bot.gateway import Gateway, Reader
from tests.waiting import eventually


async def test_a_word_gets_an_answer_and_a_cursor(gateway: Gateway, reader: Reader) -> None:
    gateway.dialogue.script["有没有三体"] = [{"text": "找到 1 种："}]
    answer = await reader.post(id="a", type="text", text="有没有三体")
    assert answer.json() == {"replies": [{"kind": "text", "text": "找到 1 种："}], "cursor": 2}
    heard = gateway.dialogue.heard[0]
    assert heard.metadata["spotted"] == {"kind": "title", "value": "三体", "whole": False, "confidence": 0.9}
    assert heard.metadata["channel"] == "web"


async def test_the_dialogue_sees_an_opaque_id(gateway: Gateway, reader: Reader) -> None:
    await reader.say("你好")
    seen = gateway.dialogue.heard[0].conversation_id
    assert len(seen) == 32
    assert seen not in reader.secret


async def test_the_same_id_does_nothing_twice(gateway: Gateway, reader: Reader) -> None:
    first = await reader.post(id="a", type="text", text="借这本")
    await reader.say("另一句")
    again = await reader.post(id="a", type="text", text="借这本")
    assert again.json() == first.json()
    assert gateway.dialogue.texts == ["借这本", "另一句"]


async def test_the_same_id_of_two_readers_is_two_messages(gateway: Gateway, reader: Reader) -> None:
    other = await gateway.session()
    await reader.say("甲", id="a")
    assert [reply["text"] for reply in await other.say("乙", id="a")] == ["echo 乙"]


async def test_a_retry_waits_for_the_first_to_be_answered(gateway: Gateway, reader: Reader) -> None:
    gateway.dialogue.hold = asyncio.Event()
    posts = [asyncio.create_task(reader.post(id="a", type="text", text="借")) for _ in range(3)]
    await eventually(lambda: gateway.dialogue.heard)
    gateway.dialogue.hold.set()
    answers = [(await post).json() for post in posts]
    assert answers[0]["replies"] == [{"kind": "text", "text": "echo 借"}]
    assert answers[1:] == answers[:1] * 2
    assert gateway.dialogue.texts == ["借"]


async def test_messages_of_one_conversation_are_answered_in_order(gateway: Gateway, reader: Reader) -> None:
    await reader.say("0")
    words = [str(number) for number in range(1, 20)]
    posts = []
    for word in words:
        posts.append(asyncio.create_task(reader.post(id=word, type="text", text=word)))
        await asyncio.sleep(0)
    answers = [(await post).json() for post in posts]
    assert gateway.dialogue.texts == ["0", *words]
    assert [answer["replies"][0]["text"] for answer in answers] == [f"echo {word}" for word in words]


async def test_a_number_presses_the_choice_it_names(gateway: Gateway, reader: Reader) -> None:
    items = [{"title": "活着", "payload": '/select_item{"title":"1"}'}, {"title": "兄弟", "payload": "/b"}]
    data = {"total": 2, "books": [{"title": "活着", "author": "余华"}, {"title": "兄弟", "author": "余华"}]}
    gateway.dialogue.script["余华"] = [
        {"text": "找到 2 种："},
        {"custom": {"kind": "books", "data": data, "choices": items}},
    ]
    await reader.say("余华")
    await reader.say("嗯？")
    await reader.say("第一本")
    await reader.say("第二本不要了")
    assert gateway.dialogue.texts == ["余华", "嗯？", '/select_item{"title":"1"}', "第二本不要了"]


async def test_a_choice_is_sent_as_it_is_and_shown_by_its_title(gateway: Gateway, reader: Reader) -> None:
    gateway.dialogue.script["三体"] = [
        {"text": "要借吗？", "buttons": [{"title": "借", "payload": "/affirm"}]}
    ]
    await reader.say("三体")
    await reader.press("/affirm")
    assert gateway.dialogue.texts == ["三体", "/affirm"]
    told = [(one["from"], one["text"]) for one in await reader.history()]
    assert told == [
        ("reader", "三体"),
        ("library", "要借吗？"),
        ("reader", "借"),
        ("library", "echo /affirm"),
    ]


async def test_typed_payloads_never_act(gateway: Gateway, reader: Reader) -> None:
    await reader.say('/confirm_order{"nonce":"x"}')
    await reader.say("／restart")
    assert gateway.dialogue.texts == ['confirm_order{"nonce":"x"}', "restart"]


@pytest.mark.parametrize("text", ["", "   ", "\u200b\x00", "/"])
async def test_nothing_said_gets_a_kind_answer(gateway: Gateway, reader: Reader, text: str) -> None:
    [said] = await reader.hears(text)
    assert "没有看到文字" in said
    assert gateway.dialogue.heard == []


async def test_too_long_a_text_is_not_acted_upon(gateway: Gateway, reader: Reader) -> None:
    [said] = await reader.hears("借" * 2001)
    assert "太长" in said
    assert "2000" in said
    assert gateway.dialogue.heard == []
    await reader.say("借" * 2000)
    assert len(gateway.dialogue.heard) == 1


async def test_a_location_is_shared_in_gcj02(gateway: Gateway, reader: Reader) -> None:
    await reader.post(id="a", type="location", latitude=31.3, longitude=120.6, crs="gcj02")
    await reader.post(id="b", type="location", latitude=39.907829, longitude=116.391187, crs="wgs84")
    await reader.post(id="c", type="location", latitude=31, longitude=120)
    places = [json.loads(text.removeprefix("/share_location")) for text in gateway.dialogue.texts]
    assert places[0] == {"latitude": 31.3, "longitude": 120.6}
    assert places[1] == {
        "latitude": pytest.approx(39.90923, abs=1e-4),
        "longitude": pytest.approx(116.397428, abs=1e-4),
    }
    assert (await reader.history())[0]["text"] == "我的位置"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid"),
        ({"id": "a", "type": "text"}, "invalid"),
        ({"id": "a", "type": "text", "text": 5}, "invalid"),
        ({"id": "", "type": "text", "text": "x"}, "invalid"),
        ({"id": "x" * 101, "type": "text", "text": "x"}, "invalid"),
        ({"id": "a\u0000", "type": "text", "text": "x"}, "invalid"),
        ({"id": "a", "type": "dance"}, "invalid"),
        ({"id": "a", "type": "choice", "payload": "affirm"}, "bad_payload"),
        ({"id": "a", "type": "choice", "payload": "/a{"}, "bad_payload"),
        ({"id": "a", "type": "location", "latitude": 91, "longitude": 0}, "bad_location"),
        ({"id": "a", "type": "location", "latitude": 1, "longitude": 1, "crs": "bd09"}, "invalid"),
    ],
)
async def test_unusable_messages_are_refused(
    gateway: Gateway, reader: Reader, body: dict[str, Any], code: str
) -> None:
    answer = await reader.post(**body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    assert gateway.dialogue.heard == []
    assert await reader.history() == []


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 20_000])
async def test_bad_bodies(gateway: Gateway, reader: Reader, raw: bytes) -> None:
    answer = await gateway.client.post("/api/chat/messages", content=raw, headers=reader.headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_body")


async def test_too_large_a_body(gateway: Gateway, reader: Reader) -> None:
    answer = await reader.post(id="a", type="text", text="x" * 70_000)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


async def test_without_a_session_nothing_is_told(gateway: Gateway) -> None:
    headers = ["", "Bearer", "Bearer nonsense", "Basic abc", "Bearer " + "x" * 500]
    paths = ["GET messages", "POST messages", "GET history", "POST bind", "DELETE bind"]
    for header, (method, name) in product(headers, (path.split() for path in paths)):
        answer = await gateway.client.request(
            method, f"/api/chat/{name}", headers={"Authorization": header}, json={}
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "session_missing")


async def test_errors_have_one_shape(gateway: Gateway, reader: Reader) -> None:
    nowhere = await gateway.client.get("/api/chat/nothing")
    wrong = await gateway.client.put("/api/chat/messages")
    query = await gateway.client.get("/api/chat/messages?wait=99", headers=reader.headers)
    told = [(answer.status_code, answer.json()["error"]["code"]) for answer in (nowhere, wrong, query)]
    assert told == [(404, "not_found"), (405, "method_not_allowed"), (422, "invalid")]
    assert nowhere.json()["error"]["message"]


async def test_the_talk_is_sealed_in_the_database(gateway: Gateway, reader: Reader) -> None:
    await reader.say("我叫王小明")
    with gateway.deps.database.read() as conn:
        for table in ("inbox", "messages", "conversations", "web_sessions"):
            rows = conn.exec_driver_sql(f"SELECT * FROM {table}").all()
            assert rows
            assert "王小明" not in str(rows)
            assert reader.secret not in str(rows)


async def test_history_reads_both_sides_oldest_first(gateway: Gateway, reader: Reader) -> None:
    for word in "一二三":
        await reader.say(word)
    told = await reader.history(limit=3)
    assert [(one["from"], one["text"]) for one in told] == [
        ("library", "echo 二"), ("reader", "三"), ("library", "echo 三"),
    ]  # fmt: skip
    assert told[-1]["reply"] == {"kind": "text", "text": "echo 三"}
    assert [one["cursor"] for one in told] == sorted(one["cursor"] for one in told)
