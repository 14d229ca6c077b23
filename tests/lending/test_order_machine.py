"""Random days in a library: whatever happens in whatever order, twice or too late, the books always add
up."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from lending.errors import LendingError
from lending.orders.cells import EMPTY_IN
from lending.orders.model import Method
from lending.orders.record import cell_key, promise_key
from lending.orders.replay import replay, stored
from lending.orders.states import BEFORE_LOAN, LineState, OrderState
from lending.ports import ShipmentState
from lending.readers.model import ReaderKind
from lending.storage import orders as rows
from lending.storage import promises
from lending.storage.base import Connection, Database
from lending.storage.catalogue import copies
from lending.storage.cells import booked, cell_bookings, cells
from lending.storage.loans import loans
from tests.databases import PostgresServer, SqliteTemplate
from tests.lending.house import House

CELLS_EACH = 2
STOCKS = (("B1",), ("B1", "B2"), ("B1c",), ("B2", "B2c", "B1"), ())
PLACES = (("locker", "L1"), ("locker", "L2"), ("branch", "B1"), ("branch", "B2"), ("home", ""))
HOLDS_CELL = (OrderState.PACKED, OrderState.IN_TRANSIT, OrderState.AVAILABLE)

some_order = st.integers(0, 30)
some_line = st.integers(0, 4)
some_reader = st.integers(0, 2)
some_place = st.sampled_from(PLACES)


class Library(RuleBasedStateMachine):
    """`fresh` gives an empty database; `done` puts it away."""

    fresh: Callable[[], Database]

    @initialize()
    def open_the_house(self) -> None:
        self.house = House(self.fresh(), cells_each=CELLS_EACH)
        kinds = (ReaderKind.ADULT, ReaderKind.CHILD, ReaderKind.DISABLED)
        self.readers = [self.house.reader(f"D{place}", kind) for place, kind in enumerate(kinds)]
        self.doors = [self.house.address(reader) for reader in self.readers]
        self.titles = [self.house.title(f"书{place}", stock=stock) for place, stock in enumerate(STOCKS)]
        self.numbers: list[str] = []
        self.owner: dict[str, int] = {}

    def teardown(self) -> None:
        for number in getattr(self, "numbers", ()):
            event(f"an order ended {self.house.row(number)['state']}")
        if hasattr(self, "house"):
            self.house.database.dispose()

    # --- readers ---

    @rule(
        who=some_reader,
        wanted=st.sets(st.integers(0, len(STOCKS) - 1), min_size=1),
        place=some_place,
        times=st.integers(1, 2),
    )
    def order(self, who: int, wanted: set[int], place: tuple[str, str], times: int) -> None:
        talk, reader = f"talk-{who}", self.readers[who]
        self.house.baskets.clear(talk)
        with suppress(LendingError):
            to = self.doors[who] if place[0] == "home" else place[1]
            nonce = self.house.fill(talk, *(self.titles[n] for n in wanted), method=Method(place[0]), to=to)
            placed = [self.house.orders.place(talk, reader, nonce) for _ in range(times)]
            number = placed[0].order.number
            assert {each.order.number for each in placed} == {number}
            self.numbers.append(number)
            self.owner[number] = who

    @precondition(lambda self: self.numbers)
    @rule(which=some_order, times=st.integers(1, 2))
    def cancel(self, which: int, times: int) -> None:
        number = self._number(which)
        for _ in range(times):
            with suppress(LendingError):
                self.house.orders.cancel(self.readers[self.owner[number]], number)

    @precondition(lambda self: self.numbers)
    @rule(which=some_order, place=some_place)
    def change_pickup(self, which: int, place: tuple[str, str]) -> None:
        number = self._number(which)
        who = self.owner[number]
        point, door = (None, self.doors[who]) if place[0] == "home" else (place[1], None)
        with suppress(LendingError):
            self.house.orders.change_pickup(self.readers[who], number, place[0], point, door)

    @rule(who=some_reader, title=st.integers(0, len(STOCKS) - 1))
    def reserve(self, who: int, title: int) -> None:
        with suppress(LendingError):
            self.house.reservations.reserve(self.readers[who], self.titles[title])

    @precondition(lambda self: self.numbers)
    @rule(which=some_order)
    def ask_for_a_helpers_code(self, which: int) -> None:
        number = self._number(which)
        with suppress(LendingError):
            self.house.orders.proxy_code(self.readers[self.owner[number]], number)

    # --- staff, courier, locker ---

    @precondition(lambda self: self.numbers)
    @rule(
        which=some_order, step=st.sampled_from(["receive", "pack", "dispatch", "arrived", "close", "follow"])
    )
    def step(self, which: int, step: str) -> None:
        with suppress(LendingError):
            getattr(self.house.fulfilment, step)(self._number(which))

    @precondition(lambda self: self.numbers)
    @rule(
        which=some_order,
        until=st.sampled_from([OrderState.PACKED, OrderState.IN_TRANSIT, OrderState.AVAILABLE]),
    )
    def walk(self, which: int, until: OrderState) -> None:
        """Several steps at once, so that days get somewhere."""
        number = self._number(which)
        self._walk(number, until)

    @rule(who=some_reader, title=st.integers(0, 3), place=some_place)
    def walk_a_new_order_to_its_place(self, who: int, title: int, place: tuple[str, str]) -> None:
        before = len(self.numbers)
        self.order(who, {title}, place, 1)
        if len(self.numbers) > before:
            self._walk(self.numbers[-1], OrderState.AVAILABLE)

    def _walk(self, number: str, until: OrderState) -> None:
        for _ in range(5):
            state = self.house.fulfilment.get(number).state
            if state is until:
                return
            with suppress(LendingError, KeyError):
                self.house.advance_once(number)

    @precondition(lambda self: self.numbers)
    @rule(
        which=some_order, line=some_line, found=st.booleans(), reason=st.sampled_from(["missing", "damaged"])
    )
    def look_on_the_shelf(self, which: int, line: int, found: bool, reason: str) -> None:
        number = self._number(which)
        lines = self.house.fulfilment.get(number).lines
        line_id = lines[line % len(lines)].id
        with suppress(LendingError):
            if found:
                self.house.fulfilment.found(number, line_id)
            else:
                self.house.fulfilment.not_found(number, line_id, reason)

    @precondition(lambda self: self.numbers)
    @rule(which=some_order, how=st.sampled_from([ShipmentState.DELIVERED, ShipmentState.FAILED]))
    def drive(self, which: int, how: ShipmentState) -> None:
        number = self._number(which)
        for parcel in self.house.parcels(number):
            if parcel["tracking"]:
                with suppress(ValueError):
                    self.house.courier.scan(parcel["tracking"], how)
        with suppress(LendingError):
            self.house.fulfilment.follow(number)

    @precondition(lambda self: self.numbers)
    @rule(which=some_order, times=st.integers(1, 2))
    def collect(self, which: int, times: int) -> None:
        order = self.house.fulfilment.get(self._number(which))
        if order.pickup_code is None or order.pickup_point is None:
            return
        for _ in range(times):
            with suppress(LendingError):
                self.house.fulfilment.collect(order.pickup_point.id, order.pickup_code)

    @rule(days=st.integers(1, 8))
    def days_pass(self, days: int) -> None:
        self.house.clock.forward(days=days)
        for _ in range(3):
            self.house.timers.run_due()
        self.house.fulfilment.free_cells()

    @rule(copy=st.integers(1, 12))
    def give_back(self, copy: int) -> None:
        self.house.loans.returned(copy)

    @rule(title=st.integers(0, len(STOCKS) - 1))
    def find_again(self, title: int) -> None:
        """Missing copies turn up on their shelf."""
        with self.house.database.begin() as conn:
            lost = (copies.c.title_id == self.titles[title], copies.c.state.in_(("missing", "withdrawn")))
            for copy_id in conn.execute(select(copies.c.id).where(*lost)).scalars().all():
                promises.set_copy_state(conn, copy_id, "on_shelf")

    @rule(locker=st.sampled_from(["L1", "L2"]), key=st.sampled_from(["x", "y"]), take=st.booleans())
    def strangers_use_cells(self, locker: str, key: str, take: bool) -> None:
        if take:
            self.house.lockers.reserve(locker, key)
        else:
            self.house.lockers.release(locker, key)

    @rule(locker=st.sampled_from(["L1", "L2"]), closed=st.booleans())
    def out_of_service(self, locker: str, closed: bool) -> None:
        self.house.close_point(locker, closed)

    # --- what always holds ---

    @precondition(lambda self: hasattr(self, "house"))
    @invariant()
    def everything_adds_up(self) -> None:
        with self.house.database.read() as conn:
            self._nothing_is_held_twice(conn)
            for number in self.numbers:
                order = rows.by_number(conn, number)
                assert order is not None
                self._events_explain(conn, order)
                self._money_adds_up(conn, order)
                self._copies_are_where_they_should_be(conn, order)
                self._cells_are_held_while_needed(conn, order)

    def _nothing_is_held_twice(self, conn: Connection) -> None:
        live = promises.promises.c.released_at.is_(None)
        held = list(conn.execute(select(promises.promises.c.copy_id).where(live)).scalars())
        assert len(held) == len(set(held))
        lent = set(conn.execute(select(loans.c.copy_id).where(loans.c.returned_at.is_(None))).scalars())
        assert not lent & set(held)
        active = select(cell_bookings.c.locker_id, cell_bookings.c.number)
        taken = list(conn.execute(active.where(cell_bookings.c.released_at.is_(None))))
        assert len(taken) == len(set(taken))
        known = conn.execute(select(cells.c.locker_id, cells.c.number)).all()
        assert set(taken) <= set(known)

    def _events_explain(self, conn: Connection, order: rows.Row) -> None:
        assert replay(rows.events_of(conn, order["id"])) == stored(conn, order)

    def _money_adds_up(self, conn: Connection, order: rows.Row) -> None:
        volumes = sum(line["state"] != LineState.REFUSED for line in rows.lines(conn, order["id"]))
        door = order["method"] == Method.HOME
        fee = self.house.policy.delivery_fee(volumes, order["reader_kind"]) if door else 0
        assert order["fee_fen"] == fee
        assert order["parcels"] == self.house.policy.parcels(volumes)

    def _copies_are_where_they_should_be(self, conn: Connection, order: rows.Row) -> None:
        lines = [line for line in rows.lines(conn, order["id"]) if line["state"] != LineState.REFUSED]
        wanted = sorted(line["copy_id"] for line in lines)
        promised = sorted(promises.held(conn, promise_key(order)))
        assert promised == (wanted if order["state"] in BEFORE_LOAN else [])
        mine = (loans.c.order_id == order["id"], loans.c.returned_at.is_(None))
        lent = list(conn.execute(select(loans.c.copy_id).where(*mine)).scalars())
        if order["state"] in (OrderState.AVAILABLE, OrderState.COLLECTED):
            assert set(lent) <= set(wanted)
            states = conn.execute(select(copies.c.state).where(copies.c.id.in_(lent))).scalars()
            assert set(states) <= {"lent"}
        else:
            assert lent == []
        if order["state"] == OrderState.COLLECTED:
            assert lent  # else it would be closed

    def _cells_are_held_while_needed(self, conn: Connection, order: rows.Row) -> None:
        for parcel in rows.parcels_of(conn, order["id"]):
            if parcel["locker_id"] is None:
                continue
            held = booked(conn, parcel["locker_id"], cell_key(order, parcel["number"]))
            if order["state"] in HOLDS_CELL:
                assert held is not None
                assert held["number"] == parcel["cell"]
            elif order["state"] in EMPTY_IN and parcel["cell_freed_at"] is not None:
                assert held is None

    def _number(self, which: int) -> str:
        """An order; the newest for 0, to which examples shrink."""
        return self.numbers[-1 - which % len(self.numbers)]


def run(fresh: Callable[[], Database], examples: int) -> None:
    machine = type("Days", (Library,), {"fresh": staticmethod(fresh)})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=examples, stateful_step_count=40, deadline=None)
    )


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[], Path]:
    def another() -> Path:
        path = tmp_path / uuid4().hex
        path.mkdir()
        return path

    return another


@pytest.mark.slow
def test_random_days_on_sqlite(sqlite_template: SqliteTemplate, folder: Callable[[], Path]) -> None:
    run(lambda: sqlite_template.copy(folder()), examples=30)


@pytest.mark.slow
@pytest.mark.postgresql
def test_random_days_on_postgresql(postgres_server: PostgresServer) -> None:
    run(postgres_server.empty, examples=4)
