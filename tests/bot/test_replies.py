"""Rasa's messages become whole, typed replies."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.replies import Reply, join, valid_payload
from bot.telling import Teller

TELL = Teller().body
BOOKS = {
    "total": 7,
    "books": [
        {
            "id": "1",
            "title": "活着",
            "author": "余华",
            "publisher": "作家出版社",
            "year": "2012",
            "available": 2,
        },
        {"id": "2", "title": "兄弟", "author": "余华", "publisher": "", "year": "", "available": 0},
    ],
}


def joined(*raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [reply.to_json() for reply in join(raw, TELL).replies]


def test_a_text_and_its_custom_message_are_one_reply() -> None:
    more = {"title": "更多", "payload": "/more"}
    items = [{"title": "活着", "payload": "/a"}, {"title": "兄弟", "payload": "/b"}]
    [reply] = joined(
        {"recipient_id": "x", "text": "找到 7 种：", "buttons": [more]},
        {"recipient_id": "x", "custom": {"kind": "books", "data": BOOKS, "choices": items}},
    )
    assert reply["kind"] == "books"
    assert reply["text"] == (
        "找到 7 种：\n1. 《活着》余华（作家出版社，2012），在架 2 册\n2. 《兄弟》余华，暂时都借出了"
    )
    assert reply["choices"] == [*items, more]
    assert reply["data"] == BOOKS


def test_texts_stay_apart_and_empty_ones_vanish() -> None:
    assert [one["text"] for one in joined({"text": "一"}, {"text": "二"}, {"text": " "})] == ["一", "二"]


def test_an_unknown_kind_is_text_and_inner_fields_are_dropped() -> None:
    [reply] = joined(
        {"text": "好"}, {"custom": {"kind": "strange", "data": {"a": 1, "_b": 2, "c": [{"_d": 1}]}}}
    )
    assert reply == {"kind": "text", "text": "好", "data": {"a": 1, "c": [{}]}}


def test_quiet_keeps_the_sentence_only() -> None:
    [reply] = joined({"text": "看看"}, {"custom": {"kind": "books", "data": BOOKS, "quiet": True}})
    assert reply["text"] == "看看"


def test_choices_know_the_names_of_what_they_choose() -> None:
    items = [{"title": "第一本", "payload": "/a"}, {"title": "第二本", "payload": "/b"}]
    said = join([{"text": "："}, {"custom": {"kind": "books", "data": BOOKS, "choices": items}}], TELL)
    assert [choice.words for choice in said.replies[0].choices] == ["活着 余华", "兄弟 余华"]


def test_a_handover_is_noticed() -> None:
    assert join([{"text": "好"}, {"custom": {"kind": "staff", "data": {"handover": True}}}], TELL).handover


def test_a_reply_survives_storing() -> None:
    [reply] = join([{"text": "好", "buttons": [{"title": "是", "payload": "/affirm"}]}], TELL).replies
    assert Reply.from_json(reply.to_json()) == reply


@pytest.mark.parametrize("payload", ["/more", '/select_item{"title":"12"}', '/x{"a":{"b":[1]}}'])
def test_payloads_of_buttons(payload: str) -> None:
    assert valid_payload(payload)


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "more",
        "/",
        "/More",
        "/a{",
        "/a{b}",
        "/a[1]",
        "/a{}x",
        "//a",
        "/a\n",
        "/" + "a" * 1024,
        '/a{"\ud800":1}',
    ],
)
def test_forged_payloads(payload: str) -> None:
    assert not valid_payload(payload)


def test_deep_nesting_is_refused_quietly() -> None:
    assert not valid_payload('/a{"x":' + "[" * 1000 + "}")
