"""Polling survives the network, other pollers and restarts, and one replica does it."""

from collections.abc import Iterator

import pytest

from lending.storage.base import Database
from tests.bot.telegram.house import House, sees
from tests.databases import free_port
from tests.fakes.telegram import TelegramServer


@pytest.fixture
def other(polling: House, telegram: TelegramServer) -> Iterator[House]:
    made = House(polling.database, telegram, instance="bot-2")
    yield made
    made.stop()


def test_it_starts_and_comes_back_when_telegram_is_out_of_reach(database: Database) -> None:
    telegram = TelegramServer()
    telegram.port = free_port()
    house = House(database, telegram).start()
    try:
        reader = telegram.reader()
        reader.says("在吗")
        telegram.start()
        assert sees(reader, 1, 20)[0].text == "echo 在吗"
    finally:
        house.stop()
        telegram.stop()


@pytest.mark.parametrize("status", [0, 500, 502, 401, 429, 409])
def test_a_failing_poll_is_tried_again(
    polling: House, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr("bot.channels.telegram.polling.CONFLICT_SECONDS", 0.2)
    reader = telegram.reader()
    reader.says("先")
    sees(reader, 1)
    telegram.fail("getUpdates", status, times=2, retry_after=1)
    reader.says("后")
    assert sees(reader, 2, 20)[1].text == "echo 后"


def test_a_webhook_in_the_way_is_taken_away(polling: House, telegram: TelegramServer) -> None:
    reader = telegram.reader()
    reader.says("先")
    sees(reader, 1)
    telegram.state.webhook = {"url": "http://127.0.0.1:1/", "secret": "", "at": 0.0}
    telegram.state.changed()
    telegram.fail("getUpdates", 409, words="Conflict: can't use getUpdates method while webhook is active")
    reader.says("后")
    assert sees(reader, 2, 30)[1].text == "echo 后"
    assert not telegram.state.webhook


def test_one_replica_polls_and_both_send(polling: House, other: House, telegram: TelegramServer) -> None:
    reader = telegram.reader()
    reader.says("你好")
    sees(reader, 1)
    other.start()
    reader.says("再来")
    sees(reader, 2)
    assert not [call for call in telegram.called("getUpdates") if call.status == 409]
    assert not other.dialogue.heard
    polling.stop()
    reader.says("换人")
    assert sees(reader, 3, 30)[2].text == "echo 换人"
    assert other.dialogue.texts == ["换人"]


def test_what_came_while_we_were_away_is_answered_in_order(polling: House, telegram: TelegramServer) -> None:
    reader = telegram.reader()
    reader.says("一")
    sees(reader, 1)
    polling.stop()
    for word in ("二", "三", "四"):
        reader.says(word)
    polling.start()
    assert [one.text for one in sees(reader, 4, 20)] == [f"echo {word}" for word in "一二三四"]


def test_an_update_aiogram_cannot_read_does_not_stop_the_others(
    polling: House, telegram: TelegramServer
) -> None:
    reader = telegram.reader()
    telegram.state.post("message", {"message_id": "?", "chat": reader.as_json(), "text": []}, "x")
    telegram.state.post("chat_boost", {"chat": 3}, "x")
    reader.says("你好")
    assert sees(reader, 1)[0].text == "echo 你好"
