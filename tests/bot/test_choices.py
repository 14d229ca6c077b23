"""Which choice a whole message names."""

import pytest

from bot.choices import resolve

BOOKS = [
    {"title": "活着", "payload": '/select_item{"title":"1"}', "words": "活着 余华"},
    {"title": "兄弟", "payload": '/select_item{"title":"2"}', "words": "兄弟 余华"},
    {"title": "平凡的世界", "payload": '/select_item{"title":"3"}', "words": "平凡的世界 路遥"},
    {"title": "更多", "payload": "/more", "words": ""},
]


NAMED = {
    "1 第一本！ 活着": 0,
    "２ ② 二 2号 第二本 第2个 第二 第　2　本 就第二本 选2 倒数第二 倒数第二本": 1,
    "3。 三号 那就第三本吧 最后一本 最后一个 那本路遥的 路遥那本 平凡的世界那本 那本路遥写的": 2,
    "4 四 更多": 3,
}
OTHER = [
    "5",
    "0",
    "第五本",
    "第四本",
    "倒数第五",
    "第二本不要了",
    "第二本我要了",
    "看看第二本",
    "2本",
    "两本",
    "我要2本余华的书",
    "那本余华的",
    "那本莫言的",
    "余华",
    "三体",
    "13800000000",
    "十",
    "有没有活着",
    "第二本和第三本",
    "9787506365437",
]


@pytest.mark.parametrize(
    ("said", "place"), [(said, place) for line, place in NAMED.items() for said in line.split(" ")]
)
def test_a_whole_message_names_a_choice(said: str, place: int) -> None:
    assert resolve(said, BOOKS) == BOOKS[place]["payload"]


@pytest.mark.parametrize("said", [*OTHER, ""])
def test_anything_else_is_left_to_the_dialogue(said: str) -> None:
    assert resolve(said, BOOKS) is None


def test_buttons_alone_are_counted_too() -> None:
    assert resolve("最后一个", [{"title": "是", "payload": "/a"}, {"title": "否", "payload": "/b"}]) == "/b"


SUMMARY = [
    {"title": "确认下单", "payload": '/confirm_order{"nonce":"n"}', "words": ""},
    {"title": "换个地方", "payload": "/choose_pickup", "words": ""},
]
LOCKERS = [
    {"title": "湖东邻里中心", "payload": '/choose_point{"point":"L1"}', "words": "湖东邻里中心"},
    {"title": "苏州北站", "payload": '/choose_point{"point":"L2"}', "words": "苏州北站"},
]
LOANS = [
    {"title": "围城", "payload": '/return_these{"loans":"7"}', "words": "围城"},
    {"title": "都还", "payload": '/return_these{"loans":"all"}', "words": ""},
]


@pytest.mark.parametrize("said", ["第二本", "第一册", "最后一本", "倒数第二本", "头一本"])
def test_a_book_is_no_button_and_no_place(said: str) -> None:
    assert resolve(said, SUMMARY) is None
    assert resolve(said, LOCKERS) is None


def test_buttons_and_places_are_still_counted() -> None:
    assert resolve("第二个", SUMMARY) == "/choose_pickup"
    assert resolve("2", SUMMARY) == "/choose_pickup"
    assert resolve("第二家", LOCKERS) == LOCKERS[1]["payload"]
    assert resolve("第一本", LOANS) == LOANS[0]["payload"]


def test_a_title_that_two_choices_bear_names_none() -> None:
    editions = [{"title": "活着", "payload": f'/select_item{{"title":"{number}"}}'} for number in (1, 2)]
    assert resolve("活着", editions) is None
    assert resolve("第二本", editions) == editions[1]["payload"]


def test_without_choices_nothing_is_named() -> None:
    assert resolve("2", []) is None


def test_choices_numbered_in_their_titles_go_by_those_numbers() -> None:
    grades = [{"title": f"{value} 分", "payload": f"/g{value}"} for value in (5, 4, 3, 2, 1)]
    assert resolve("5", grades) == "/g5"
    assert resolve("第一个", grades) == "/g5"
    assert resolve("7", grades) is None


def test_tens_in_chinese() -> None:
    many = [{"title": chr(0x4E00 + place), "payload": f"/p{place}"} for place in range(1, 26)]
    assert resolve("十二", many) == "/p12"
    assert resolve("第二十个", many) == "/p20"
    assert resolve("二十五", many) == "/p25"
