"""The contract of `Logistics`, held by the local courier on a database and by the fake."""

import threading
from collections.abc import Callable

import pytest

from integrations.logistics.local import LocalCourier
from lending.ports import Logistics, Place, PortUnavailable, Shipment, ShipmentState
from lending.storage.base import Database
from tests.fakes.clock import FakeClock, china
from tests.fakes.logistics import FakeLogistics

BRANCH = Place("branch", "B1")
LOCKER = Place("locker", "L1", "万盛街8号", "湖东柜")
DOOR = Place("home", "7", "人民路1号", "王小明", "13800000000")
START = china("2025-03-05 10:00")

Scanning = Callable[[str, ShipmentState], object]


class LogisticsContract:
    """What every adapter does. `scan`: what makes the courier report."""

    def test_a_booking_has_a_number_and_a_first_scan(self, courier: Logistics) -> None:
        shipment = courier.ship(BRANCH, LOCKER, 2, "order:1")
        assert shipment.tracking
        assert shipment.state is ShipmentState.BOOKED
        assert [(scan.at, scan.state) for scan in shipment.scans] == [(START, ShipmentState.BOOKED)]

    def test_a_key_is_booked_once(self, courier: Logistics) -> None:
        first = courier.ship(BRANCH, DOOR, 2, "order:1")
        assert courier.ship(BRANCH, DOOR, 2, "order:1") == first
        assert courier.ship(BRANCH, DOOR, 2, "order:2").tracking != first.tracking

    def test_returns_are_booked_like_that_too(self, courier: Logistics) -> None:
        first = courier.pick_up_return(DOOR, BRANCH, 1, "09:00-12:00", "return:1")
        assert courier.pick_up_return(DOOR, BRANCH, 1, "09:00-12:00", "return:1") == first
        assert first.state is ShipmentState.BOOKED

    def test_scans_are_told_in_order(self, courier: Logistics, scan: Scanning, clock: FakeClock) -> None:
        tracking = courier.ship(BRANCH, LOCKER, 1, "order:1").tracking
        road = (ShipmentState.PICKED_UP, ShipmentState.IN_TRANSIT, ShipmentState.DELIVERED)
        for state in road:
            clock.forward(hours=1)
            scan(tracking, state)
            scan(tracking, state)
        told = courier.track(tracking)
        assert told.state is ShipmentState.DELIVERED
        assert [each.state for each in told.scans] == [ShipmentState.BOOKED, *road]
        assert [each.at for each in told.scans] == sorted(each.at for each in told.scans)

    def test_only_what_nobody_has_fetched_is_cancelled(self, courier: Logistics, scan: Scanning) -> None:
        early = courier.ship(BRANCH, LOCKER, 1, "early").tracking
        late = courier.ship(BRANCH, LOCKER, 1, "late").tracking
        scan(late, ShipmentState.PICKED_UP)
        assert courier.cancel(early)
        assert courier.cancel(early)
        assert not courier.cancel(late)
        assert courier.track(early).state is ShipmentState.CANCELLED
        assert courier.track(late).state is ShipmentState.PICKED_UP

    def test_an_unknown_number_is_a_mistake(self, courier: Logistics) -> None:
        with pytest.raises(KeyError):
            courier.track("nothing")
        with pytest.raises(KeyError):
            courier.cancel("nothing")

    def test_more_volumes_never_cost_less(self, courier: Logistics) -> None:
        prices = [courier.quote(BRANCH, DOOR, volumes) for volumes in range(1, 12)]
        assert prices == sorted(prices)
        assert prices[0] > 0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


class TestLocalCourier(LogisticsContract):
    @pytest.fixture
    def courier(self, database: Database, clock: FakeClock) -> LocalCourier:
        return LocalCourier(database, clock)

    @pytest.fixture
    def scan(self, courier: LocalCourier) -> Scanning:
        return courier.scan

    def test_a_way_back_is_refused(self, courier: LocalCourier) -> None:
        tracking = courier.ship(BRANCH, LOCKER, 1, "a").tracking
        courier.scan(tracking, ShipmentState.DELIVERED)
        with pytest.raises(ValueError, match="cannot be scanned"):
            courier.scan(tracking, ShipmentState.PICKED_UP)

    def test_the_drivers_list_has_what_is_not_finished(self, courier: LocalCourier) -> None:
        done = courier.ship(BRANCH, LOCKER, 1, "a").tracking
        courier.scan(done, ShipmentState.DELIVERED)
        courier.pick_up_return(DOOR, BRANCH, 3, "09:00-12:00", "b")
        [job] = courier.under_way()
        assert (job.direction, job.start, job.end, job.volumes) == ("return", Place("home", "7"), BRANCH, 3)

    def test_nothing_personal_is_kept(self, courier: LocalCourier, database: Database) -> None:
        courier.ship(BRANCH, DOOR, 1, "a")
        with database.read() as conn:
            [row] = conn.exec_driver_sql("SELECT * FROM shipments").mappings()
        kept = " ".join(str(value) for value in row.values())
        assert not [word for word in (DOOR.name, DOOR.phone, DOOR.address) if word in kept]

    def test_the_same_key_at_the_same_moment_is_one_booking(self, courier: LocalCourier) -> None:
        booked: list[Shipment] = []
        threads = [
            threading.Thread(target=lambda: booked.append(courier.ship(BRANCH, LOCKER, 1, "a")))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(booked) == 8
        assert len({shipment.tracking for shipment in booked}) == 1


class TestFakeLogistics(LogisticsContract):
    @pytest.fixture
    def courier(self, clock: FakeClock) -> FakeLogistics:
        return FakeLogistics(clock)

    @pytest.fixture
    def scan(self, courier: FakeLogistics) -> Scanning:
        return courier.scan

    def test_an_unreachable_courier_can_be_asked_again(self, courier: FakeLogistics) -> None:
        courier.down = True
        with pytest.raises(PortUnavailable):
            courier.ship(BRANCH, LOCKER, 1, "a")
        courier.down = False
        assert courier.ship(BRANCH, LOCKER, 1, "a").state is ShipmentState.BOOKED
