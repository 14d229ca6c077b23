"""Follow, scan, leave, menu, places."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.channels.wechat import menu
from bot.channels.wechat.settings import MENU
from bot.channels.wechat.splitting import TEXT_LIMIT, size, split
from bot.store.tables import conversations
from tests.bot.wechat.conftest import House


async def test_a_new_follower_is_welcomed_with_a_link_to_bind(house: House) -> None:
    ann = house.fake.reader("ann")
    told = await house.fake.follow(ann, "poster7")
    assert "欢迎" in told
    assert "http://library.test/forms/" in told
    with house.gateway.deps.database.read() as conn:
        assert conn.execute(select(conversations.c.source)).scalar_one() == "poster7"


async def test_a_lockers_code_chooses_that_locker(house: House) -> None:
    ann = house.fake.reader("ann")
    await house.fake.scan(ann, "locker_L3")
    await house.fake.follow(house.fake.reader("bob"), "locker_L4")
    assert house.dialogue.texts == ['/choose_point{"point": "L3"}', '/choose_point{"point": "L4"}']


async def test_two_events_of_one_second_are_two(house: House) -> None:
    ann = house.fake.reader("ann")
    for key in ("/new_books", "/my_loans", "/new_books"):
        await house.fake.event(ann, "CLICK", key, CreateTime="1764000000")
    assert house.dialogue.texts == ["/new_books", "/my_loans"]


async def test_who_leaves_is_left_alone_and_welcome_again(house: House) -> None:
    ann = house.fake.reader("ann")
    await house.fake.say(ann, "你好")
    assert await house.fake.leave(ann) == ""
    await house.notice(ann, "书到了")
    await house.pushed()
    assert len(house.fake.seen(ann)) == 1
    assert "欢迎" in await house.fake.follow(ann)


async def test_a_place_is_kept_sealed_and_not_answered(house: House) -> None:
    ann = house.fake.reader("ann")
    await house.fake.say(ann, "你好")
    answer = await house.fake.event(ann, "LOCATION", Latitude="31.3", Longitude="120.6", Precision="9")
    assert answer == ""
    with house.gateway.deps.database.read() as conn:
        facts = conn.execute(select(conversations.c.facts)).scalar_one()
    assert json.loads(house.gateway.deps.vault.open(facts["place"]))["latitude"] == "31.3"


@pytest.mark.parametrize("event", ["VIEW", "view_miniprogram", "pic_sysphoto", "anything_new"])
async def test_other_events_are_acknowledged(house: House, event: str) -> None:
    ann = house.fake.reader("ann")
    assert await house.fake.event(ann, event, "http://x") == ""
    assert house.fake.posts[-1][2] == "200"


async def test_a_scanned_barcode_is_its_isbn(house: House) -> None:
    inner = "<ScanCodeInfo><ScanResult>EAN_13,9787506365437</ScanResult></ScanCodeInfo>"
    await house.fake.event(house.fake.reader("ann"), "scancode_waitmsg", "isbn", acts=True, inner=inner)
    assert house.dialogue.texts == ["9787506365437"]


async def test_a_person_has_the_talk_and_we_keep_silent(house: House) -> None:
    ann = house.fake.reader("ann")
    await house.fake.say(ann, "你好")
    house.human(await house.conversation(ann))
    assert await house.fake.message(ann, "image", MediaId="m", PicUrl="u") == ""


def test_our_menu_is_one_the_platform_takes() -> None:
    made = menu.load(MENU)
    assert len(made["button"]) == 3
    assert all(len(one["sub_button"]) <= 5 for one in made["button"])


@pytest.mark.parametrize(
    "text",
    ["[]", "- {name: a}", "- {name: 名字太长了太长了吧, payload: /x}", "- {name: a, payload: x}", "{", "- 1"],
)
def test_a_wrong_menu_is_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "menu.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(menu.MenuRefused):
        menu.load(path)


@given(st.text(max_size=3000), st.integers(40, TEXT_LIMIT))
def test_pieces_fit_and_nothing_is_lost(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(0 < size(piece) <= limit for piece in pieces)
    kept = "".join("".join(pieces).split())
    from bot.channels.wechat.splitting import harmless

    assert kept == "".join(harmless(text).split())
