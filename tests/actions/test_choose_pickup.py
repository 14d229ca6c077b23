"""Where an order goes: lockers, branches, the door."""

import pytest
from sqlalchemy import update

from lending.orders.model import Method
from lending.storage import pickup as pickup_rows
from lending.storage.cells import cells
from tests.actions import BOTH
from tests.actions.talking import Conversation

pytestmark = BOTH


def close_locker(talk: Conversation, point: str) -> None:
    with talk.library.database.begin() as conn:
        conn.execute(update(pickup_rows.lockers).where(pickup_rows.lockers.c.id == point).values(closed=True))


def fill_locker(talk: Conversation, point: str) -> None:
    with talk.library.database.begin() as conn:
        conn.execute(cells.delete().where(cells.c.locker_id == point))


# --- lockers and branches ---


@pytest.mark.parametrize(
    ("words", "response"),
    [
        ("去分馆取", "utter_which_branch"),
        ("送到自助柜", "utter_which_locker"),
        ("换一个", "utter_other_pickup"),
    ],
)
def test_a_way_without_a_place_asks_on(talk: Conversation, words: str, response: str) -> None:
    talk.fill("活着")
    with talk.unchanged():
        turn = talk.do("action_choose_pickup", words)
    assert turn.said == [response]
    assert turn.awaiting == "pickup"


def test_other_lockers_are_offered_each_time(talk: Conversation) -> None:
    talk.fill("活着")
    first = talk.do("action_place_order", "下单").choices("utter_ask_pickup")
    turn = talk.do("action_choose_pickup", "换别的柜子")
    assert turn.about == {"skip": 3}
    assert not set(first) & set(turn.choices("utter_other_pickup"))


@pytest.mark.parametrize("spoil", [close_locker, fill_locker])
def test_a_locker_that_cannot_take_it_is_not_taken(talk: Conversation, spoil: object) -> None:
    assert callable(spoil)
    talk.bind("D0001")
    talk.fill("活着")
    spoil(talk, "hudong")
    with talk.unchanged():
        turn = talk.do("action_choose_pickup", point="hudong")
    assert turn.said in (["utter_refused_locker_full"], ["utter_refused_point_closed"])
    assert turn.awaiting == "pickup"
    assert all("hudong" not in payload for payload in turn.choices(turn.said[0]))


@pytest.mark.parametrize("point", ["nowhere", "renmin' OR 1=1"])
def test_a_forged_place_is_refused(talk: Conversation, point: str) -> None:
    talk.bind("D0001")
    talk.fill("活着")
    with talk.unchanged():
        turn = talk.do("action_choose_pickup", point=point)
    assert turn.said == ["utter_refused_unknown_point"]


def test_a_place_without_books_is_only_told_about(talk: Conversation) -> None:
    with talk.unchanged():
        assert talk.do("action_choose_pickup", "独墅湖分馆").said == ["utter_open_now"]


# --- near me ---


def test_a_shared_location_sorts_the_lockers_and_is_rounded(talk: Conversation) -> None:
    talk.fill("活着")
    turn = talk.do("action_share_location", latitude="31.2988123", longitude="120.5486456")
    assert turn.said == ["utter_lockers_near"]
    points = turn.data("utter_lockers_near")["points"]
    assert points[0]["id"] == "shishan"
    assert [point["distance_km"] for point in points] == sorted(point["distance_km"] for point in points)
    assert turn.slots["place"] == {"latitude": 31.299, "longitude": 120.549}
    assert turn.awaiting == "pickup"


def test_a_shared_location_without_books_asks_nothing(talk: Conversation) -> None:
    assert talk.do("action_share_location", latitude="31.3", longitude="120.6").awaiting is None


@pytest.mark.parametrize("latitude", ["", "north", "31.3.1"])
def test_a_forged_location_is_refused(talk: Conversation, latitude: str) -> None:
    turn = talk.do("action_share_location", latitude=latitude, longitude="120.6")
    assert turn.said == ["utter_refused_unknown_point"]
    assert not turn.slots.get("place")


# --- to the door ---


@pytest.mark.parametrize(
    ("card", "response", "fee"),
    [("D0001", "utter_order_summary_home", 300), ("D0004", "utter_order_summary_home_free", 0)],
)
def test_to_the_only_address_at_its_price(talk: Conversation, card: str, response: str, fee: int) -> None:
    talk.bind(card)
    talk.fill("活着")
    turn = talk.do("action_choose_pickup", method="home")
    assert turn.said == [response]
    assert turn.data(response)["fee_fen"] == fee
    assert talk.library.baskets.get(talk.id).method is Method.HOME


def test_of_several_addresses_the_reader_chooses(talk: Conversation) -> None:
    reader = talk.bind("D0001")
    added = talk.library.readers.add_address(reader.id, "王晓晨", "13900000001", "姑苏区", "人民路100号")
    talk.fill("活着")
    with talk.unchanged():
        turn = talk.do("action_choose_pickup", "送到家")
    assert turn.said == ["utter_which_address"]
    assert len(turn.choices("utter_which_address")) == 2
    pressed = talk.do("action_use_address", address=added.id)
    assert pressed.said == ["utter_order_summary_home"]
    assert talk.library.baskets.get(talk.id).address_id == added.id


def test_without_an_address_a_form_is_sent(talk: Conversation) -> None:
    talk.bind("D0002")
    talk.fill("活着")
    with talk.unchanged():
        turn = talk.do("action_choose_pickup", "送到家")
    assert turn.said == ["utter_ask_address"]
    assert turn.data("utter_ask_address") == {"purpose": "add_address"}
    assert turn.awaiting == "pickup"


@pytest.mark.parametrize("action", ["action_use_address", "action_choose_pickup"])
def test_somebody_elses_address_is_refused(talk: Conversation, action: str) -> None:
    other = talk.library.readers.register.by_card("D0004")
    assert other is not None
    theirs = talk.library.readers.addresses(other.id)[0].id
    talk.bind("D0001")
    talk.fill("活着")
    with talk.unchanged():
        turn = talk.do(action, address=theirs, method="home")
    assert turn.said == ["utter_refused_address_not_found"]
