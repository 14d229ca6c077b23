"""From a basket to an order: rules, figures, once."""

from datetime import timedelta

import pytest

from lending.errors import Code
from lending.orders.model import Method
from lending.orders.states import LineState, OrderState
from lending.readers.model import Reader, ReaderKind
from lending.storage import orders as rows
from lending.storage.base import Database
from tests.fakes.clock import china
from tests.lending.house import House, refused


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def nothing_happened(house: House) -> bool:
    with house.database.read() as conn:
        orders = conn.execute(rows.orders.select()).all()
        promised = conn.exec_driver_sql("SELECT count(*) FROM promises WHERE released_at IS NULL").scalar()
    return not orders and promised == 0


def test_a_quote_tells_fee_date_and_rules(house: House) -> None:
    reader = house.reader()
    wanted = house.title("活着", author="余华")
    house.fill("talk", wanted)
    quote = house.orders.quote("talk", reader)
    assert [(line.title, line.obtainable, line.from_branch) for line in quote.lines] == [("活着", True, "B1")]
    assert (quote.fee_fen, quote.parcels, quote.hold_days, quote.loan_days) == (0, 1, 3, 30)
    assert quote.promised_by == china(
        "2025-03-07 09:00"
    )  # Wednesday's first batch, a day each to find and send
    assert quote.nonce == house.baskets.get("talk").nonce
    assert nothing_happened(house)


def test_an_order_takes_the_copy_of_the_pickup_branch_first(house: House) -> None:
    reader = house.reader()
    wanted = house.title("活着", stock=("B1", "B2c", "B2"))
    order = house.order(reader, wanted, method=Method.BRANCH, to="B2").order
    placed = house.events(order.number)[0]["data"]["lines"][0]
    assert (placed["branch_id"], placed["stack"]) == ("B2", "open")
    assert order.promised_by == china("2025-03-06 09:00")  # nothing has to travel


def test_open_shelves_elsewhere_come_before_closed_stacks(house: House) -> None:
    wanted = house.title("活着", stock=("B2c", "B1"))
    order = house.order(house.reader(), wanted).order
    assert house.events(order.number)[0]["data"]["lines"][0]["stack"] == "open"


@pytest.mark.parametrize(
    ("kind", "volumes", "fee"),
    [(ReaderKind.ADULT, 3, 300), (ReaderKind.ADULT, 5, 500), (ReaderKind.RURAL, 5, 0)],
)
def test_the_door_costs_what_the_policy_says(house: House, kind: ReaderKind, volumes: int, fee: int) -> None:
    reader = house.reader(kind=kind)
    wanted = [house.title(f"书{number}") for number in range(volumes)]
    order = house.order(reader, *wanted, method=Method.HOME, to=house.address(reader)).order
    assert order.fee_fen == fee
    assert order.address_label == "姑苏区…1号"


def test_large_baskets_are_split_into_parcels(house: House) -> None:
    wanted = [house.title(f"书{number}") for number in range(6)]
    assert house.order(house.reader(), *wanted).order.parcels == 2


def test_the_same_confirmation_twice_is_one_order(house: House) -> None:
    reader = house.reader()
    out = house.title("三体", stock=())
    nonce = house.fill("talk", house.title("活着"), out)
    first = house.orders.place("talk", reader, nonce)
    again = house.orders.place("talk", reader, nonce)
    assert again.order == first.order
    assert [line.title for line in again.refused] == ["三体"]
    assert len(house.orders.of(reader)) == 1
    assert house.baskets.get("talk").lines == ()


def test_another_readers_nonce_says_nothing(house: House) -> None:
    nonce = house.fill("talk", house.title("活着"))
    house.orders.place("talk", house.reader(), nonce)
    assert refused(house.orders.place, "talk", house.reader("D0002"), nonce).code is Code.ORDER_NOT_FOUND


def test_a_changed_basket_is_not_what_was_confirmed(house: House) -> None:
    nonce = house.fill("talk", house.title("活着"))
    house.baskets.add("talk", house.title("三体"))
    assert refused(house.orders.place, "talk", house.reader(), nonce).code is Code.BASKET_CHANGED
    assert nothing_happened(house)


def test_a_title_without_copies_is_refused_with_ways_on(house: House) -> None:
    reader = house.reader()
    lent = house.title("活着", author="余华")
    house.set_copy(lent, "lent")
    other = house.title("活着", author="余华")
    unowned = house.title("三体", stock=())
    had = house.title("围城")
    placed = house.order(reader, lent, unowned, had)
    by_title = {line.title_id: line for line in placed.refused}
    assert by_title.keys() == {lent, unowned}
    ways = by_title[lent].alternatives
    assert by_title[lent].reason == "all_out"
    assert ways is not None
    assert (ways.reserve, ways.interlibrary, [edition.title_id for edition in ways.editions]) == (
        True,
        False,
        [other],
    )
    none = by_title[unowned].alternatives
    assert none is not None
    assert (by_title[unowned].reason, none.reserve, none.interlibrary) == ("no_copy", False, True)
    states = {line.title_id: line.state for line in placed.order.lines}
    assert states == {lent: LineState.REFUSED, unowned: LineState.REFUSED, had: LineState.REQUESTED}


def test_nothing_obtainable_changes_nothing_but_is_counted_once(house: House) -> None:
    reader = house.reader()
    wanted = house.title("活着", stock=("B1c",))
    house.set_copy(wanted, "lent")
    nonce = house.fill("talk", wanted)
    for _ in range(2):
        refusal = refused(house.orders.place, "talk", reader, nonce)
        assert refusal.code is Code.NOTHING_OBTAINABLE
        assert refusal.facts["titles"] == ["活着"]
        assert refusal.facts["alternatives"][0]["reserve"] is True
    assert nothing_happened(house)
    assert len(house.baskets.get("talk").lines) == 1
    with house.database.read() as conn:
        counted = conn.execute(rows.events.select()).mappings().all()
    assert [(row["kind"], row["data"]["lines"][0]["stack"]) for row in counted] == [
        ("nothing_obtainable", "closed")
    ]


def test_loans_and_lines_under_way_count_on_the_card(house: House) -> None:
    reader = house.reader(kind=ReaderKind.CHILD)
    first = [house.title(f"书{number}") for number in range(6)]
    number = house.order(reader, *first).order.number
    house.advance(number, OrderState.AVAILABLE)
    second = [house.title(f"本{number}") for number in range(3)]
    house.order(reader, *second, to="L2")
    house.fill("talk", house.title("甲"), house.title("乙"), to="L2")
    refusal = refused(house.orders.quote, "talk", reader)
    assert (refusal.code, refusal.facts) == (Code.OVER_CARD_LIMIT, {"limit": 10, "held": 9, "wanted": 2})
    nonce = house.baskets.get("talk").nonce
    assert refused(house.orders.place, "talk", reader, nonce).code is Code.OVER_CARD_LIMIT
    assert len(house.orders.of(reader, open_only=False)) == 2


def test_suspended_readers_do_not_order(house: House) -> None:
    known = house.reader()
    until = house.clock.now() + timedelta(days=3)
    reader = Reader(known.id, known.card, known.kind, known.display_name, suspended_until=until)
    nonce = house.fill("talk", house.title("活着"))
    refusal = refused(house.orders.place, "talk", reader, nonce)
    assert (refusal.code, refusal.facts["until"]) == (Code.SUSPENDED, until)
    assert nothing_happened(house)


def test_children_do_not_get_adult_titles(house: House) -> None:
    nonce = house.fill("talk", house.title("白鹿原", adult_only=True))
    refusal = refused(house.orders.place, "talk", house.reader(kind=ReaderKind.CHILD), nonce)
    assert (refusal.code, refusal.facts) == (Code.ADULT_ONLY, {"titles": ["白鹿原"]})
    assert house.orders.place("talk", house.reader("D0009"), nonce).order.state is OrderState.PLACED


def test_fees_over_the_limit_stop_orders(house: House) -> None:
    reader = house.reader()
    number = house.order(reader, house.title("活着"), house.title("三体"), house.title("围城")).order.number
    house.advance(number, OrderState.AVAILABLE)
    house.clock.forward(days=30 + 80)
    nonce = house.fill("talk", house.title("城南旧事"), to="L2")
    refusal = refused(house.orders.place, "talk", reader, nonce)
    assert refusal.code is Code.FEES_OWED
    assert refusal.facts["owed_fen"] > refusal.facts["limit_fen"] == 2000


def test_empty_baskets_and_missing_pickups(house: House) -> None:
    reader = house.reader()
    assert refused(house.orders.quote, "talk", reader).code is Code.BASKET_EMPTY
    assert refused(house.orders.place, "talk", reader, "none").code is Code.BASKET_EMPTY
    house.baskets.add("talk", house.title("活着"))
    assert refused(house.orders.quote, "talk", reader).code is Code.PICKUP_MISSING
    house.baskets.choose_pickup("talk", Method.HOME)
    assert refused(house.orders.quote, "talk", reader).facts == {"method": "home"}


def test_another_readers_address_is_not_found(house: House) -> None:
    door = house.address(house.reader("D0002"))
    house.fill("talk", house.title("活着"), method=Method.HOME, to=door)
    assert refused(house.orders.quote, "talk", house.reader()).code is Code.ADDRESS_NOT_FOUND


def test_full_and_closed_lockers_are_refused(house: House) -> None:
    for card in ("D0011", "D0012", "D0013"):
        house.order(house.reader(card), house.title(card))
    assert house.points.get("L1").free_cells == 0
    house.baskets.add("talk", house.title("活着"))
    refusal = refused(house.baskets.choose_pickup, "talk", Method.LOCKER, "L1")
    assert (refusal.code, refusal.facts) == (Code.LOCKER_FULL, {"name": "湖东邻里中心自助柜"})
    house.close_point("L2")
    assert refused(house.baskets.choose_pickup, "talk", Method.LOCKER, "L2").code is Code.POINT_CLOSED
    assert refused(house.baskets.choose_pickup, "talk", Method.LOCKER, "nowhere").code is Code.UNKNOWN_POINT
    assert refused(house.baskets.choose_pickup, "talk", Method.LOCKER, "B1").code is Code.UNKNOWN_POINT


def test_a_locker_that_fills_before_confirming_is_refused(house: House) -> None:
    nonce = house.fill("talk", house.title("活着"))
    for card in ("D0011", "D0012", "D0013"):
        house.order(house.reader(card), house.title(card))
    assert refused(house.orders.place, "talk", house.reader(), nonce).code is Code.LOCKER_FULL
    assert refused(house.orders.quote, "talk", house.reader("D0002")).code is Code.LOCKER_FULL


def test_baskets_say_what_does_not_fit(house: House) -> None:
    wanted = house.title("活着")
    house.baskets.add("talk", wanted)
    assert refused(house.baskets.add, "talk", wanted).facts == {"title": "活着"}
    assert refused(house.baskets.add, "talk", 999).code is Code.UNKNOWN_TITLE
    assert refused(house.baskets.remove, "talk", 999).code is Code.NOT_IN_BASKET
    assert house.baskets.remove("talk", wanted).lines == ()
    for number in range(20):
        house.baskets.add("talk", house.title(f"书{number}"))
    assert refused(house.baskets.add, "talk", wanted).facts == {"limit": 20}
    assert house.baskets.clear("talk").lines == ()


def test_to_the_country_goes_the_weekly_round(house: House) -> None:
    """6.1.4: whoever lives in a township is promised the round's day, not the town's."""
    wanted = house.title("活着", stock=("B1", "B1"))
    promised = []
    for card, kind in (("D0001", ReaderKind.ADULT), ("D0002", ReaderKind.RURAL)):
        reader = house.reader(card, kind)
        door = house.address(reader)
        promised.append(house.order(reader, wanted, method=Method.HOME, to=door).order.promised_by)
    assert promised == [china("2025-03-07 09:00"), china("2025-03-13 09:00")]  # a Thursday
