"""A reader's talk over real HTTP, polled and posted."""

from tests.bot.telegram.house import House, sees
from tests.fakes.telegram import TelegramServer

BOOKS = {
    "text": "找到两本",
    "custom": None,
}


def test_a_message_is_answered(house: House, telegram: TelegramServer) -> None:
    reader = telegram.reader()
    reader.says("你好")
    assert [one.text for one in sees(reader, 1)] == ["echo 你好"]
