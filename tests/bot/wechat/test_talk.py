"""Talking through WeChat: passive answers, pushes, retries, choices."""

import asyncio
import time

import pytest

from lending.storage.base import Database
from tests.bot.wechat.conftest import House, opened

CHOICES = {"buttons": [{"title": "新书", "payload": "/new_books"}, {"title": "人工", "payload": "/human"}]}


async def test_an_answer_is_passive_and_costs_nothing(house: House) -> None:
    ann = house.fake.reader("ann")
    assert await house.fake.say(ann, "有没有三体") == "echo 有没有三体"
    await house.pushed()
    assert [one.how for one in house.fake.seen(ann)] == ["passive"]
    assert house.fake.readers[ann].said_left == 5


async def test_several_replies_are_one_text(house: House) -> None:
    ann = house.fake.reader("ann")
    house.dialogue.script["两句"] = [{"text": "第一句。"}, {"text": "第二句。", **CHOICES}]
    told = await house.fake.say(ann, "两句")
    assert told == "第一句。\n\n第二句。\n回复数字就能选：\n1. 新书\n2. 人工"
    await house.fake.say(ann, "1")
    assert house.dialogue.texts[-1] == "/new_books"


async def test_a_retry_gets_the_same_answer_and_does_nothing_twice(house: House) -> None:
    ann = house.fake.reader("ann")
    answers = [await house.fake.say(ann, "你好", msg_id="77") for _ in range(3)]
    answers += await asyncio.gather(*(house.fake.say(ann, "再来", msg_id="78") for _ in range(3)))
    assert answers == ["echo 你好"] * 3 + ["echo 再来"] * 3
    assert house.dialogue.texts == ["你好", "再来"]


async def test_a_slow_answer_is_success_in_time_and_comes_by_push(database: Database) -> None:
    async with opened(database) as house:
        ann = house.fake.reader("ann")
        house.dialogue.hold = asyncio.Event()
        began = time.monotonic()
        told = await house.fake.say(ann, "慢慢来")
        assert time.monotonic() - began < 4.6
        house.dialogue.hold.set()
        await house.until(lambda: "echo 慢慢来" in house.fake.texts(ann))
        assert [one.text for one in house.fake.seen(ann)].count("echo 慢慢来") == 1
        assert "稍后" in told


async def test_a_long_answer_is_split_and_the_rest_pushed(house: House) -> None:
    ann = house.fake.reader("ann")
    text = "".join(f"这是第{number}句话，要说的内容很多很多。" for number in range(120))
    house.dialogue.script["长"] = [{"text": text}]
    await house.fake.say(ann, "长")
    await house.until(lambda: len("".join(house.fake.texts(ann))) >= len(text))
    assert "".join(house.fake.texts(ann)) == text
    assert house.fake.seen(ann)[0].how == "passive"
    assert all(len(one.encode()) <= 2048 for one in house.fake.texts(ann))


async def test_content_that_looks_like_xml_stays_content(house: House) -> None:
    ann = house.fake.reader("ann")
    house.dialogue.script["x"] = [{"text": "a]]></Content><Content><![CDATA[b\x08 <&>"}]
    assert await house.fake.say(ann, "x") == "a]]></Content><Content><![CDATA[b <&>"


async def test_a_tapped_menu_line_is_its_choice_however_old(house: House) -> None:
    ann = house.fake.reader("ann")
    house.dialogue.hold = asyncio.Event()
    house.dialogue.script["慢"] = [{"text": "选一个", **CHOICES}]
    await house.fake.say(ann, "慢")
    house.dialogue.hold.set()
    await house.until(lambda: any(one.how == "msgmenu" for one in house.fake.seen(ann)))
    await house.fake.say(ann, "别的")
    await house.fake.tap(ann, 2)
    assert house.dialogue.texts[-1] == "/human"


async def test_a_pickup_code_has_its_picture(house: House) -> None:
    ann = house.fake.reader("ann")
    order = {"kind": "order", "data": {"number": "O1", "state": "available", "pickup_code": "88123"}}
    house.dialogue.script["取书码"] = [{"text": "您的取书码是 88123。"}, {"custom": order}]
    told = await house.fake.say(ann, "取书码")
    assert "88123" in told
    await house.until(lambda: len(house.fake.seen(ann)) == 2)
    assert [one.how for one in house.fake.seen(ann)] == ["passive", "image"]
    assert next(iter(house.fake.media.values()))[0].startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", ["image", "video", "shortvideo", "link", "file", "emotion"])
async def test_what_we_cannot_read_is_answered_kindly(house: House, kind: str) -> None:
    ann = house.fake.reader("ann")
    told = await house.fake.message(ann, kind, MediaId="m1", PicUrl="http://x/y")
    assert "书名" in told
    assert "1. 新书" in told
    await house.fake.say(ann, "3")
    assert house.dialogue.texts == ["/human"]


async def test_a_voice_message_prefers_16k(house: House) -> None:
    ann = house.fake.reader("ann")
    await house.fake.message(
        ann, "voice", MediaId="low", MediaId16K="high", Format="amr", Recognition="别信我"
    )
    assert not any("别信我" in text for text in house.dialogue.texts)


async def test_a_location_is_shared(house: House) -> None:
    ann = house.fake.reader("ann")
    await house.fake.message(ann, "location", Location_X="31.3", Location_Y="120.6", Scale="15", Label="苏州")
    assert house.dialogue.texts == ['/share_location{"latitude": 31.3, "longitude": 120.6}']
