"""At the point: codes, doors, reminders, and what happens when nobody comes."""

from datetime import timedelta

import pytest

from lending.calendar import local
from lending.errors import Code
from lending.orders.replay import replay, stored
from lending.orders.states import OrderState
from lending.ports import ShipmentState
from lending.storage import codes
from lending.storage.base import Database
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


def test_wrong_used_and_foreign_codes_are_refused(house: House) -> None:
    number = house.order(house.reader(), house.title("活着")).order.number
    code = house.advance(number, OrderState.AVAILABLE).pickup_code or ""
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert refused(house.fulfilment.collect, "L1", wrong).code is Code.CODE_REFUSED
    assert refused(house.fulfilment.collect, "L2", code).code is Code.CODE_REFUSED
    house.fulfilment.collect("L1", code)
    assert refused(house.fulfilment.collect, "L1", code).code is Code.CODE_REFUSED
    assert kinds(house, number)[-1] == "collected"


def test_a_helpers_code_works_once_and_ends(house: House) -> None:
    reader = house.reader()
    number = house.order(reader, house.title("活着")).order.number
    early = refused(house.orders.proxy_code, reader, number)
    assert (early.code, early.facts["state"]) == (Code.NOT_AVAILABLE_YET, "placed")
    own = house.advance(number, OrderState.AVAILABLE).pickup_code
    first = house.orders.proxy_code(reader, number)
    second = house.orders.proxy_code(reader, number)
    assert house.orders.pickup_code(reader, number) == own
    assert refused(house.fulfilment.collect, "L1", first.code).code is Code.CODE_REFUSED
    assert second.expires_at == house.clock.now() + timedelta(hours=24)
    house.clock.forward(hours=25)
    assert refused(house.fulfilment.collect, "L1", second.code).code is Code.CODE_REFUSED
    third = house.orders.proxy_code(reader, number)
    assert house.fulfilment.collect("L1", third.code).state is OrderState.COLLECTED
    assert refused(house.fulfilment.collect, "L1", own).code is Code.CODE_REFUSED
    assert house.events(number)[-1]["data"] == {"proxy": True}
    assert refused(house.orders.pickup_code, reader, number).code is Code.NOT_AVAILABLE_YET


def test_a_stuck_door_leaves_the_code_valid(house: House) -> None:
    from lending.storage import cells

    number = house.order(house.reader(), house.title("活着")).order.number
    code = house.advance(number, OrderState.AVAILABLE).pickup_code or ""
    with house.database.begin() as conn:
        cells.set_broken(conn, "L1", "01", broken=True)
    stuck = refused(house.fulfilment.collect, "L1", code)
    assert (stuck.code, stuck.facts) == (Code.DOOR_STUCK, {"point_id": "L1", "cell": "01"})
    with house.database.begin() as conn:
        cells.set_broken(conn, "L1", "01", broken=False)
    assert house.fulfilment.collect("L1", code).state is OrderState.COLLECTED


def test_reminders_come_after_two_days_and_on_the_last(house: House) -> None:
    reader = house.reader()
    number = house.order(reader, house.title("活着")).order.number
    order = house.advance(number, OrderState.AVAILABLE)
    told = []
    assert order.hold_until is not None
    while house.clock.now() < order.hold_until:
        house.clock.forward(hours=1)
        before = len(house.told(reader))
        house.timers.run_due()
        told += [(f"{local(house.clock.now()):%m-%d %H}", kind) for kind, _ in house.told(reader)[before:]]
    assert told == [
        ("03-07 08", "pickup_reminder"),
        ("03-08 09", "pickup_reminder"),
        ("03-08 23", "hold_expired"),
    ]
    assert house.fulfilment.get(number).state is OrderState.EXPIRED


def test_an_uncollected_order_goes_back(house: House) -> None:
    reader = house.reader()
    wanted = house.title("活着")
    number = house.order(reader, wanted).order.number
    order = house.advance(number, OrderState.AVAILABLE)
    assert order.hold_until is not None
    house.clock.set(order.hold_until)
    house.timers.run_due()
    house.fulfilment.free_cells()
    assert house.fulfilment.get(number).state is OrderState.EXPIRED
    assert house.loans.of(reader) == []
    assert house.copy_states(wanted) == ["on_shelf"]
    assert house.lockers.free_cells("L1") == 3
    assert refused(house.fulfilment.collect, "L1", order.pickup_code).code is Code.CODE_REFUSED
    assert house.told(reader)[-1][0] == "hold_expired"
    assert house.told(reader)[-1][1]["forgiven"] is True
    assert explained(house, number)


def test_the_third_missed_pickup_of_a_year_is_put_before_a_person(house: House) -> None:
    reader = house.reader()
    for count in range(1, 4):
        number = house.order(reader, house.title(f"书{count}")).order.number
        order = house.advance(number, OrderState.AVAILABLE)
        assert order.hold_until is not None
        house.clock.set(order.hold_until + timedelta(minutes=1))
        assert house.fulfilment.expire_due() == [number]
        with house.database.read() as conn:
            assert len(codes.to_review(conn)) == (1 if count == 3 else 0)
    assert [facts["missed"] for kind, facts in house.told(reader) if kind == "hold_expired"] == [1, 2, 3]


def test_a_longer_hold_moves_its_timer(house: House) -> None:
    number = house.order(house.reader(), house.title("活着")).order.number
    order = house.advance(number, OrderState.AVAILABLE)
    assert order.hold_until is not None
    later = order.hold_until + timedelta(days=2)
    assert house.fulfilment.extend_hold(number, later, "停电").hold_until == later
    assert house.fulfilment.extend_hold(number, order.hold_until, "停电").hold_until == later
    house.clock.set(order.hold_until)
    house.timers.run_due()
    assert house.fulfilment.get(number).state is OrderState.AVAILABLE
    house.clock.set(later)
    house.timers.run_due()
    assert house.fulfilment.get(number).state is OrderState.EXPIRED
    assert explained(house, number)


def test_a_lost_parcel_fails_the_order(house: House) -> None:
    reader = house.reader()
    wanted = house.title("活着")
    number = house.order(reader, wanted).order.number
    house.advance(number, OrderState.IN_TRANSIT)
    [job] = house.courier.under_way()
    house.courier.scan(job.tracking, ShipmentState.FAILED)
    assert house.fulfilment.follow(number).state is OrderState.FAILED
    assert house.copy_states(wanted) == ["missing"]
    assert house.lockers.free_cells("L1") == 3
    assert house.told(reader)[-1][0] == "order_cancelled"
    assert explained(house, number)
