"""From the basket to the order: pickup named, summary, yes or no."""

import pytest

from lending.orders.model import Method
from lending.orders.states import OrderState
from tests.actions import BOTH
from tests.actions.talking import Conversation

pytestmark = BOTH


def open_orders(talk: Conversation) -> list[str]:
    """Numbers of the bound reader's open orders."""
    reader = talk.library.readers.bound_to(talk.id)
    return [order.number for order in talk.library.orders.of(reader)] if reader else []


# --- where to ---


def test_an_order_without_a_place_asks_for_one(talk: Conversation) -> None:
    talk.fill("活着")
    with talk.unchanged():
        turn = talk.do("action_place_order", "下单")
    assert turn.said == ["utter_ask_pickup"]
    assert turn.choices("utter_ask_pickup")[0].startswith("/choose_point")
    assert (turn.awaiting, turn.about) == ("pickup", {"skip": 0})


def test_an_order_of_nothing_is_refused(talk: Conversation) -> None:
    talk.bind("D0001")
    with talk.unchanged():
        turn = talk.do("action_place_order", "下单")
    assert turn.said == ["utter_refused_basket_empty"]


def test_an_order_of_the_book_just_offered_takes_it_along(talk: Conversation) -> None:
    talk.do("action_search_books", "乡土中国")
    talk.do("action_place_order", "下单")
    assert talk.basket() == ["乡土中国"]


def test_a_place_named_leads_to_the_summary(talk: Conversation) -> None:
    talk.bind("D0001")
    talk.fill("活着")
    turn = talk.do("action_choose_pickup", "送到湖东邻里中心")
    assert turn.said == ["utter_order_summary"]
    draft = turn.data("utter_order_summary")
    assert (draft["state"], draft["method"], draft["fee_fen"]) == ("draft", "locker", 0)
    assert draft["pickup_point"]["id"] == "hudong"
    nonce = talk.library.baskets.get(talk.id).nonce
    assert (turn.awaiting, turn.about) == ("order_confirmation", {"nonce": nonce})
    assert open_orders(talk) == []


@pytest.mark.parametrize(
    ("words", "point"), [("下单，送到苏州站", "suzhouzhan"), ("就借这些，送独墅湖分馆", "dushuhu")]
)
def test_an_order_that_names_its_place(talk: Conversation, words: str, point: str) -> None:
    talk.bind("D0001")
    talk.fill("活着")
    turn = talk.do("action_place_order", words)
    assert turn.awaiting == "order_confirmation"
    assert talk.library.baskets.get(talk.id).point_id == point


# --- the card ---


def test_the_card_is_asked_for_once_and_the_talk_goes_on(talk: Conversation) -> None:
    talk.fill("活着")
    talk.do("action_place_order", "下单")
    turn = talk.do("action_choose_pickup", "湖东邻里中心", intent="choose_pickup")
    assert turn.said == ["utter_ask_card"]
    assert turn.data("utter_ask_card") == {"purpose": "bind_card"}
    assert (turn.awaiting, turn.slots["kept_action"]) == ("card", "action_choose_pickup")
    talk.bind("D0001")
    bound = talk.do("action_card_bound", intent="card_bound")
    assert (bound.said, bound.followup) == (["utter_card_bound_going_on"], "action_choose_pickup")
    assert bound.awaiting == "pickup"
    assert bound.slots["kept_action"] is None
    assert talk.do("action_choose_pickup", intent="card_bound").said == ["utter_order_summary"]


def test_nothing_is_ordered_without_a_card(talk: Conversation) -> None:
    nonce = talk.fill("活着", point="hudong")
    with talk.unchanged():
        turn = talk.do("action_confirm_order", nonce=nonce)
    assert turn.said == ["utter_ask_card"]


# --- yes and no ---


def test_yes_places_the_order(talk: Conversation) -> None:
    reader = talk.bind("D0001")
    talk.fill("活着", "围城")
    talk.do("action_choose_pickup", point="hudong")
    turn = talk.do("action_confirm_order", "好的", intent="affirm")
    assert turn.said == ["utter_order_placed"]
    order = talk.library.orders.of(reader)[0]
    data = turn.data("utter_order_placed")
    assert (data["number"], data["state"]) == (order.number, "placed")
    assert [line.title for line in order.lines] == ["活着", "围城"]
    assert (order.method, order.pickup_point and order.pickup_point.id) == (Method.LOCKER, "hudong")
    assert (turn.awaiting, talk.basket()) == (None, [])
    assert [turn.slots[name] for name in ("shown", "focus", "listing")] == [None, None, None]


def test_the_same_yes_twice_is_one_order(talk: Conversation) -> None:
    talk.bind("D0001")
    nonce = talk.fill("活着", point="hudong")
    first = talk.do("action_confirm_order", nonce=nonce)
    with talk.unchanged("baskets"):
        again = talk.do("action_confirm_order", nonce=nonce)
    assert first.data("utter_order_placed")["number"] == again.data("utter_order_placed")["number"]
    assert len(open_orders(talk)) == 1


def test_another_word_of_ordering_tells_the_order_placed(talk: Conversation) -> None:
    talk.bind("D0001")
    talk.do("action_confirm_order", nonce=talk.fill("活着", point="hudong"))
    with talk.unchanged():
        turn = talk.do("action_place_order", "确认下单")
    assert turn.said == ["utter_ordered_already"]


def test_a_basket_changed_since_the_summary_is_not_ordered(talk: Conversation) -> None:
    talk.bind("D0001")
    nonce = talk.fill("活着", point="hudong")
    talk.fill("围城")
    with talk.unchanged():
        turn = talk.do("action_confirm_order", nonce=nonce)
    assert turn.said == ["utter_refused_basket_changed"]
    assert open_orders(talk) == []


def test_a_forged_confirmation_orders_nothing(talk: Conversation, other: Conversation) -> None:
    talk.bind("D0001")
    other.bind("D0002")
    talk.fill("活着", point="hudong")
    theirs = other.fill("围城", point="mudu")
    with talk.unchanged():
        forged = talk.do("action_confirm_order", nonce="forged")
        stolen = talk.do("action_confirm_order", nonce=theirs)
    assert forged.said == stolen.said == ["utter_refused_basket_changed"]


def test_yes_without_a_summary_shows_it(talk: Conversation) -> None:
    talk.bind("D0001")
    talk.fill("活着", point="hudong")
    with talk.unchanged():
        assert talk.do("action_confirm_order", "好的").said == ["utter_order_summary"]


def test_the_last_copy_gone_meanwhile_offers_the_queue(talk: Conversation) -> None:
    talk.bind("D0001")
    nonce = talk.fill("乡土中国", point="hudong")
    title = talk.lend_out("乡土中国")
    with talk.unchanged("events"):  # the refusal is counted (3.4)
        turn = talk.do("action_confirm_order", nonce=nonce)
    assert turn.said == ["utter_all_gone"]
    assert (turn.awaiting, turn.about) == ("reserve", {"title": title})
    assert open_orders(talk) == []


def test_one_of_two_gone_meanwhile_is_told(talk: Conversation) -> None:
    talk.bind("D0001")
    nonce = talk.fill("活着", "乡土中国", point="hudong")
    talk.lend_out("乡土中国")
    summary = talk.do("action_place_order", "下单")
    assert summary.said == ["utter_order_summary", "utter_some_out"]
    turn = talk.do("action_confirm_order", nonce=nonce)
    assert turn.said == ["utter_order_placed", "utter_line_gone"]
    states = [line["state"] for line in turn.data("utter_order_placed")["lines"]]
    assert states == ["requested", "refused"]


@pytest.mark.parametrize(
    ("card", "response"),
    [("D0011", "utter_refused_suspended"), ("D0012", "utter_refused_fees_owed")],
)
def test_a_reader_who_may_not_order(talk: Conversation, card: str, response: str) -> None:
    talk.bind(card)
    nonce = talk.fill("活着", point="hudong")
    with talk.unchanged():
        summary = talk.do("action_place_order", "下单")
        turn = talk.do("action_confirm_order", nonce=nonce)
    assert summary.said == turn.said == [response]


def test_no_leaves_the_basket(talk: Conversation) -> None:
    talk.bind("D0001")
    talk.fill("活着", point="hudong")
    talk.do("action_place_order", "下单")
    with talk.unchanged():
        turn = talk.do("action_deny_order", "不了", intent="deny")
    assert (turn.said, turn.awaiting) == (["utter_order_not_placed"], None)


@pytest.mark.parametrize("action", ["action_confirm_order", "action_place_order"])
def test_not_now_never_orders(talk: Conversation, action: str) -> None:
    talk.bind("D0001")
    talk.fill("活着", point="hudong")
    talk.do("action_place_order", "下单")
    with talk.unchanged():
        turn = talk.do(action, "先别下单")
    assert turn.said == ["utter_order_not_placed"]


def test_the_whole_way_is_four_steps(talk: Conversation) -> None:
    """Find, choose, pickup, confirm."""
    reader = talk.bind("D0001")
    talk.do("action_search_books", "乡土中国")
    talk.do("action_select_item", "就这本")
    talk.do("action_choose_pickup", "湖东邻里中心")
    talk.do("action_confirm_order", "好的")
    assert [order.state for order in talk.library.orders.of(reader)] == [OrderState.PLACED]
