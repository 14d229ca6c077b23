"""The contract of `Circulation`, held by the local system on a database and by the fake."""

import threading
from dataclasses import dataclass

import pytest

from integrations.circulation.local import LocalCirculation
from lending.errors import Code, LendingError
from lending.ports import Circulation, FoundCopy, PortUnavailable, VerifiedReader
from lending.readers.model import Reader
from lending.storage import loans as loan_rows
from lending.storage.base import Database
from tests.fakes.circulation import FakeCirculation
from tests.fakes.clock import china
from tests.lending.house import House

DUE = china("2025-04-04 23:59")
LATER = china("2025-05-04 23:59")
KNOWN = VerifiedReader("D0001", "adult", "王小明", "13800000000", 1990)


@dataclass
class Shelf:
    """What a system is filled with: a title, its open and closed copies, in order of preference."""

    system: Circulation
    title_id: int
    copies: list[int]


class Pins:
    """One card and PIN."""

    def check_pin(self, card: str, pin: str) -> VerifiedReader | None:
        return KNOWN if (card, pin) == ("D0001", "1234") else None


class CirculationContract:
    """What every adapter does. `shelf`: a title with an open and a closed copy; card D0001, PIN 1234."""

    def test_only_card_and_pin_together_verify(self, shelf: Shelf) -> None:
        assert shelf.system.verify_reader("D0001", "1234") == KNOWN
        assert shelf.system.verify_reader("D0001", "4321") is None
        assert shelf.system.verify_reader("D0002", "1234") is None

    def test_open_shelves_are_found_first(self, shelf: Shelf) -> None:
        found = shelf.system.find_copies(shelf.title_id)
        assert [(copy.copy_id, copy.stack) for copy in found] == list(
            zip(shelf.copies, ("open", "closed"), strict=True)
        )
        assert shelf.system.find_copies(999) == []

    def test_a_copy_is_reserved_once(self, shelf: Shelf) -> None:
        first = shelf.copies[0]
        assert shelf.system.reserve_copy(first, "D0001", "a")
        assert shelf.system.reserve_copy(first, "D0001", "a")
        assert not shelf.system.reserve_copy(first, "D0002", "b")
        assert [copy.copy_id for copy in shelf.system.find_copies(shelf.title_id)] == shelf.copies[1:]

    def test_only_its_key_lets_a_copy_go(self, shelf: Shelf) -> None:
        first = shelf.copies[0]
        shelf.system.reserve_copy(first, "D0001", "a")
        shelf.system.release_copy(first, "b")
        assert not shelf.system.reserve_copy(first, "D0002", "b")
        shelf.system.release_copy(first, "a")
        shelf.system.release_copy(first, "a")
        assert shelf.system.reserve_copy(first, "D0002", "b")

    def test_a_loan_is_booked_once_for_each_key(self, shelf: Shelf) -> None:
        first = shelf.copies[0]
        loan = shelf.system.check_out(first, "D0001", DUE, "out")
        assert loan.due == DUE
        assert shelf.system.check_out(first, "D0001", DUE, "out") == loan
        assert first not in [copy.copy_id for copy in shelf.system.find_copies(shelf.title_id)]
        with pytest.raises(LendingError) as refusal:
            shelf.system.check_out(first, "D0002", DUE, "rival")
        assert refusal.value.code is Code.COPY_LENT

    def test_an_old_check_in_does_not_end_a_new_loan(self, shelf: Shelf) -> None:
        first = shelf.copies[0]
        shelf.system.check_out(first, "D0001", DUE, "out")
        shelf.system.check_in(first, "in")
        assert first in [copy.copy_id for copy in shelf.system.find_copies(shelf.title_id)]
        shelf.system.check_out(first, "D0002", DUE, "out again")
        shelf.system.check_in(first, "in")
        assert first not in [copy.copy_id for copy in shelf.system.find_copies(shelf.title_id)]

    def test_a_copy_that_is_not_out_stays_where_it_is(self, shelf: Shelf) -> None:
        shelf.system.check_in(shelf.copies[0], "in")
        assert len(shelf.system.find_copies(shelf.title_id)) == 2

    def test_only_the_holder_renews_and_once_for_each_key(self, shelf: Shelf) -> None:
        first = shelf.copies[0]
        loan = shelf.system.check_out(first, "D0001", DUE, "out")
        renewed = shelf.system.renew(first, "D0001", LATER, "renew")
        assert (renewed.loan_ref, renewed.due) == (loan.loan_ref, LATER)
        assert shelf.system.renew(first, "D0001", LATER, "renew") == renewed
        with pytest.raises(LendingError) as refusal:
            shelf.system.renew(first, "D0002", LATER, "rival")
        assert refusal.value.code is Code.LOAN_NOT_FOUND

    def test_nobody_owes_anything_at_first(self, shelf: Shelf) -> None:
        assert shelf.system.fees_owed("D0001") == 0


class TestLocalCirculation(CirculationContract):
    @pytest.fixture
    def house(self, database: Database) -> House:
        return House(database)

    @pytest.fixture
    def reader(self, house: House) -> Reader:
        return house.reader("D0001")

    @pytest.fixture
    def shelf(self, house: House, reader: Reader) -> Shelf:
        title_id = house.title("活着", stock=("B1c", "B1"))
        system = LocalCirculation(house.database, house.clock, Pins())
        return Shelf(system, title_id, [copy.copy_id for copy in system.find_copies(title_id)])

    def test_rivals_for_a_copy(self, shelf: Shelf) -> None:
        won: list[bool] = []
        reserve = shelf.system.reserve_copy
        threads = [
            threading.Thread(target=lambda k=key: won.append(reserve(shelf.copies[0], "D0001", f"k{k}")))
            for key in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(won) == [False] * 11 + [True]

    def test_what_an_order_holds_cannot_be_reserved(self, shelf: Shelf, house: House, reader: Reader) -> None:
        house.order(reader, shelf.title_id)
        found = shelf.system.find_copies(shelf.title_id)
        assert [copy.copy_id for copy in found] == shelf.copies[1:]
        assert not shelf.system.reserve_copy(shelf.copies[0], "D0002", "b")

    def test_a_lost_copy_cannot_be_reserved(self, shelf: Shelf, house: House) -> None:
        house.set_copy(shelf.title_id, "missing")
        assert not shelf.system.reserve_copy(shelf.copies[0], "D0001", "a")

    def test_a_loan_of_the_core_is_renewed_here_too(self, shelf: Shelf, house: House, reader: Reader) -> None:
        with house.database.begin() as conn:
            loan_id = house.loans.start(conn, reader.id, shelf.copies[0], None, house.clock.now())
        renewed = shelf.system.renew(shelf.copies[0], "D0001", LATER, "renew")
        assert (renewed.loan_ref, renewed.due) == (f"loan:{loan_id}", LATER)

    def test_charges_are_what_is_owed(self, shelf: Shelf, house: House, reader: Reader) -> None:
        charge = {"key": "x", "reader_id": reader.id, "kind": "overdue", "amount_fen": 120}
        with house.database.begin() as conn:
            loan_rows.add_charge(conn, charge | {"at": house.clock.now()})
        assert shelf.system.fees_owed("D0001") == 120


class TestFakeCirculation(CirculationContract):
    @pytest.fixture
    def shelf(self) -> Shelf:
        copies = [FoundCopy(1, "C1", 1, "B1", "open", ""), FoundCopy(2, "C2", 1, "B1", "closed", "")]
        return Shelf(FakeCirculation({"D0001": ("1234", KNOWN)}, copies), 1, [1, 2])

    def test_an_unreachable_system_says_so(self, shelf: Shelf) -> None:
        assert isinstance(shelf.system, FakeCirculation)
        shelf.system.down = True
        with pytest.raises(PortUnavailable):
            shelf.system.verify_reader("D0001", "1234")
