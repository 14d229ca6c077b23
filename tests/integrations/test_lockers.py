"""The contract of `LockerBank`, held by the simulated lockers on a database and by the fake."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from integrations.lockers.simulated import SimulatedLockers
from lending.ports import LockerBank
from lending.storage import cells, pickup
from lending.storage.base import Database
from tests.fakes.clock import FakeClock, china
from tests.fakes.lockers import FakeLockers

NUMBERS = {"01": False, "02": False, "03": True}
START = china("2025-03-05 10:00")


class LockerBankContract:
    """What every adapter does. `bank`: one locker "L1" with cells 01, 02 and a low 03. `clock`: its clock."""

    def test_a_fresh_locker_is_free(self, bank: LockerBank) -> None:
        assert bank.free_cells("L1") == 3
        assert bank.free_cells("nowhere") == 0

    def test_a_key_keeps_its_cell(self, bank: LockerBank) -> None:
        first = bank.reserve("L1", "a")
        assert first == bank.reserve("L1", "a")
        assert first in NUMBERS
        assert bank.free_cells("L1") == 2

    def test_every_key_has_another_cell_until_it_is_full(self, bank: LockerBank) -> None:
        assert {bank.reserve("L1", key) for key in "abc"} == set(NUMBERS)
        assert bank.reserve("L1", "d") is None
        assert bank.free_cells("L1") == 0

    def test_an_unknown_locker_has_no_cell(self, bank: LockerBank) -> None:
        assert bank.reserve("nowhere", "a") is None

    def test_low_cells_are_for_those_who_need_them(self, bank: LockerBank) -> None:
        assert bank.reserve("L1", "standing") != "03"
        assert bank.reserve("L1", "sitting", low=True) == "03"
        assert bank.reserve("L1", "also sitting", low=True) in NUMBERS

    def test_a_released_cell_is_free_again(self, bank: LockerBank) -> None:
        bank.reserve("L1", "a")
        bank.release("L1", "a")
        bank.release("L1", "a")
        bank.release("L1", "never held")
        assert bank.free_cells("L1") == 3
        assert not bank.open("L1", "a")

    def test_only_a_held_cell_opens(self, bank: LockerBank) -> None:
        number = bank.reserve("L1", "a")
        assert bank.open("L1", "a")
        assert not bank.open("L1", "b")
        [event] = bank.events("L1", START)
        assert (event.locker_id, event.cell, event.what, event.at) == ("L1", number, "opened", START)

    def test_events_begin_at_the_moment_asked_for(self, bank: LockerBank, clock: FakeClock) -> None:
        bank.reserve("L1", "a")
        bank.open("L1", "a")
        later = clock.forward(minutes=5)
        bank.open("L1", "a")
        assert [event.at for event in bank.events("L1", START)] == [START, later]
        assert [event.at for event in bank.events("L1", START + timedelta(minutes=1))] == [later]

    def test_a_broken_door_is_a_fault(self, bank: LockerBank, breaks: Callable[[str], None]) -> None:
        number = bank.reserve("L1", "a")
        assert number is not None
        breaks(number)
        assert not bank.open("L1", "a")
        assert [event.what for event in bank.events("L1", START)] == ["fault"]
        bank.release("L1", "a")
        assert bank.free_cells("L1") == 2

    def test_out_of_service_means_nothing_is_free(self, bank: LockerBank, closes: Callable[[], None]) -> None:
        held = bank.reserve("L1", "a")
        closes()
        assert bank.free_cells("L1") == 0
        assert bank.reserve("L1", "b") is None
        assert bank.reserve("L1", "a") == held
        assert bank.open("L1", "a")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


class TestSimulatedLockers(LockerBankContract):
    @pytest.fixture
    def bank(self, database: Database, clock: FakeClock) -> SimulatedLockers:
        place = {
            "id": "L1",
            "name": "柜",
            "address": "街",
            "latitude": 31.3,
            "longitude": 120.6,
            "hours": "24h",
        }
        with database.begin() as conn:
            pickup.put_locker(conn, place)
            for number, low in NUMBERS.items():
                cells.put_cell(conn, "L1", number, low=low)
        return SimulatedLockers(database, clock)

    @pytest.fixture
    def breaks(self, database: Database) -> Callable[[str], None]:
        def break_(number: str) -> None:
            with database.begin() as conn:
                cells.set_broken(conn, "L1", number, broken=True)

        return break_

    @pytest.fixture
    def closes(self, database: Database) -> Callable[[], None]:
        def close() -> None:
            with database.begin() as conn:
                pickup.set_closed(conn, "L1", True)

        return close

    def test_rivals_get_different_cells(self, bank: SimulatedLockers) -> None:
        results: dict[str, str | None] = {}
        keys = [f"key-{number % 6}" for number in range(12)]  # every key twice
        threads = [
            threading.Thread(target=lambda k=key: results.update({k: bank.reserve("L1", k)})) for key in keys
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        given = [number for number in results.values() if number is not None]
        assert sorted(given) == sorted(NUMBERS)
        assert bank.free_cells("L1") == 0

    def test_a_hand_at_the_door_is_told(self, bank: SimulatedLockers) -> None:
        bank.reserve("L1", "a")
        assert bank.shut("L1", "a")
        assert not bank.shut("L1", "b")
        assert [event.what for event in bank.events("L1", START)] == ["taken", "closed"]


class TestFakeLockers(LockerBankContract):
    @pytest.fixture
    def bank(self, clock: FakeClock) -> FakeLockers:
        return FakeLockers(clock, {"L1": NUMBERS})

    @pytest.fixture
    def breaks(self, bank: FakeLockers) -> Callable[[str], None]:
        return lambda number: bank.broken.add(("L1", number))

    @pytest.fixture
    def closes(self, bank: FakeLockers) -> Callable[[], None]:
        return lambda: bank.closed.add("L1")
