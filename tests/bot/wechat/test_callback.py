"""Who may post a callback, and what a broken one gets."""

import time
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.wechat.callback import text_xml
from bot.channels.wechat.crypto import Envelopes, Forged, same, signature
from bot.channels.wechat.inbound import arrival
from bot.channels.wechat.parsing import Unreadable, read
from lending.storage.base import Database
from tests.bot.wechat.conftest import CALLBACK, House, opened
from tests.fakes.wechat import ACCOUNT, GH, FakeWeChat

TOKEN = ACCOUNT["TOKEN"]


def message(openid: str, msg_id: str = "1", content: str = "你好") -> str:
    now = int(time.time())
    return (
        f"<xml><ToUserName>{GH}</ToUserName><FromUserName>{openid}</FromUserName><CreateTime>{now}</CreateTime>"
        f"<MsgType>text</MsgType><Content>{content}</Content><MsgId>{msg_id}</MsgId></xml>"
    )


def signed(timestamp: str | None = None, nonce: str = "486452656") -> dict[str, str]:
    timestamp = timestamp or str(int(time.time()))
    return {"timestamp": timestamp, "nonce": nonce, "signature": signature(TOKEN, timestamp, nonce)}


def test_the_official_vector() -> None:
    assert signature("AAAAA", "1714037059", "486452656") == "899cf89e464efb63f54ddac96b0a0a235f53aa78"
    assert same("899cf89e", "899cf89e")
    assert not same("é", "899cf89e")


def test_envelopes_open_only_their_own() -> None:
    mine = Envelopes(TOKEN, ACCOUNT["AES_KEY"], "wx1")
    fields = read(mine.seal("<xml>书</xml>", "12"))
    given_ = (fields["Encrypt"], fields["MsgSignature"], fields["TimeStamp"], fields["Nonce"])
    assert mine.open(*given_) == "<xml>书</xml>"
    for other in (Envelopes(TOKEN, ACCOUNT["AES_KEY"], "wx2"), Envelopes("other", ACCOUNT["AES_KEY"], "wx1")):
        with pytest.raises(Forged):
            other.open(*given_)


@given(st.text(max_size=200))
def test_whatever_is_sealed_where_a_ciphertext_belongs_is_forged(junk: str) -> None:
    mine = Envelopes(TOKEN, ACCOUNT["AES_KEY"], "wx1")
    with pytest.raises(Forged):
        mine.open(junk, signature(TOKEN, "1", "2", junk), "1", "2")


@given(st.text(alphabet="a]><!&[CDAT\x00é书🐼", max_size=60))
def test_a_passive_text_says_what_it_was_given(content: str) -> None:
    fields = read(text_xml("o1", "gh", "1", content))
    assert fields.get("Content", "") == content.replace("\x00", "")
    assert set(fields) == {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"}


@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
@settings(max_examples=200)
def test_parsing_ends_in_fields_or_unreadable(body: bytes) -> None:
    try:
        arrival(read(b"<xml>" + body + b"</xml>"))
    except Unreadable:
        return


async def test_verification_echoes_the_words(house: House) -> None:
    client = house.gateway.client
    answer = await client.get("/wechat/callback", params={**signed(), "echostr": "8437"})
    assert (answer.status_code, answer.text) == (200, "8437")


@pytest.mark.parametrize(
    "changed",
    [
        {"signature": "0" * 40},
        {"timestamp": "1714037059"},
        {"nonce": ""},
        {"echostr": ""},
        {"timestamp": "soon"},
    ],
)
async def test_a_wrong_verification_is_refused(house: House, changed: dict[str, str]) -> None:
    answer = await house.gateway.client.get(
        "/wechat/callback", params={**signed(), "echostr": "8437", **changed}
    )
    assert 400 <= answer.status_code < 500
    assert "8437" not in answer.text
    assert answer.json()["error"]["code"]


async def test_timestamps_off_by_more_than_ten_minutes_are_refused(house: House) -> None:
    for off, status in ((-620, 403), (620, 403), (-500, 200)):
        params = signed(str(int(time.time()) + off))
        answer = await house.gateway.client.get("/wechat/callback", params={**params, "echostr": "x"})
        assert answer.status_code == status


async def test_plain_messages_are_refused_unless_allowed(database: Database, house: House) -> None:
    ann = house.fake.reader("ann")
    answer = await house.gateway.client.post("/wechat/callback", params=signed(), content=message(ann))
    assert answer.status_code == 403
    assert house.dialogue.texts == []


async def test_plain_mode_answers_plainly(database: Database) -> None:
    async with opened(database, plain=True) as house:
        assert await house.fake.say(house.fake.reader("ann"), "你好") == "echo 你好"


async def test_a_forged_signature_or_account_is_refused(house: House) -> None:
    ann = house.fake.reader("ann")
    wrong = await house.fake.send_once(message(ann), msg_signature="0" * 40)
    none = await house.fake.send_once(message(ann), msg_signature="")
    house.fake.envelopes = Envelopes(TOKEN, ACCOUNT["AES_KEY"], "wx-other")
    other = await house.fake.send_once(message(ann))
    assert [wrong.status_code, none.status_code, other.status_code] == [403, 403, 403]
    assert house.dialogue.texts == []


async def test_a_used_nonce_carries_no_other_message(house: House) -> None:
    ann = house.fake.reader("ann")
    stamp = (str(int(time.time())), "4711")
    first = await house.fake.send_once(message(ann, "1"), stamp)
    retry = await house.fake.send_once(message(ann, "1"), stamp)
    other = await house.fake.send_once(message(ann, "2"), stamp)
    assert [first.status_code, retry.status_code, other.status_code] == [200, 200, 403]
    house.gateway.clock.forward(seconds=90)
    late = await house.fake.send_once(message(ann, "1"), stamp)
    assert late.status_code == 403
    assert house.dialogue.texts == ["你好"]


BAD = [
    "",
    "<xml>",
    "not xml",
    "<xml></xml>",
    '<!DOCTYPE x [<!ENTITY a "b">]><xml><Content>&a;</Content></xml>',
    "<xml>" + "<a>" * 9 + "</a>" * 9 + "</xml>",
    message("o1").replace("<MsgId>1</MsgId>", ""),
    message("o1").replace("<MsgId>1</MsgId>", "<MsgId>1</MsgId><MsgId>2</MsgId>"),
    message("o1").replace("<MsgType>text</MsgType>", "<MsgType>text</MsgType><MsgType>text</MsgType>"),
    message("o1").replace("<Content>你好</Content>", ""),
    message("o1").replace("<Content>你好</Content>", "<Content><b>1</b></Content>"),
    message("").replace("你好", "x"),
    message("o1").replace("text", "location"),
    message("o1").replace("text", "voice"),
    message("o1").replace("<MsgType>text", "<MsgType>event"),
]


@pytest.mark.parametrize("body", BAD)
async def test_a_broken_message_is_refused_not_broken_over(house: House, body: str) -> None:
    answer = await house.fake.send_once(body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad_callback"
    outside = await house.gateway.client.post(
        "/wechat/callback", params={**signed(), "msg_signature": "0" * 40}, content=body.encode()
    )
    assert 400 <= outside.status_code < 500


@given(
    body=st.binary(max_size=300),
    query=st.dictionaries(
        st.sampled_from(["timestamp", "nonce", "signature", "msg_signature", "encrypt_type", "echostr"]),
        st.text(max_size=30),
    ),
)
@settings(max_examples=60)
async def test_no_request_breaks_the_callback(body: bytes, query: dict[str, str]) -> None:
    from fastapi import FastAPI

    from bot.channels.wechat.channel import WeChatChannel
    from tests.bot.wechat.conftest import account

    app = FastAPI()
    channel = WeChatChannel(account("http://127.0.0.1:9", allow_plain=True))
    assert channel.router is not None
    app.include_router(channel.router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        for params in (query, signed(), {**query, **signed()}):
            answer = await client.post(CALLBACK, params=params, content=body)
            assert 400 <= answer.status_code < 500, answer.text
    await channel.stop()


async def test_a_body_above_64_kib_is_refused_before_it_is_read(house: House) -> None:
    async def endless() -> Any:
        for _ in range(70):
            yield b"x" * 1024

    big = await house.gateway.client.post("/wechat/callback", params=signed(), content=b"x" * 70_000)
    streamed = await house.gateway.client.post("/wechat/callback", params=signed(), content=endless())
    assert (big.status_code, streamed.status_code) == (413, 413)


async def test_without_an_account_there_is_no_callback(gateway: Any) -> None:
    answer = await gateway.client.post("/wechat/callback", content=b"<xml/>")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


def test_the_fake_and_its_readers() -> None:
    fake = FakeWeChat()
    assert len(fake.reader("a")) == 28
