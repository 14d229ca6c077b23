"""Voice messages in and out."""

import asyncio
from typing import Any

import pytest

from bot.channels.base import MediaGone, MediaLater
from bot.channels.telegram import media
from bot.channels.telegram.api import make_bot
from bot.replies import Reply
from bot.voice.audio import Audio
from lending.storage.base import Database
from tests.bot.telegram.house import House, sees
from tests.fakes.telegram import TelegramServer
from tests.waiting import wait_until

OPUS = b"OggS" + bytes(24) + b"OpusHead" + bytes(64)


def fetch(telegram: TelegramServer, file_id: str) -> Audio:
    async def run() -> Audio:
        bot = make_bot(telegram.token, telegram.url)
        try:
            return await media.fetch(bot, {"media": file_id, "mime": "audio/ogg", "seconds": 3})
        finally:
            await bot.session.close()

    return asyncio.run(run())


def test_a_voice_is_fetched(telegram: TelegramServer) -> None:
    assert fetch(telegram, telegram.state.keep_file(OPUS)) == Audio(OPUS, "audio/ogg", 3.0)


@pytest.mark.parametrize(
    ("fault", "raised"),
    [(("getFile", 400), MediaGone), (("getFile", 502), MediaLater), (("getFile", 0), MediaLater),
     (("file", 404), MediaGone), (("file", 0), MediaLater)],
)  # fmt: skip
def test_what_can_not_be_fetched_is_gone_or_comes_later(
    telegram: TelegramServer, fault: tuple[str, int], raised: type[Exception]
) -> None:
    telegram.fail(*fault)
    with pytest.raises(raised):
        fetch(telegram, telegram.state.keep_file(OPUS))


def test_a_reply_is_spoken_as_a_bubble_after_its_words(database: Database, telegram: TelegramServer) -> None:
    async def speak(reply: Reply, form: str) -> bytes:
        assert form == "ogg"
        return OPUS

    house = House(database, telegram, speak=speak).start()
    house.says("念", {"text": "好的"}, {"custom": {"kind": "text", "data": {"speech": True}}})
    try:
        reader = telegram.reader()
        reader.says("念")
        assert [one.kind for one in sees(reader, 2)] == ["text", "voice"]
        assert reader.shown[1].data == OPUS
    finally:
        house.stop()


def test_without_a_voice_the_words_are_enough(polling: House, telegram: TelegramServer) -> None:
    polling.says("念", {"text": "好的"}, {"custom": {"kind": "text", "data": {"speech": True}}})
    reader: Any = telegram.reader()
    reader.says("念")
    reader.says("再")
    wait_until(lambda: len(reader.shown) == 2, what="both answers")
    assert reader.texts == ["好的", "echo 再"]
