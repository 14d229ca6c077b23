"""From the staff's list to the reader's hands."""

from datetime import timedelta

import pytest

from lending.errors import Code
from lending.orders.model import Method
from lending.orders.replay import replay, stored
from lending.orders.states import LineState, OrderState
from lending.ports import ShipmentState
from lending.readers.model import ReaderKind
from lending.storage.base import Database
from tests.fakes.clock import china
from tests.lending.house import House, refused


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def explained(house: House, number: str) -> bool:
    """Whether the events alone tell what the rows say."""
    with house.database.read() as conn:
        return replay(house.events(number)) == stored(conn, house.row(number))


def kinds(house: House, number: str) -> list[str]:
    return [event["kind"] for event in house.events(number)]


def test_a_locker_order_from_shelf_to_hand(house: House) -> None:
    reader = house.reader()
    wanted = house.title("活着")
    number = house.order(reader, wanted).order.number
    house.clock.forward(hours=1)
    assert house.fulfilment.receive(number).state is OrderState.PICKING
    house.clock.forward(hours=2)
    [line] = house.fulfilment.get(number).lines
    house.fulfilment.found(number, line.id)
    house.clock.forward(minutes=10)
    assert house.fulfilment.pack(number).state is OrderState.PACKED
    [parcel] = house.parcels(number)
    assert (parcel["locker_id"], parcel["cell"], parcel["from_branch"]) == ("L1", "01", "B1")
    assert house.points.get("L1").free_cells == 2
    house.fulfilment.dispatch(number)
    house.clock.forward(hours=20)
    [job] = house.courier.under_way()
    assert (job.end.kind, job.end.id, job.volumes) == ("locker", "L1", 1)
    assert house.fulfilment.follow(number).state is OrderState.IN_TRANSIT
    house.courier.scan(job.tracking, ShipmentState.DELIVERED)
    order = house.fulfilment.follow(number)
    assert order.state is OrderState.AVAILABLE
    assert order.pickup_code is not None
    assert len(order.pickup_code) == 6
    assert order.hold_until == china("2025-03-09 22:30")  # three open days after Thursday
    assert [loan.title for loan in house.loans.of(reader)] == ["活着"]
    assert house.copy_states(wanted) == ["lent"]
    done = house.fulfilment.collect("L1", order.pickup_code)
    assert (done.state, done.pickup_code) == (OrderState.COLLECTED, None)
    assert house.points.get("L1").free_cells == 3
    row = house.row(number)
    clock = [
        row[f"{name}_at"]
        for name in ("placed", "received", "found", "packed", "shipped", "available", "collected")
    ]
    assert clock == sorted(clock)
    assert (row["found_at"] - row["received_at"]) == timedelta(hours=2)
    assert [kind for kind, _ in house.told(reader)] == [
        "order_found",
        "order_packed",
        "order_shipped",
        "order_available",
    ]
    assert explained(house, number)


def test_the_order_closes_with_its_last_book(house: House) -> None:
    reader = house.reader()
    number = house.order(reader, house.title("活着"), house.title("三体")).order.number
    code = house.advance(number, OrderState.AVAILABLE).pickup_code or ""
    house.fulfilment.collect("L1", code)
    assert refused(house.fulfilment.close, number).code is Code.ILLEGAL_MOVE
    copies = [line["copy_id"] for line in house.events(number)[0]["data"]["lines"]]
    house.loans.returned(copies[0])
    assert house.fulfilment.get(number).state is OrderState.COLLECTED
    house.loans.returned(copies[1])
    assert house.fulfilment.get(number).state is OrderState.CLOSED
    assert explained(house, number)


def test_books_that_come_back_were_collected(house: House) -> None:
    """A cut-off locker told nothing: whoever gives the books back had them, and missed no pickup."""
    reader = house.reader()
    number = house.order(reader, house.title("活着"), house.title("三体")).order.number
    order = house.advance(number, OrderState.AVAILABLE)
    first, second = (line["copy_id"] for line in house.events(number)[0]["data"]["lines"])
    house.loans.returned(first)
    assert house.fulfilment.get(number).state is OrderState.AVAILABLE
    house.loans.returned(second)
    assert house.fulfilment.get(number).state is OrderState.CLOSED
    assert kinds(house, number)[-2:] == ["collected", "closed"]
    assert refused(house.fulfilment.collect, "L1", order.pickup_code).code is Code.CODE_REFUSED
    house.clock.forward(days=30)
    house.timers.run_due()
    house.fulfilment.free_cells()
    assert "hold_expired" not in [kind for kind, _ in house.told(reader)]
    assert house.lockers.free_cells("L1") == 3
    assert explained(house, number)


def test_steps_out_of_turn_are_refused(house: House) -> None:
    number = house.order(house.reader(), house.title("活着")).order.number
    [line] = house.fulfilment.get(number).lines
    for step in (house.fulfilment.pack, house.fulfilment.dispatch, house.fulfilment.arrived):
        assert refused(step, number).code is Code.ILLEGAL_MOVE
    assert refused(house.fulfilment.found, number, line.id).code is Code.ILLEGAL_MOVE
    house.fulfilment.receive(number)
    assert refused(house.fulfilment.receive, number).code is Code.ILLEGAL_MOVE
    assert refused(house.fulfilment.pack, number).facts == {"number": number, "titles": ["活着"]}
    assert refused(house.fulfilment.found, number, line.id + 1).code is Code.LINE_NOT_FOUND
    assert refused(house.fulfilment.receive, "none").code is Code.ORDER_NOT_FOUND
    assert kinds(house, number) == ["placed", "received"]


def test_a_book_not_found_is_looked_for_elsewhere_first(house: House) -> None:
    reader = house.reader()
    wanted = house.title("活着", stock=("B1", "B2"))
    number = house.order(reader, wanted).order.number
    house.fulfilment.receive(number)
    [line] = house.fulfilment.get(number).lines
    after = house.fulfilment.not_found(number, line.id)
    assert after.lines[0].state is LineState.REQUESTED
    event = house.events(number)[-1]
    assert (event["kind"], event["data"]["branch_id"], event["data"]["reason"]) == (
        "retargeted",
        "B2",
        "missing",
    )
    assert house.copy_states(wanted) == ["missing", "on_shelf"]
    assert house.told(reader) == []
    house.fulfilment.found(number, line.id)
    assert explained(house, number)
    assert house.fulfilment.pack(number).state is OrderState.PACKED
    assert house.parcels(number)[0]["from_branch"] == "B2"


def test_a_line_is_refused_only_when_no_copy_is_left(house: House) -> None:
    reader = house.reader()
    missing = house.title("活着", stock=("B1",))
    others = [house.title(f"书{number}") for number in range(3)]
    door = house.address(reader)
    placed = house.order(reader, missing, *others, method=Method.HOME, to=door).order
    assert placed.fee_fen == 400
    house.fulfilment.receive(placed.number)
    line = next(line for line in placed.lines if line.title_id == missing)
    after = house.fulfilment.not_found(placed.number, line.id, "damaged")
    refused_line = next(line for line in after.lines if line.title_id == missing)
    assert (refused_line.state, refused_line.reason) == (LineState.REFUSED, "damaged")
    assert after.fee_fen == 300
    [(kind, facts)] = house.told(reader)
    assert kind == "order_refused_line"
    assert (facts["title"], facts["reason"], facts["fee_fen"], facts["interlibrary"]) == (
        "活着",
        "damaged",
        300,
        True,
    )
    assert house.copy_states(missing) == ["withdrawn"]
    assert explained(house, placed.number)


def test_an_order_of_which_nothing_is_left_fails(house: House) -> None:
    reader = house.reader()
    number = house.order(reader, house.title("活着"), house.title("三体")).order.number
    house.fulfilment.receive(number)
    first, second = house.fulfilment.get(number).lines
    house.fulfilment.found(number, first.id)
    house.fulfilment.not_found(number, second.id)
    order = house.fulfilment.not_found(number, first.id, "damaged")
    assert (order.state, order.parcels) == (OrderState.FAILED, 0)
    assert house.points.get("L1").free_cells == 3
    assert [kind for kind, _ in house.told(reader)] == [
        "order_refused_line",
        "order_found",
        "order_refused_line",
        "order_cancelled",
    ]
    assert explained(house, number)


def test_a_locker_full_at_packing_asks_the_reader_once(house: House) -> None:
    reader = house.reader()
    number = house.order(reader, house.title("活着")).order.number
    house.fulfilment.receive(number)
    house.fulfilment.found(number, house.fulfilment.get(number).lines[0].id)
    for key in ("a", "b", "c"):
        assert house.lockers.reserve("L1", key)
    for _ in range(2):
        assert house.fulfilment.pack(number).state is OrderState.PICKING
    problems = [facts for kind, facts in house.told(reader) if kind == "pickup_problem"]
    assert [facts["reason"] for facts in problems] == ["full"]
    assert kinds(house, number).count("pickup_problem") == 1
    changed = house.orders.change_pickup(reader, number, Method.LOCKER, "L2")
    assert changed.pickup_point is not None
    assert changed.pickup_point.id == "L2"
    assert house.fulfilment.pack(number).state is OrderState.PACKED
    assert house.parcels(number)[0]["locker_id"] == "L2"
    assert explained(house, number)


def test_a_locker_out_of_service_at_packing_asks_too(house: House) -> None:
    reader = house.reader()
    number = house.order(reader, house.title("活着")).order.number
    house.fulfilment.receive(number)
    house.fulfilment.found(number, house.fulfilment.get(number).lines[0].id)
    house.close_point("L1")
    assert house.fulfilment.pack(number).state is OrderState.PICKING
    assert house.told(reader)[-1][1]["reason"] == "closed"
    assert house.points.get("L1").closed


def test_each_parcel_gets_its_own_cell_or_none_does(house: House) -> None:
    reader = house.reader()
    number = house.order(reader, *[house.title(f"书{number}") for number in range(7)]).order.number
    house.fulfilment.receive(number)
    for line in house.fulfilment.get(number).lines:
        house.fulfilment.found(number, line.id)
    for key in ("a", "b"):
        house.lockers.reserve("L1", key)
    assert house.fulfilment.pack(number).state is OrderState.PICKING
    assert house.lockers.free_cells("L1") == 1
    house.lockers.release("L1", "a")
    house.fulfilment.pack(number)
    assert [(parcel["volumes"], parcel["cell"]) for parcel in house.parcels(number)] == [(5, "01"), (2, "03")]


def test_a_wheelchair_gets_a_low_cell(house: House) -> None:
    reader = house.reader(kind=ReaderKind.DISABLED)
    number = house.order(reader, house.title("活着")).order.number
    house.advance(number, OrderState.PACKED)
    assert house.parcels(number)[0]["cell"] == "03"


def test_the_door_is_available_and_collected_at_once(house: House) -> None:
    reader = house.reader()
    wanted = house.title("活着")
    order = house.order(reader, wanted, method=Method.HOME, to=house.address(reader)).order
    done = house.advance(order.number, OrderState.COLLECTED)
    row = house.row(order.number)
    assert row["available_at"] == row["collected_at"] == house.clock.now()
    assert (done.pickup_code, done.hold_until) == (None, None)
    assert house.told(reader)[-1] == ("order_available", {"number": order.number, "method": "home"})
    assert len(house.loans.of(reader)) == 1
    assert explained(house, order.number)


def test_between_branches_the_house_drives_itself(house: House) -> None:
    reader = house.reader()
    order = house.order(reader, house.title("活着"), method=Method.BRANCH, to="B2").order
    house.advance(order.number, OrderState.IN_TRANSIT)
    assert house.courier.under_way() == []
    ready = house.fulfilment.arrived(order.number)
    assert ready.hold_until == china("2025-03-12 20:00")
    assert house.fulfilment.collect("B2", ready.pickup_code or "").state is OrderState.COLLECTED
