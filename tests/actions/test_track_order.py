"""After the order: where it is, its codes, another pickup, off again."""

import pytest

from lending.orders.states import OrderState
from tests.actions import BOTH
from tests.actions.talking import Conversation

pytestmark = BOTH

BEFORE_AVAILABLE = [OrderState.PLACED, OrderState.PICKING, OrderState.PACKED, OrderState.IN_TRANSIT]
PACKED_OR_LATER = [OrderState.PACKED, OrderState.IN_TRANSIT, OrderState.AVAILABLE, OrderState.COLLECTED]

ASKS_FOR_AN_ORDER = [
    "action_track_order",
    "action_pickup_code",
    "action_proxy_code",
    "action_cancel_order",
    "action_cancel_this_order",
]


# --- whose order ---


@pytest.mark.parametrize("action", ASKS_FOR_AN_ORDER)
def test_somebody_elses_order_is_as_one_that_does_not_exist(
    talk: Conversation, other: Conversation, action: str
) -> None:
    theirs = other.order(other.bind("D0002"), "活着").number
    other.advance(theirs, OrderState.AVAILABLE)
    talk.bind("D0001")
    with talk.unchanged():
        forged = talk.do(action, order=theirs)
        unknown = talk.do(action, order="D20990101-9999")
    assert forged.said == unknown.said == ["utter_refused_order_not_found"]


def test_somebody_elses_order_is_not_changed(talk: Conversation, other: Conversation) -> None:
    theirs = other.order(other.bind("D0002"), "活着").number
    talk.bind("D0001")
    with talk.unchanged():
        turn = talk.do("action_choose_pickup", order=theirs, point="mudu")
    assert turn.said == ["utter_refused_order_not_found"]


@pytest.mark.parametrize("action", ASKS_FOR_AN_ORDER[:-1])
def test_orders_need_a_card(talk: Conversation, action: str) -> None:
    with talk.unchanged():
        turn = talk.do(action, "我的订单", intent="track_order")
    assert turn.said == ["utter_ask_card"]
    assert (turn.awaiting, turn.slots["kept_action"]) == ("card", action)
    assert turn.slots["kept_request"]["text"] == "我的订单"


# --- where it is ---


@pytest.mark.parametrize("state", [*BEFORE_AVAILABLE, OrderState.AVAILABLE])
def test_the_only_open_order_is_told_in_the_words_of_its_state(talk: Conversation, state: OrderState) -> None:
    number = talk.order(talk.bind("D0001"), "活着").number
    order = talk.advance(number, state)
    with talk.unchanged():
        turn = talk.do("action_track_order", "我的书到哪了")
    assert turn.said == [f"utter_track_{state}"]
    data = turn.data(turn.said[0])
    assert (data["number"], data["state"], data.get("pickup_code")) == (number, state, order.pickup_code)


def test_an_order_that_is_over_is_told_as_the_last_one(talk: Conversation) -> None:
    number = talk.order(talk.bind("D0001"), "活着").number
    talk.library.orders.cancel(talk.bind("D0001"), number)
    assert talk.do("action_track_order", "订单").said == ["utter_no_open_order"]
    assert talk.do("action_track_order", f"订单{number}呢").said == ["utter_track_cancelled"]


def test_several_orders_are_listed_to_choose_from(talk: Conversation) -> None:
    reader = talk.bind("D0001")
    numbers = {talk.order(reader, "活着").number, talk.order(reader, "围城").number}
    turn = talk.do("action_track_order", "我的订单")
    assert turn.said == ["utter_orders"]
    assert set(turn.choices("utter_orders")) == {f'/track_order{{"order": "{number}"}}' for number in numbers}


def test_no_order_yet(talk: Conversation) -> None:
    talk.bind("D0001")
    with talk.unchanged():
        assert talk.do("action_track_order", "我的订单").said == ["utter_no_order"]
        assert talk.do("action_cancel_order", "取消订单").said == ["utter_no_order"]
        assert talk.do("action_pickup_code", "取书码").said == ["utter_no_code"]
        assert talk.do("action_proxy_code", "让儿子代取").said == ["utter_no_code"]
        assert talk.do("action_pickup_code", "怎么取书啊").said == ["utter_process"]


def test_how_to_fetch_needs_no_card(talk: Conversation) -> None:
    with talk.unchanged():
        assert talk.do("action_pickup_code", "怎么取书啊").said == ["utter_process"]
        assert talk.do("action_pickup_code", "取书码多少", intent="pickup_code").said == ["utter_ask_card"]


# --- codes ---


def test_the_code_again(talk: Conversation) -> None:
    number = talk.order(talk.bind("D0001"), "活着").number
    code = talk.advance(number, OrderState.AVAILABLE).pickup_code
    assert code is not None
    with talk.unchanged():
        turn = talk.do("action_pickup_code", "取书码是多少")
    assert turn.said == ["utter_pickup_code"]
    assert turn.message("utter_pickup_code")["code"].replace(" ", "") == code


@pytest.mark.parametrize("action", ["action_pickup_code", "action_proxy_code"])
@pytest.mark.parametrize("state", BEFORE_AVAILABLE)
def test_no_code_before_it_lies_ready(talk: Conversation, action: str, state: OrderState) -> None:
    number = talk.order(talk.bind("D0001"), "活着").number
    talk.advance(number, state)
    with talk.unchanged():
        turn = talk.do(action, "取书码")
    assert turn.said == ["utter_refused_not_available_yet"]
    assert turn.message(turn.said[0])["promised_by"]


def test_a_helpers_code_opens_the_door(talk: Conversation) -> None:
    number = talk.order(talk.bind("D0001"), "活着").number
    own = talk.advance(number, OrderState.AVAILABLE).pickup_code
    turn = talk.do("action_proxy_code", "让儿子帮我取")
    assert turn.said == ["utter_proxy_code"]
    code = turn.message("utter_proxy_code")["code"].replace(" ", "")
    assert code != own
    talk.library.fulfilment.collect("hudong", code)
    assert talk.do("action_track_order", order=number).said == ["utter_track_collected"]


# --- off again ---


def test_an_order_is_cancelled_after_a_question(talk: Conversation) -> None:
    reader = talk.bind("D0001")
    number = talk.order(reader, "活着").number
    with talk.unchanged():
        turn = talk.do("action_cancel_order", "取消订单")
    assert turn.said == ["utter_ask_cancel"]
    assert (turn.awaiting, turn.about) == ("cancel_confirmation", {"order": number})
    done = talk.do("action_cancel_this_order", "确定", intent="affirm")
    assert (done.said, done.awaiting) == (["utter_order_cancelled"], None)
    assert talk.library.orders.get(reader, number).state is OrderState.CANCELLED


def test_cancelled_twice_is_cancelled_once(talk: Conversation) -> None:
    number = talk.order(talk.bind("D0001"), "活着").number
    talk.do("action_cancel_this_order", order=number)
    with talk.unchanged():
        talk.do("action_cancel_this_order", order=number)


def test_no_keeps_the_order(talk: Conversation) -> None:
    talk.order(talk.bind("D0001"), "活着")
    talk.do("action_cancel_order", "取消订单")
    with talk.unchanged():
        turn = talk.do("action_keep_order", "不了", intent="deny")
    assert (turn.said, turn.awaiting) == (["utter_order_kept"], None)


@pytest.mark.parametrize("state", PACKED_OR_LATER)
def test_too_late_to_cancel(talk: Conversation, state: OrderState) -> None:
    number = talk.order(talk.bind("D0001"), "活着").number
    talk.advance(number, state)
    with talk.unchanged():
        asked = talk.do("action_cancel_order", order=number)
        forced = talk.do("action_cancel_this_order", order=number)
    assert asked.said == forced.said == ["utter_refused_too_late_to_cancel"]
    assert asked.awaiting is None


def test_which_of_several_orders(talk: Conversation) -> None:
    reader = talk.bind("D0001")
    talk.order(reader, "活着")
    talk.order(reader, "围城")
    with talk.unchanged():
        cancel = talk.do("action_cancel_order", "取消订单")
        change = talk.do("action_choose_pickup", "改送到木渎")
    assert (cancel.said, change.said) == (["utter_cancel_which"], ["utter_change_which"])
    assert len(cancel.choices("utter_cancel_which")) == len(change.choices("utter_change_which")) == 2


def test_yes_to_no_order_cancels_nothing(talk: Conversation) -> None:
    talk.order(talk.bind("D0001"), "活着")
    with talk.unchanged():
        assert talk.do("action_cancel_this_order", "是").said == ["utter_refused_order_not_found"]


def test_nothing_ordered_yet_but_a_basket(talk: Conversation) -> None:
    talk.bind("D0001")
    talk.fill("活着")
    with talk.unchanged():
        assert talk.do("action_cancel_order", "不订了").said == ["utter_order_not_placed"]


# --- somewhere else ---


def test_another_place_until_packed(talk: Conversation) -> None:
    reader = talk.bind("D0001")
    number = talk.order(reader, "活着").number
    turn = talk.do("action_choose_pickup", "改送到木渎古镇")
    assert turn.said == ["utter_pickup_changed"]
    point = talk.library.orders.get(reader, number).pickup_point
    assert point is not None
    assert point.id == "mudu"


def test_to_the_door_instead_at_its_price(talk: Conversation) -> None:
    talk.order(talk.bind("D0001"), "活着")
    turn = talk.do("action_choose_pickup", "改送到家里")
    assert turn.said == ["utter_pickup_changed_fee"]
    assert turn.data("utter_pickup_changed_fee")["fee_fen"] == 300


def test_to_the_door_without_an_address(talk: Conversation) -> None:
    reader = talk.bind("D0002")
    number = talk.order(reader, "活着").number
    with talk.unchanged():
        turn = talk.do("action_choose_pickup", "改送到家里")
    assert turn.said == ["utter_ask_address"]
    assert (turn.awaiting, turn.about) == ("change_confirmation", {"order": number})
    added = talk.library.readers.add_address(reader.id, "李敏华", "13900000002", "姑苏区", "人民路100号")
    assert talk.do("action_use_address", address=added.id).said == ["utter_pickup_changed_fee"]


def test_somebody_elses_address_is_refused(talk: Conversation) -> None:
    number = talk.order(talk.bind("D0001"), "活着").number
    other = talk.library.readers.register.by_card("D0004")
    assert other is not None
    theirs = talk.library.readers.addresses(other.id)[0].id
    with talk.unchanged():
        turn = talk.do("action_use_address", order=number, address=theirs)
    assert turn.said == ["utter_refused_address_not_found"]


def test_where_to_is_asked_and_the_answer_taken(talk: Conversation) -> None:
    reader = talk.bind("D0001")
    number = talk.order(reader, "活着").number
    with talk.unchanged():
        turn = talk.do("action_choose_pickup", order=number)
    assert turn.said == ["utter_change_where"]
    assert (turn.awaiting, turn.about) == ("change_confirmation", {"order": number})
    done = talk.do("action_choose_pickup", "苏州北站")
    assert (done.said, done.awaiting) == (["utter_pickup_changed"], None)


@pytest.mark.parametrize("state", [OrderState.PACKED, OrderState.AVAILABLE])
def test_too_late_to_change(talk: Conversation, state: OrderState) -> None:
    number = talk.order(talk.bind("D0001"), "活着").number
    talk.advance(number, state)
    with talk.unchanged():
        named = talk.do("action_choose_pickup", order=number, point="mudu")
        unnamed = talk.do("action_choose_pickup", "改送到木渎")
    assert named.said == unnamed.said == ["utter_refused_too_late_to_change"]


def test_nothing_to_change(talk: Conversation) -> None:
    talk.bind("D0001")
    with talk.unchanged():
        turn = talk.do("action_choose_pickup", "改送到木渎")
        address = talk.do("action_use_address", address="1")
    assert turn.said == address.said == ["utter_refused_basket_empty"]
