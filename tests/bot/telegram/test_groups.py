"""In groups: only when spoken to, and nothing personal."""

from typing import Any

from bot.channels.telegram.words import say
from tests.bot.telegram.house import House, sees
from tests.fakes.telegram import TelegramServer
from tests.fakes.telegram.state import TOKEN, USERNAME
from tests.waiting import wait_until

BOT = {"id": int(TOKEN.split(":")[0]), "is_bot": True, "first_name": "书递", "username": USERNAME}


def test_what_is_not_for_us_is_left_alone(polling: House, telegram: TelegramServer) -> None:
    group = telegram.group()
    group.says("大家好")
    group.says("/help@another_bot")
    group.says("@somebody 你好")
    group.says(f"@{USERNAME} 有没有三体")
    assert sees(group, 1)[0].text == "echo 有没有三体"
    assert polling.dialogue.texts == ["有没有三体"]


def test_replies_to_us_and_commands_are_for_us(polling: House, telegram: TelegramServer) -> None:
    group = telegram.group()
    group.says(f"/help@{USERNAME}")
    sees(group, 1)
    quoted = {"message_id": 1, "date": 0, "chat": group.as_json(), "from": BOT, "text": "…"}
    group.says("第二本", reply_to_message=quoted)
    wait_until(lambda: polling.dialogue.texts == ["/help", "第二本"], what="both are heard")


def test_members_have_conversations_of_their_own(polling: House, telegram: TelegramServer) -> None:
    buttons = [{"title": "第一本", "payload": '/select_item{"title": 1}'}]
    polling.says("三体", {"text": "找到：", "buttons": buttons})
    group = telegram.group()
    group.says(f"@{USERNAME} 三体", user_id=11)
    sees(group, 1)
    other = group.presses("第一本", user_id=22)
    wait_until(lambda: telegram.state.presses[other].answered is not None, what="the other is answered")
    assert (telegram.state.presses[other].answered or {}).get("text") == say("button_foreign")
    group.presses("第一本", user_id=11)
    sees(group, 2)
    assert polling.dialogue.texts == ["三体", '/select_item{"title": 1}']


def test_personal_things_are_told_in_private_only(polling: House, telegram: TelegramServer) -> None:
    data = {"loans": [{"id": 1, "title": "活着", "due": "2026-12-01"}]}
    polling.says("我的借阅", {"text": "您借了："}, {"custom": {"kind": "loans", "data": data}})
    group = telegram.group()
    group.says(f"@{USERNAME} 我的借阅")
    shown = sees(group, 1)[0]
    assert shown.text == say("private")
    assert shown.buttons[0]["url"] == f"https://t.me/{USERNAME}?start=group"
    group.says("/human")
    assert sees(group, 2)[1].text == say("private")


def test_bots_and_channels_are_not_listened_to(polling: House, telegram: TelegramServer) -> None:
    group = telegram.group()
    fields: dict[str, Any] = {"text": f"@{USERNAME} 你好", "from": {**BOT, "id": 9}}
    group.sends(**fields)
    reader = telegram.reader()
    reader.says("你好")
    sees(reader, 1)
    assert not group.shown
