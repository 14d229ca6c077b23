"""A reader's talk over real HTTP, polled and posted."""

import json
from typing import Any

from tests.bot.telegram.house import House, sees
from tests.fakes.telegram import TelegramServer
from tests.waiting import wait_until

BOOKS: tuple[dict[str, Any], ...] = (
    {"text": "找到两本："},
    {
        "custom": {
            "kind": "books",
            "data": {
                "total": 2,
                "books": [
                    {"id": 1, "title": "三体", "author": "刘慈欣", "available": 2},
                    {"id": 2, "title": "三体Ⅱ", "author": "刘慈欣", "available": 0},
                ],
            },
            "choices": [
                {"title": "1 三体", "payload": "/select_item" + json.dumps({"title": 1, "why": "很长" * 60})},
                {"title": "2 三体Ⅱ", "payload": '/select_item{"title": 2}'},
            ],
        }
    },
)


def test_a_message_is_answered(house: House, telegram: TelegramServer) -> None:
    reader = telegram.reader()
    reader.says("你好")
    assert [one.text for one in sees(reader, 1)] == ["echo 你好"]


def test_messages_are_answered_in_their_order(house: House, telegram: TelegramServer) -> None:
    telegram.strict = False
    reader, other = telegram.reader(), telegram.reader()
    for number in range(6):
        reader.says(f"一{number}")
        other.says(f"二{number}")
    assert [one.text for one in sees(reader, 6)] == [f"echo 一{number}" for number in range(6)]
    assert [one.text for one in sees(other, 6)] == [f"echo 二{number}" for number in range(6)]


def test_an_update_that_comes_again_is_not_answered_again(house: House, telegram: TelegramServer) -> None:
    reader = telegram.reader()
    update_id = reader.says("一次")
    sees(reader, 1)
    body = {"message": {"message_id": 1, "date": 0, "chat": reader.as_json(), "text": "一次"}}
    telegram.state.again(update_id, {**body, "from": reader.user()})
    reader.says("然后")
    assert [one.text for one in sees(reader, 2)] == ["echo 一次", "echo 然后"]


def test_ids_that_begin_lower_after_a_quiet_week_are_no_old_updates(
    house: House, telegram: TelegramServer
) -> None:
    reader = telegram.reader()
    reader.says("从前")
    sees(reader, 1)
    wait_until(lambda: not telegram.state.updates, what="all is acknowledged")
    polls = len(telegram.called("getUpdates"))
    if not house.webhook:
        telegram.state.changed()
        wait_until(lambda: len(telegram.called("getUpdates")) >= polls, what="the next poll")
    telegram.state.skip_updates(12)
    reader.says("现在")
    assert sees(reader, 2)[1].text == "echo 现在"


def test_a_choice_is_pressed_once_answered_at_once_and_edited_away(
    house: House, telegram: TelegramServer
) -> None:
    house.says("三体", *BOOKS)
    reader = telegram.reader()
    reader.says("三体")
    shown = sees(reader, 1)[0]
    assert shown.titles == ["1 三体", "2 三体Ⅱ"]
    assert all(len(button["callback_data"].encode()) <= 64 for button in shown.buttons)
    second = shown.buttons[1]["callback_data"]
    house.says(BOOKS[1]["custom"]["choices"][0]["payload"], {"text": "这本书在架。"})
    pressed = reader.presses("1 三体")
    assert sees(reader, 2)[1].text == "这本书在架。"
    wait_until(lambda: not reader.shown[0].buttons, what="the choices are gone")
    wait_until(lambda: telegram.state.presses[pressed].answered is not None, what="the press is answered")
    again = reader.press_data(second, shown)
    wait_until(lambda: telegram.state.presses[again].answered is not None, what="the second is answered")
    assert "用过" in str((telegram.state.presses[again].answered or {}).get("text"))
    assert len(reader.shown) == 2


def test_forged_and_foreign_buttons_do_nothing(house: House, telegram: TelegramServer) -> None:
    house.says("三体", *BOOKS)
    reader, thief = telegram.reader(), telegram.reader("贼")
    reader.says("三体")
    data = sees(reader, 1)[0].buttons[0]["callback_data"]
    forged = [
        "c:1.0.AAAAAAAA",
        "c:99999.0.x",
        "/confirm_order",
        "c:1",
        "",
        "c:1.77." + data.rpartition(".")[2],
    ]
    presses = [reader.press_data(one, reader.shown[0]) for one in forged] + [thief.press_data(data)]
    asked = [telegram.state.presses[press] for press in presses]
    wait_until(lambda: all(press.answered is not None for press in asked), what="answers")
    assert all((press.answered or {}).get("text") for press in asked)
    assert house.dialogue.texts == ["三体"]


def test_a_press_that_overtakes_a_message_is_dealt_with(house: House, telegram: TelegramServer) -> None:
    house.says("三体", *BOOKS)
    reader = telegram.reader()
    reader.says("三体")
    sees(reader, 1)
    reader.presses("2 三体Ⅱ")
    reader.says("等等")
    wait_until(lambda: len(house.dialogue.texts) == 3, what="both are heard")


def test_it_types_while_it_thinks(house: House, telegram: TelegramServer) -> None:
    house.hold()
    reader = telegram.reader()
    reader.says("慢一点")
    wait_until(lambda: reader.actions, what="a sign")
    assert {action for _, action in reader.actions} == {"typing"}
    house.go_on()
    assert sees(reader, 1)[0].text == "echo 慢一点"


def test_long_texts_come_in_pieces_and_the_choices_below_the_last(
    house: House, telegram: TelegramServer
) -> None:
    text = "".join(f"第{number}句话说完了😀。" for number in range(900))
    house.says("长", {"text": text, "buttons": [{"title": "好", "payload": "/affirm"}]})
    reader = telegram.reader()
    reader.says("长")
    shown = sees(reader, 3)
    assert "".join(one.text for one in shown) == text
    assert all(one.text.endswith("。") for one in shown)
    assert [one.titles for one in shown] == [[]] * (len(shown) - 1) + [["好"]]


def test_marks_in_texts_stay_marks(house: House, telegram: TelegramServer) -> None:
    said = "《a<b>&c》 <script>、&amp; 5 < 6"
    house.says("怪", {"text": said})
    reader = telegram.reader()
    reader.says("怪")
    assert sees(reader, 1)[0].text == said


def test_a_pickup_code_comes_as_a_picture_too(house: House, telegram: TelegramServer) -> None:
    data = {"number": "A1", "state": "available", "pickup_code": "88421234", "lines": []}
    custom = {"kind": "order", "data": data}
    house.says("取书码", {"text": "取书码：8842 1234 <请收好>"}, {"custom": custom})
    reader = telegram.reader()
    reader.says("取书码")
    text, picture = sees(reader, 2)
    assert "8842 1234 <请收好>" in text.text
    assert "<code>8842 1234</code>" in str(text.fields["text"])
    assert picture.kind == "photo"
    assert "88421234" in picture.text


def test_a_reader_who_blocks_us_is_left_alone_until_they_come_back(
    house: House, telegram: TelegramServer
) -> None:
    reader = telegram.reader()
    reader.says("你好")
    sees(reader, 1)
    reader.blocks()
    wait_until(lambda: not telegram.state.updates, what="the block is taken in")
    reader.unblocks()
    reader.says("又来了")
    assert sees(reader, 2)[1].text == "echo 又来了"
    assert not [call for call in telegram.called("sendMessage") if call.status == 403]


def test_a_403_stops_the_pushing(house: House, telegram: TelegramServer) -> None:
    reader = telegram.reader()
    house.hold()
    reader.says("你好")
    wait_until(lambda: house.dialogue.heard, what="it is heard")
    reader.shut = "Forbidden: bot was blocked by the user"
    house.go_on()
    wait_until(lambda: [c for c in telegram.called("sendMessage") if c.status == 403], what="a 403")
    wait_until(lambda: house.unreachable() == 1, what="it is written down")
    reader.shut = ""
    reader.says("回来了")
    assert [one.text for one in sees(reader, 1)] == ["echo 回来了"]


def test_retry_after_is_obeyed(house: House, telegram: TelegramServer) -> None:
    telegram.fail("sendMessage", 429, retry_after=2)
    reader = telegram.reader()
    reader.says("你好")
    sees(reader, 1)
    first, second = telegram.called("sendMessage")
    assert (first.status, second.status) == (429, 200)
    assert second.at - first.at >= 2


def test_a_lost_answer_and_a_broken_server_are_survived(house: House, telegram: TelegramServer) -> None:
    telegram.fail("sendMessage", 502)
    reader = telegram.reader()
    reader.says("你好")
    assert sees(reader, 1)[0].text == "echo 你好"


def test_the_command_list_is_set(house: House, telegram: TelegramServer) -> None:
    wait_until(lambda: telegram.state.commands, what="commands")
    assert [one["command"] for one in telegram.state.commands] == ["start", "help", "human", "lang"]
