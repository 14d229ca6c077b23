"""What goes out: quotas, error codes, the token, templates."""

import asyncio
from pathlib import Path

import pytest

from bot.channels.base import MediaGone, MediaLater
from bot.channels.wechat.channel import WeChatChannel
from lending.storage.base import Database
from tests.bot.wechat.conftest import House, account, opened


async def met(house: House, name: str = "ann") -> str:
    """A reader who has spoken once and whose answer came passively."""
    openid = house.fake.reader(name)
    await house.fake.say(openid, "你好")
    return openid


def hows(house: House, openid: str) -> list[str]:
    return [one.how for one in house.fake.seen(openid)][1:]


async def test_a_notice_within_48_hours_is_a_customer_service_message(house: House) -> None:
    ann = await met(house)
    await house.notice(ann, "书到了《活着》")
    await house.pushed()
    assert house.fake.texts(ann)[1:] == ["书到了《活着》"]
    assert b"\\u" not in str(house.fake.calls).encode()


async def test_five_messages_then_the_reader_has_to_speak(house: House) -> None:
    ann = await met(house)
    for number in range(7):
        await house.notice(ann, f"通知{number}")
        await house.pushed()
    assert house.fake.texts(ann)[1:] == [f"通知{number}" for number in range(5)]
    assert not any(call[0].endswith("/custom/send") for call in house.fake.calls[7:])
    told = await house.fake.say(ann, "还有吗")
    assert told == "通知5\n\n通知6\n\necho 还有吗"


async def test_what_waits_together_costs_one_message(house: House) -> None:
    ann = await met(house)
    for number in range(3):
        await house.notice(ann, f"通知{number}")
    await house.pushed()
    assert house.fake.texts(ann)[1:] == ["通知0\n\n通知1\n\n通知2"]
    assert house.fake.readers[ann].said_left == 4


async def test_a_click_gives_three_for_a_minute(house: House) -> None:
    ann = house.fake.reader("ann")
    await house.fake.click(ann, "/new_books")
    for number in range(4):
        await house.notice(ann, f"通知{number}")
        await house.pushed()
    assert house.fake.texts(ann)[1:] == ["通知0", "通知1", "通知2"]


@pytest.mark.parametrize("code", [-1, 45011, 45009, 50002])
async def test_trouble_of_the_platform_is_waited_out(
    house: House, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.wechat.errcodes.pause", lambda *_: 0.05)
    ann = await met(house)
    house.fake.fail("/custom/send", code, times=2)
    await house.notice(ann, "书到了")
    await house.until(lambda: len(house.fake.seen(ann)) == 2)
    assert house.fake.texts(ann)[1:] == ["书到了"]


@pytest.mark.parametrize(
    ("code", "state"),
    [(43004, "stopped"), (40003, "stopped"), (45015, "held"), (45047, "held"), (43101, "held")],
)
async def test_a_refusal_stops_or_holds(house: House, code: int, state: str) -> None:
    ann = await met(house)
    house.fake.fail("/custom/send", code)
    await house.notice(ann, "书到了")
    await house.pushed()
    before = len(house.fake.calls)
    await house.notice(ann, "又到了")
    await house.pushed()
    assert hows(house, ann) == []
    assert len(house.fake.calls) == before
    depths = {one[1]: one[2] for one in house.gateway.parts.deliveries.depths()}
    assert depths == ({"held": 2} if state == "held" else {})
    told = await house.fake.say(ann, "在吗")
    assert "echo 在吗" in told


async def test_a_text_found_too_long_goes_in_smaller_pieces(house: House) -> None:
    ann = await met(house)
    house.fake.fail("/custom/send", 45002)
    await house.notice(ann, "很长的通知。" * 80)
    await house.pushed()
    assert "".join(house.fake.texts(ann)[1:]) == "很长的通知。" * 80
    assert len(hows(house, ann)) == 2


async def test_a_refused_token_is_renewed_once(house: House) -> None:
    ann = await met(house)
    await house.notice(ann, "一")
    await house.pushed()
    house.fake.expire_token()
    await house.notice(ann, "二")
    await house.pushed()
    assert house.fake.texts(ann)[1:] == ["一", "二"]
    assert (house.fake.token_fetches, house.fake.forced) == (2, [])


async def test_a_token_always_refused_does_not_fetch_without_end(house: House) -> None:
    ann = await met(house)
    house.fake.fail("/custom/send", 40001, times=9)
    await house.notice(ann, "一")
    await house.pushed()
    assert house.fake.token_fetches <= 3
    assert len(house.fake.forced) == 1


async def test_many_calls_at_once_fetch_one_token(house: House) -> None:
    channel = house.channel
    await asyncio.gather(*(channel.client.call("/cgi-bin/x", {}) for _ in range(20)))
    assert house.fake.token_fetches == 1


async def test_replicas_share_the_token(database: Database) -> None:
    from tests.bot.gateway import running

    async with opened(database) as house:
        other = WeChatChannel(account(house.fake.base_url))
        async with running(database, clock=house.gateway.clock, channels=(other,)):
            await asyncio.gather(
                *(one.client.call("/cgi-bin/x", {}) for one in (house.channel, other) for _ in range(5))
            )
        assert house.fake.token_fetches == 1


async def test_a_notice_without_quota_goes_by_template(database: Database, template_file: Path) -> None:
    async with opened(database, templates=template_file) as house:
        ann = await met(house)
        house.gateway.clock.forward(hours=49)
        house.fake.readers[ann].said_until = 0
        await house.notice(ann, "书到了", code="8812", point={"name": "湖东邻里中心自助柜"})
        await house.notice(ann, "别的", kind="loan_due")
        await house.pushed()
        assert hows(house, ann) == ["template"]
        sent = house.fake.seen(ann)[-1].raw
        assert sent["data"]["character_string1"] == {"value": "8812"}
        assert sent["client_msg_id"].startswith("shudi-")
        assert await house.fake.say(ann, "在") == "别的\n\necho 在"


async def test_a_consented_notice_goes_by_subscription_once(database: Database, template_file: Path) -> None:
    async with opened(database, templates=template_file) as house:
        ann = await met(house)
        listed = (
            "<List><TemplateId>SUB1</TemplateId><SubscribeStatusString>accept</SubscribeStatusString></List>"
        )
        for name in ("SubscribeMsgPopupEvent",):
            inner = f"<{name}>{listed}</{name}>"
            assert await house.fake.event(ann, "subscribe_msg_popup_event", inner=inner) == ""
        house.gateway.clock.forward(hours=49)
        for number in range(2):
            await house.notice(ann, "书到了", code=f"881{number}", point={"name": "柜"})
            await house.pushed()
        assert hows(house, ann) == ["subscription", "template"]


async def test_a_blocked_template_is_not_tried_again(database: Database, template_file: Path) -> None:
    async with opened(database, templates=template_file) as house:
        ann = await met(house)
        await house.fake.event(ann, "TEMPLATESENDJOBFINISH", MsgID="12", Status="failed:user block")
        house.gateway.clock.forward(hours=49)
        await house.notice(ann, "书到了", code="8812", point={"name": "柜"})
        await house.pushed()
        assert hows(house, ann) == []


async def test_recordings_are_fetched_and_errors_told_apart(house: House) -> None:
    house.fake.media["m1"] = (b"#!AMR\n123", "audio/amr")
    audio = await house.channel.fetch({"media": "m1", "mime": "audio/amr"})
    assert (audio.data, audio.mime) == (b"#!AMR\n123", "audio/amr")
    with pytest.raises(MediaGone):
        await house.channel.fetch({"media": "gone"})
    house.fake.fail("/media/get", 45009)
    with pytest.raises(MediaLater):
        await house.channel.fetch({"media": "m1"})
    house.fake.media["big"] = (b"x" * (2 * 1024 * 1024 + 1), "audio/amr")
    with pytest.raises(MediaGone):
        await house.channel.fetch({"media": "big"})


async def test_speech_goes_out_as_voice(house: House) -> None:
    ann = await met(house)
    await house.channel.client.send_voice(ann, b"ID3mp3")
    assert hows(house, ann) == ["voice"]


async def test_a_spoken_reply_is_words_and_then_a_voice(house: House) -> None:
    async def speak(_reply: object, form: str) -> bytes:
        return b"ID3" + form.encode()

    sender = house.channel._sender
    assert sender is not None
    sender._speak = speak
    ann = await met(house)
    await house.notice(ann, "书到了", speech=True)
    await house.pushed()
    assert hows(house, ann) == ["text", "voice"]


async def test_a_reply_that_cannot_be_spoken_costs_one_message(house: House) -> None:
    ann = await met(house)
    await house.notice(ann, "书到了", speech=True)
    await house.pushed()
    assert hows(house, ann) == ["text"]
    assert house.channel._sender is not None
    assert await house.channel._sender.left(await house.conversation(ann)) == 4
