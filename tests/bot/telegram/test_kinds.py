"""Everything a reader can send gets a fitting answer; commands do what they say."""

import json
from typing import Any

import pytest

from bot.channels.telegram.words import say
from tests.bot.telegram.house import House, sees
from tests.fakes.telegram import TelegramServer
from tests.waiting import wait_until

FILE = {"file_id": "f", "file_unique_id": "u"}
USER = {"id": 7, "is_bot": False, "first_name": "李"}
KINDS: list[tuple[str, dict[str, Any]]] = [
    ("photo", {"photo": [{**FILE, "width": 1, "height": 1}]}),
    ("sticker", {"sticker": {**FILE, "type": "regular", "width": 1, "height": 1, "is_animated": False,
                             "is_video": False}}),
    ("contact", {"contact": {"phone_number": "13800000000", "first_name": "李"}}),
    ("document", {"document": FILE}),
    ("video", {"video": {**FILE, "width": 1, "height": 1, "duration": 1}}),
    ("video", {"video_note": {**FILE, "length": 1, "duration": 1}}),
    ("video", {"animation": {**FILE, "width": 1, "height": 1, "duration": 1}, "document": FILE}),
    ("dice", {"dice": {"emoji": "🎲", "value": 3}}),
    ("poll", {"poll": {"id": "1", "question": "？", "options": [], "total_voter_count": 0, "is_closed": False,
                       "is_anonymous": True, "type": "regular", "allows_multiple_answers": False}}),
    ("forwarded", {"text": "确认下单", "forward_origin": {"type": "user", "date": 0, "sender_user": USER}}),
    ("forwarded", {"text": "?", "forward_origin": {"type": "hidden_user", "date": 0}}),
    ("voice_long", {"voice": {**FILE, "duration": 61}}),
    ("voice_big", {"voice": {**FILE, "duration": 9, "file_size": 30_000_000}}),
    ("other", {"game": {"title": "t", "description": "d", "photo": []}}),
    ("unknown_command", {"text": "/weather 苏州"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "fields"), KINDS, ids=[f"{name}-{list(body)[-1]}" for name, body in KINDS])
def test_each_kind_gets_its_answer(
    polling: House, telegram: TelegramServer, name: str, fields: dict[str, Any]
) -> None:
    reader = telegram.reader()
    reader.sends(**fields)
    assert sees(reader, 1)[0].text == say(name)
    assert not polling.dialogue.heard


def test_an_album_is_answered_once(polling: House, telegram: TelegramServer) -> None:
    reader = telegram.reader()
    for _ in range(3):
        reader.sends(photo=[{**FILE, "width": 1, "height": 1}], media_group_id="77")
    reader.says("然后")
    assert sorted(one.text for one in sees(reader, 2)) == sorted([say("photo"), "echo 然后"])


def test_an_edit_is_told_that_it_changes_nothing(polling: House, telegram: TelegramServer) -> None:
    reader = telegram.reader()
    reader.says("借活着")
    sees(reader, 1)
    reader.edits(1, "借兄弟")
    assert sees(reader, 2)[1].text == say("edited")
    assert polling.dialogue.texts == ["借活着"]


def test_a_voice_message_is_handed_in_with_its_file(polling: House, telegram: TelegramServer) -> None:
    reader = telegram.reader()
    reader.speaks(b"OggS....", seconds=3)
    wait_until(lambda: any(action == "record_voice" for _, action in reader.actions) or reader.shown)
    with polling.database.read() as conn:
        kinds = conn.exec_driver_sql("SELECT kind FROM inbox").scalars().all()
    assert kinds == ["voice"]


def test_a_place_is_understood_in_the_library_s_coordinates(polling: House, telegram: TelegramServer) -> None:
    reader = telegram.reader()
    reader.shares(31.3000, 120.6000)
    wait_until(lambda: polling.dialogue.texts, what="it is heard")
    place = json.loads(polling.dialogue.texts[0].removeprefix("/share_location"))
    assert place == {
        "latitude": pytest.approx(31.298, abs=2e-3),
        "longitude": pytest.approx(120.604, abs=2e-3),
    }
    assert place["longitude"] != pytest.approx(120.6, abs=1e-3)


def test_a_venue_is_a_place(polling: House, telegram: TelegramServer) -> None:
    reader = telegram.reader()
    spot = {"latitude": 31.3, "longitude": 120.6}
    reader.sends(location=spot, venue={"location": spot, "title": "园区", "address": "…"})
    wait_until(lambda: polling.dialogue.texts, what="it is heard")
    assert polling.dialogue.texts[0].startswith("/share_location")


def test_start_remembers_where_a_reader_came_from(polling: House, telegram: TelegramServer) -> None:
    reader = telegram.reader()
    reader.says("/start poster_7")
    sees(reader, 1)
    assert polling.dialogue.texts == ["/greet"]
    assert polling.facts()[0]["source"] == "poster_7"


def test_start_at_a_locker_chooses_that_locker(polling: House, telegram: TelegramServer) -> None:
    reader = telegram.reader()
    reader.says("/start locker_L03")
    sees(reader, 1)
    assert polling.dialogue.texts == ['/choose_point{"point": "L03"}']


def test_human_works_while_the_dialogue_is_down(polling: House, telegram: TelegramServer) -> None:
    polling.dialogue.down = True
    reader = telegram.reader()
    reader.says("/human")
    assert "工作人员" in sees(reader, 1)[0].text


def test_lang_changes_the_script(polling: House, telegram: TelegramServer) -> None:
    reader = telegram.reader()
    polling.says("书", {"text": "这本书在馆里", "buttons": [{"title": "借这本", "payload": "/affirm"}]})
    reader.says("/lang")
    assert sees(reader, 1)[0].titles == ["简体字", "繁体字"]
    reader.presses("繁体字")
    sees(reader, 2)
    reader.says("书")
    shown = sees(reader, 3)[2]
    assert (shown.text, shown.titles) == ("這本書在館裏", ["借這本"])
    assert polling.dialogue.texts == ["书"]


POINTS = {
    "custom": {
        "kind": "pickup_points",
        "data": {"points": [{"id": "L1", "kind": "locker", "name": "湖东", "address": "…"}]},
        "choices": [{"title": "湖东", "payload": '/choose_point{"point":"L1"}'}],
    }
}


def test_the_location_keyboard_is_offered_when_it_helps_and_taken_away(
    polling: House, telegram: TelegramServer
) -> None:
    polling.says("下单", {"text": "送到哪里？"}, POINTS)
    reader = telegram.reader()
    reader.says("下单")
    sees(reader, 2)
    wait_until(lambda: polling.facts()[0].get("keyboard"), what="the keyboard is noted")
    assert reader.keyboard is not None
    assert reader.keyboard["keyboard"][0][0]["request_location"] is True
    reader.shares(31.3, 120.6)
    sees(reader, 3)
    wait_until(lambda: reader.keyboard is None, what="the keyboard is gone")
    reader.says("下单")
    wait_until(lambda: len(polling.dialogue.texts) == 3, what="it is heard")
    assert sees(reader, 4)[3].text.startswith("送到哪里")
    assert reader.keyboard is None


def test_a_one_time_link_is_a_button_where_telegram_takes_it(
    polling: House, telegram: TelegramServer
) -> None:
    link = {"custom": {"kind": "link", "data": {"purpose": "bind_card"}}}
    polling.says("绑定", {"text": "请绑定读者证："}, link)
    reader = telegram.reader()
    reader.says("绑定")
    shown = sees(reader, 1)[0]
    assert shown.buttons[0]["url"].startswith("http://library.test/forms/")
    assert "http" not in shown.text


def test_the_staff_chat_hears_that_a_reader_waits(telegram: TelegramServer, database: Any) -> None:
    staff = telegram.group("馆员")
    house = House(database, telegram, staff_chat=str(staff.id)).start()
    try:
        reader = telegram.reader()
        reader.says("人工")
        assert "Telegram" in sees(staff, 1)[0].text
        assert "人工" not in staff.texts[0]
    finally:
        house.stop()
