"""What readers may still change, and what they see of their orders."""

import pytest

from lending.errors import Code
from lending.orders.model import Method
from lending.orders.replay import replay, stored
from lending.orders.states import OrderState
from lending.storage.base import Database
from tests.lending.house import House, refused


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def test_cancelling_lets_the_copies_go(house: House) -> None:
    reader, next_reader = house.reader(), house.reader("D0002")
    wanted = house.title("活着")
    number = house.order(reader, wanted).order.number
    house.fulfilment.receive(number)
    assert house.orders.cancel(reader, number).state is OrderState.CANCELLED
    assert house.orders.cancel(reader, number).state is OrderState.CANCELLED
    assert house.orders.of(reader) == []
    assert house.told(reader) == []  # told in the talk itself
    assert house.order(next_reader, wanted).order.state is OrderState.PLACED


def test_a_packed_order_is_not_cancelled_nor_sent_elsewhere(house: House) -> None:
    reader = house.reader()
    number = house.order(reader, house.title("活着")).order.number
    order = house.advance(number, OrderState.PACKED)
    assert (order.cancellable, order.changeable) == (False, False)
    events = len(house.events(number))
    late = refused(house.orders.cancel, reader, number)
    assert (late.code, late.facts["state"]) == (Code.TOO_LATE_TO_CANCEL, "packed")
    assert refused(house.orders.change_pickup, reader, number, "branch", "B1").code is Code.TOO_LATE_TO_CHANGE
    assert len(house.events(number)) == events


def test_a_cell_held_for_a_packing_that_broke_off_is_given_back(house: House) -> None:
    reader = house.reader()
    number = house.order(reader, house.title("活着")).order.number
    house.fulfilment.receive(number)
    house.fulfilment.found(number, house.fulfilment.get(number).lines[0].id)
    from lending.orders import packing
    from lending.orders.cells import reserve_all

    order, parcels = packing._prepare(house.needs, number)
    assert reserve_all(house.needs, order, parcels, low=False)  # and here the machine loses its power
    assert house.lockers.free_cells("L1") == 2
    house.orders.cancel(reader, number)
    assert house.lockers.free_cells("L1") == 3


def test_the_pickup_changes_with_fee_and_date(house: House) -> None:
    reader = house.reader()
    door = house.address(reader)
    before = house.order(reader, house.title("活着"), method=Method.BRANCH, to="B1").order
    home = house.orders.change_pickup(reader, before.number, Method.HOME, address_id=door)
    assert (home.fee_fen, home.pickup_point, home.address_label) == (300, None, "姑苏区…1号")
    assert home.promised_by > before.promised_by
    back = house.orders.change_pickup(reader, before.number, Method.BRANCH, "B1")
    assert (back.fee_fen, back.promised_by) == (0, before.promised_by)
    events = len(house.events(before.number))
    house.orders.change_pickup(reader, before.number, Method.BRANCH, "B1")
    assert len(house.events(before.number)) == events
    with house.database.read() as conn:
        assert replay(house.events(before.number)) == stored(conn, house.row(before.number))


def test_an_order_going_to_a_locker_leaves_its_own_cell_out_of_account(house: House) -> None:
    readers = [house.reader(f"D001{number}") for number in range(3)]
    numbers = [house.order(reader, house.title(reader.card)).order.number for reader in readers]
    moved = house.reader()
    other = house.order(moved, house.title("活着"), to="L2").order.number
    refusal = refused(house.orders.change_pickup, moved, other, "locker", "L1")
    assert (refusal.code, refusal.facts) == (Code.LOCKER_FULL, {"name": "湖东邻里中心自助柜"})
    house.orders.change_pickup(readers[0], numbers[0], "branch", "B1")
    assert house.orders.change_pickup(readers[0], numbers[0], "locker", "L1").pickup_point is not None


def test_another_readers_order_does_not_exist(house: House) -> None:
    number = house.order(house.reader(), house.title("活着")).order.number
    stranger = house.reader("D0002")
    for call in (house.orders.get, house.orders.cancel, house.orders.pickup_code, house.orders.proxy_code):
        assert refused(call, stranger, number).code is Code.ORDER_NOT_FOUND
        assert refused(call, stranger, "0000").code is Code.ORDER_NOT_FOUND
    assert refused(house.orders.change_pickup, stranger, number, "branch", "B1").code is Code.ORDER_NOT_FOUND
    assert house.fulfilment.get(number).state is OrderState.PLACED


def test_open_orders_come_newest_first(house: House) -> None:
    reader = house.reader()
    numbers = [house.order(reader, house.title(f"书{number}")).order.number for number in range(3)]
    house.orders.cancel(reader, numbers[0])
    assert [order.number for order in house.orders.of(reader)] == [numbers[2], numbers[1]]
    assert len(house.orders.of(reader, open_only=False)) == 3
    assert len(house.orders.of(reader, open_only=False, limit=1)) == 1


def test_the_library_cancels_with_a_reason_that_is_told(house: House) -> None:
    reader = house.reader()
    number = house.order(reader, house.title("活着")).order.number
    house.fulfilment.cancel(number, "closure", actor="staff:lin")
    [(kind, facts)] = house.told(reader)
    assert (kind, facts["reason"]) == ("order_cancelled", "closure")


def test_the_queue_gets_the_copy_of_a_cancelled_order(house: House) -> None:
    from lending.storage import promises, reservations

    reader, waiting = house.reader(), house.reader("D0002")
    wanted = house.title("活着")
    number = house.order(reader, wanted).order.number
    with house.database.begin() as conn:
        values = {
            "reader_id": waiting.id,
            "title_id": wanted,
            "state": "waiting",
            "created_at": house.clock.now(),
        }
        reservation = reservations.insert_reservation(conn, values)
    house.orders.cancel(reader, number)
    copy_id = house.events(number)[0]["data"]["lines"][0]["copy_id"]
    with house.database.read() as conn:
        assert promises.holder(conn, copy_id) == f"reservation:{reservation}"
    refusal = refused(house.order, reader, wanted)
    assert refusal.code is Code.NOTHING_OBTAINABLE
    assert house.order(waiting, wanted).order.lines[0].state == "requested"
    with house.database.read() as conn:
        assert (promises.holder(conn, copy_id) or "").startswith("order:")
