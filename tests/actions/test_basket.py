"""The basket: choose, add, look, remove, empty, correct."""

from typing import Any

import pytest

from tests.actions import BOTH
from tests.actions.talking import Conversation

pytestmark = BOTH


def see(talk: Conversation, *titles: str) -> list[int]:
    """These titles were listed last."""
    shown = [talk.title_id(title) for title in titles]
    talk.slots |= {"shown": shown, "focus": None}
    return shown


# --- choose ---


@pytest.mark.parametrize(
    ("words", "basket"),
    [
        ("第二本", ["围城"]),
        ("2", ["围城"]),
        ("最后一本", ["白夜行"]),
        ("那本钱钟书的", ["围城"]),
        ("第一本和第三本", ["活着", "白夜行"]),
        ("就这本", ["活着"]),
    ],
)
def test_a_book_of_the_list_is_chosen(talk: Conversation, words: str, basket: list[str]) -> None:
    see(talk, "活着", "围城", "白夜行")
    turn = talk.do("action_select_item", words)
    assert talk.basket() == basket
    assert turn.said == ["utter_added_ask_pickup"]
    assert turn.message("utter_added_ask_pickup")["volumes"] == len(basket)
    assert (turn.awaiting, turn.about) == ("pickup", {"skip": 0})
    assert len(turn.choices("utter_added_ask_pickup")) == 3


def test_a_pressed_book_is_chosen(talk: Conversation) -> None:
    talk.do("action_select_item", title=talk.title_id("活着"))
    assert talk.basket() == ["活着"]


@pytest.mark.parametrize("title", ["999999", "0", "活着", "-1", "1;drop"])
def test_a_forged_book_is_refused(talk: Conversation, title: str) -> None:
    with talk.unchanged():
        turn = talk.do("action_select_item", title=title)
    assert turn.said in (["utter_refused_unknown_title"], ["utter_ask_search_words"])


@pytest.mark.parametrize(
    ("shown", "response"), [(["活着"], "utter_which_book"), ([], "utter_ask_search_words")]
)
@pytest.mark.parametrize("action", ["action_select_item", "action_add_to_basket"])
def test_what_points_nowhere_is_asked_about(
    talk: Conversation, action: str, shown: list[str], response: str
) -> None:
    see(talk, *shown)
    with talk.unchanged():
        assert talk.do(action, "第九本").said == [response]


def test_yes_takes_the_book_offered(talk: Conversation) -> None:
    talk.do("action_search_books", "乡土中国")
    turn = talk.do("action_select_item", "好的", intent="affirm")
    assert talk.basket() == ["乡土中国"]
    assert turn.awaiting == "pickup"


def test_a_book_that_is_out_is_offered_for_reservation(talk: Conversation) -> None:
    title = talk.title_id("长安的荔枝")
    with talk.unchanged():
        turn = talk.do("action_select_item", title=title)
    assert turn.said == ["utter_offer_reservation"]
    assert turn.message("utter_offer_reservation")["waiting"] == 2
    assert (turn.awaiting, turn.about) == ("reserve", {"title": title})


def test_a_book_that_nobody_waits_for_is_offered_too(talk: Conversation) -> None:
    talk.lend_out("乡土中国")
    assert talk.do("action_select_item", title=talk.title_id("乡土中国")).said == [
        "utter_offer_reservation_first"
    ]


def test_of_two_books_the_one_that_is_there_is_taken(talk: Conversation) -> None:
    see(talk, "活着", "长安的荔枝")
    turn = talk.do("action_select_item", "第一本和第二本")
    assert turn.said == ["utter_added_ask_pickup", "utter_also_out"]
    assert talk.basket() == ["活着"]


def test_the_same_book_twice_lies_there_once(talk: Conversation) -> None:
    talk.fill("活着")
    see(talk, "活着")
    with talk.unchanged():
        turn = talk.do("action_select_item", "第一本")
    assert turn.said == ["utter_already_in_ask_pickup"]


def test_a_full_basket_takes_no_more(talk: Conversation) -> None:
    found = talk.library.catalogue.newest(page_size=40).hits
    for hit in [hit for hit in found if hit.available][:20]:
        talk.library.baskets.add(talk.id, hit.title.id)
    with talk.unchanged():
        turn = talk.do("action_select_item", title=talk.title_id("活着"))
    assert turn.said == ["utter_refused_basket_full"]
    assert turn.message("utter_refused_basket_full")["limit"] == 20


def test_a_child_cannot_take_a_book_for_grown_ups(talk: Conversation) -> None:
    title = next(hit.title for hit in talk.library.catalogue.search("檀香刑").hits if hit.title.adult_only)
    talk.bind("D0006")
    with talk.unchanged():
        turn = talk.do("action_select_item", title=title.id)
        looked = talk.do("action_book_details", title=title.id)
    assert turn.said == looked.said == ["utter_refused_adult_only"]


# --- add ---


@pytest.mark.parametrize("words", ["我想借乡土中国", "把乡土中国加到书单"])
def test_a_title_that_there_is_once_is_added_outright(talk: Conversation, words: str) -> None:
    turn = talk.do("action_add_to_basket", words)
    assert talk.basket() == ["乡土中国"]
    assert turn.said == ["utter_added_ask_pickup"]


def test_of_several_editions_the_reader_chooses(talk: Conversation) -> None:
    with talk.unchanged():
        turn = talk.do("action_add_to_basket", "我想借三体")
    assert turn.said[0].startswith("utter_books_found")


def test_the_place_named_in_the_same_breath_is_taken(talk: Conversation) -> None:
    talk.bind("D0001")
    turn = talk.do("action_add_to_basket", "借乡土中国，送到湖东邻里中心")
    assert turn.said == ["utter_order_summary"]
    assert talk.library.baskets.get(talk.id).point_id == "hudong"


def test_with_a_place_chosen_the_summary_follows(talk: Conversation) -> None:
    talk.bind("D0001")
    talk.fill("活着", point="hudong")
    turn = talk.do("action_select_item", title=talk.title_id("围城"))
    assert turn.said == ["utter_order_summary"]
    assert turn.message("utter_order_summary")["count"] == 2


# --- correct ---


def test_another_book_instead(talk: Conversation) -> None:
    see(talk, "活着", "围城")
    talk.do("action_select_item", "第一本")
    talk.do("action_select_item", "不是这本，是第二本")
    assert talk.basket() == ["围城"]


@pytest.mark.parametrize("words", ["换个地方", "换一个", "换一家", "换个近一点的"])
def test_another_place_leaves_the_books(talk: Conversation, words: str) -> None:
    see(talk, "活着", "围城")
    talk.do("action_select_item", "第一本")
    with talk.unchanged():
        turn = talk.do("action_choose_pickup", words)
    assert turn.said == ["utter_other_pickup"]


# --- look ---


def test_one_book_is_shown_and_offered(talk: Conversation) -> None:
    see(talk, "活着", "围城")
    with talk.unchanged():
        turn = talk.do("action_book_details", "看看第二本")
    title = talk.title_id("围城")
    assert turn.said == ["utter_book"]
    data = turn.data("utter_book")
    assert data["title"] == "围城"
    assert sum(branch["available"] for branch in data["branches"]) == data["available"] <= data["total"]
    assert (turn.awaiting, turn.about, turn.slots["focus"]) == ("borrow", {"title": title}, title)


def test_a_book_that_is_out_is_shown_with_its_queue(talk: Conversation) -> None:
    turn = talk.do("action_book_details", "长安的荔枝")
    assert turn.said == ["utter_book_out"]
    assert turn.data("utter_book_out")["waiting"] == 2
    assert turn.awaiting == "reserve"


@pytest.mark.parametrize(
    ("shown", "words", "response"),
    [([], "量子鸡蛋灌饼格鲁吉亚语教程", "utter_books_none"), (["活着"], "第九本", "utter_which_book")],
)
def test_no_book_to_show(talk: Conversation, shown: list[str], words: str, response: str) -> None:
    see(talk, *shown)
    assert talk.do("action_book_details", words).said == [response]


def test_the_basket_is_shown(talk: Conversation) -> None:
    talk.fill("活着", "围城")
    with talk.unchanged():
        turn = talk.do("action_show_basket", "看书单")
    assert turn.said == ["utter_basket"]
    assert [line["title"] for line in turn.data("utter_basket")["lines"]] == ["活着", "围城"]
    assert len(turn.choices("utter_basket")) == turn.message("utter_basket")["count"] == 2


@pytest.mark.parametrize(
    ("action", "words"), [("action_show_basket", "书单"), ("action_remove_from_basket", "第一本不要")]
)
def test_an_empty_basket_says_how_to_fill_it(talk: Conversation, action: str, words: str) -> None:
    with talk.unchanged():
        assert talk.do(action, words).said == ["utter_refused_basket_empty"]


def test_each_conversation_has_its_own_basket(talk: Conversation, other: Conversation) -> None:
    talk.fill("活着")
    assert other.do("action_show_basket").said == ["utter_refused_basket_empty"]


# --- remove ---


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("第二本不要了", ["活着", "白夜行"]),
        ("把活着去掉", ["围城", "白夜行"]),
        ("最后一本去掉", ["活着", "围城"]),
    ],
)
def test_a_book_is_taken_out(talk: Conversation, words: str, left: list[str]) -> None:
    talk.fill("活着", "围城", "白夜行")
    turn = talk.do("action_remove_from_basket", words)
    assert turn.said == ["utter_removed"]
    assert talk.basket() == left


def test_a_pressed_book_is_taken_out(talk: Conversation) -> None:
    talk.fill("活着", "围城")
    talk.do("action_remove_from_basket", title=talk.title_id("活着"))
    assert talk.basket() == ["围城"]


@pytest.mark.parametrize(("words", "title"), [("不要第九本", ""), ("", "999999")])
def test_which_book_is_to_go(talk: Conversation, words: str, title: str) -> None:
    talk.fill("活着", "围城")
    entities: dict[str, Any] = {"title": title} if title else {}
    with talk.unchanged():
        turn = talk.do("action_remove_from_basket", words, **entities)
    assert turn.said == ["utter_remove_which"]


def test_the_last_book_leaves_it_empty(talk: Conversation) -> None:
    talk.fill("活着")
    assert talk.do("action_remove_from_basket", "不要了").said == ["utter_basket_empty_now"]
    assert talk.basket() == []


def test_all_go_at_once(talk: Conversation) -> None:
    talk.fill("活着", "围城")
    assert talk.do("action_clear_basket", "清空书单").said == ["utter_basket_cleared"]
    assert talk.basket() == []


def test_a_second_book_below_the_summary_is_its_second_line(talk: Conversation) -> None:
    talk.bind("D0001")
    talk.fill("活着", "兄弟")
    nonce = talk.fill(point="hudong")
    talk.do("action_place_order", "下单")
    with talk.unchanged():
        turn = talk.do("action_select_item", "第二本", intent="select_item")
    message = turn.message("utter_line_of_summary")
    assert (message["title"], message["title_id"]) == ("兄弟", talk.title_id("兄弟"))
    assert (turn.awaiting, turn.about) == ("order_confirmation", {"nonce": nonce})
