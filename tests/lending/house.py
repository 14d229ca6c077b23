"""A small library for tests of orders: two branches, two lockers, a few titles and readers, all on a real
database."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, update

from integrations.circulation.local import LocalCirculation
from integrations.lockers.simulated import SimulatedLockers
from integrations.logistics.local import LocalCourier
from lending.calendar import WorkingCalendar
from lending.errors import LendingError
from lending.loans.closing import Closing
from lending.loans.queue import Queue
from lending.loans.reservations import Reservations
from lending.loans.service import Loans
from lending.loans.telling import Teller
from lending.notices.runner import TimerRunner
from lending.orders.basket import Baskets
from lending.orders.fulfilment import Fulfilment
from lending.orders.model import Method, OrderView, Placed
from lending.orders.needs import Needs
from lending.orders.service import Orders
from lending.orders.states import OrderState
from lending.pickup.points import Points
from lending.policy import Policy
from lending.ports import ShipmentState, VerifiedReader
from lending.readers.model import AddressDetail, Reader, ReaderKind
from lending.storage import cells, pickup
from lending.storage import orders as order_rows
from lending.storage.base import Database
from lending.storage.catalogue import copies, titles
from lending.storage.notices import notices
from lending.storage.readers import addresses, readers
from tests.fakes.clock import FakeClock, china

POLICY = Path(__file__).parents[2] / "app/demo/policy.toml"
OPENING = "周二-周日 09:00-20:00"
START = china("2025-03-05 08:00")
"""A Wednesday, before the first cut-off."""

BRANCHES = {
    "B1": ("苏州图书馆总馆", "姑苏区人民路918号", 31.3000, 120.6200),
    "B2": ("湖东邻里分馆", "苏州工业园区星湖街328号", 31.3100, 120.7300),
}
LOCKERS = {
    "L1": ("湖东邻里中心自助柜", "苏州工业园区万盛街8号", 31.3170, 120.7200, "06:30-22:30"),
    "L2": ("狮山天街自助柜", "高新区狮山路28号", 31.2950, 120.5600, "24h"),
}


def refused(call: Callable[..., object], *arguments: object, **named: object) -> LendingError:
    """The refusal of a call that must be refused."""
    with pytest.raises(LendingError) as caught:
        call(*arguments, **named)
    return caught.value


class WeekDays:
    """A `DayTable` that knows no year: Monday to Friday are working days."""

    def is_working_day(self, day: date) -> bool | None:
        return None


class NoPins:
    """Nobody is verified here."""

    def check_pin(self, card: str, pin: str) -> VerifiedReader | None:
        return None


class Doors:
    """Addresses in clear, made up from their ids."""

    def address_detail(self, address_id: int) -> AddressDetail:
        return AddressDetail(address_id, "王小明", "13800000000", "姑苏区", "人民路1号")


class House:
    """The services of a library, with short ways to fill and to drive it."""

    def __init__(self, database: Database, *, cells_each: int = 3) -> None:
        self.database = database
        self.clock = FakeClock(START)
        self.policy = Policy.load(POLICY)
        self.calendar = WorkingCalendar(WeekDays())
        self.lockers = SimulatedLockers(database, self.clock)
        self.courier = LocalCourier(database, self.clock)
        queue = Queue(self.policy, self.calendar)
        closing = Closing(self.policy, queue)
        circulation = LocalCirculation(database, self.clock, NoPins())
        teller = Teller(database, self.clock, circulation)
        self.loans = Loans(
            database, self.clock, self.policy, self.calendar, circulation, queue, closing, teller
        )
        self.points = Points(database, self.lockers)
        self.needs = Needs(
            database=database,
            clock=self.clock,
            policy=self.policy,
            calendar=self.calendar,
            points=self.points,
            lockers=self.lockers,
            logistics=self.courier,
            loans=self.loans,
            addresses=Doors(),
        )
        self.baskets = Baskets(self.needs)
        self.orders = Orders(self.needs)
        self.fulfilment = Fulfilment(self.needs)
        closing.on_order_back = self.fulfilment.order_back
        self.reservations = Reservations(database, self.clock, self.policy, queue)
        handlers = {
            **self.fulfilment.handlers(),
            **self.loans.handlers(),
            **self.reservations.handlers(),
        }
        self.timers = TimerRunner(database, self.clock, handlers)
        self._build(cells_each)

    def _build(self, cells_each: int) -> None:
        names = ("id", "name", "address", "latitude", "longitude", "hours")
        with self.database.begin() as conn:
            for branch, facts in BRANCHES.items():
                pickup.put_branch(conn, dict(zip(names, (branch, *facts, OPENING), strict=True)))
            for locker, place in LOCKERS.items():
                pickup.put_locker(conn, dict(zip(names, (locker, *place), strict=True)))
                for number in range(1, cells_each + 1):
                    cells.put_cell(conn, locker, f"{number:02d}", low=number == cells_each)

    # --- filling ---

    def title(
        self, name: str, *, stock: tuple[str, ...] = ("B1",), adult_only: bool = False, author: str = ""
    ) -> int:
        """A title with a copy for each entry of `stock`: "B1" on an open shelf, "B1c" in a closed stack."""
        with self.database.begin() as conn:
            count = len(conn.execute(select(titles.c.id)).all())
            values = {"key": f"k{count}", "title": name, "author": author, "adult_only": adult_only}
            row = conn.execute(insert(titles).values(added_at=START, **values).returning(titles.c.id))
            title_id = int(row.scalar_one())
            for place in stock:
                self._copy(conn, title_id, place)
        return title_id

    def _copy(self, conn: Connection, title_id: int, place: str) -> None:
        count = len(conn.execute(select(copies.c.id)).all())
        stack = "closed" if place.endswith("c") else "open"
        values = {"barcode": f"C{count:05d}", "title_id": title_id, "branch_id": place[:2], "stack": stack}
        conn.execute(insert(copies).values(state="on_shelf", **values))

    def reader(self, card: str = "D0001", kind: ReaderKind = ReaderKind.ADULT) -> Reader:
        """A reader of a kind."""
        values = {"card": card, "kind": str(kind), "surname": "王", "name_sealed": "", "phone_sealed": ""}
        with self.database.begin() as conn:
            row = conn.execute(insert(readers).values(created_at=START, **values).returning(readers.c.id))
            return Reader(int(row.scalar_one()), card, kind, "王读者")

    def address(self, reader: Reader) -> int:
        """A door of the reader's."""
        values = {
            "reader_id": reader.id,
            "district": "姑苏区",
            "label": "姑苏区…1号",
            "sealed": "",
            "print": "",
        }
        with self.database.begin() as conn:
            row = conn.execute(insert(addresses).values(created_at=START, **values).returning(addresses.c.id))
            return int(row.scalar_one())

    # --- driving ---

    def fill(self, talk: str, *title_ids: int, method: Method = Method.LOCKER, to: str | int = "L1") -> str:
        """Put titles in a basket and choose where to; its nonce."""
        for title_id in title_ids:
            self.baskets.add(talk, title_id)
        if method is Method.HOME:
            return self.baskets.choose_pickup(talk, method, address_id=int(to)).nonce
        return self.baskets.choose_pickup(talk, method, str(to)).nonce

    def order(
        self, reader: Reader, *title_ids: int, method: Method = Method.LOCKER, to: str | int = "L1"
    ) -> Placed:
        """Fill a basket and confirm it."""
        talk = f"talk-{reader.id}"
        return self.orders.place(talk, reader, self.fill(talk, *title_ids, method=method, to=to))

    def advance(self, number: str, until: OrderState) -> OrderView:
        """Do what staff and courier do, every book found, until the order is in a state."""
        order = self.fulfilment.get(number)
        while order.state is not until:
            order = self.advance_once(number)
        return order

    def advance_once(self, number: str) -> OrderView:
        """The next step of staff or courier. KeyError when there is none."""
        steps = {
            OrderState.PLACED: self.fulfilment.receive,
            OrderState.PICKING: self._find_and_pack,
            OrderState.PACKED: self.fulfilment.dispatch,
            OrderState.IN_TRANSIT: self._deliver,
        }
        return steps[self.fulfilment.get(number).state](number)

    def _find_and_pack(self, number: str) -> OrderView:
        for line in self.fulfilment.get(number).lines:
            if line.state == "requested":
                self.fulfilment.found(number, line.id)
        return self.fulfilment.pack(number)

    def _deliver(self, number: str) -> OrderView:
        trackings = [parcel["tracking"] for parcel in self.parcels(number) if parcel["tracking"]]
        for tracking in trackings:
            self.courier.scan(tracking, ShipmentState.DELIVERED)
        return self.fulfilment.follow(number) if trackings else self.fulfilment.arrived(number)

    # --- looking ---

    def row(self, number: str) -> order_rows.Row:
        """The order's row."""
        with self.database.read() as conn:
            found = order_rows.by_number(conn, number)
        assert found is not None
        return found

    def parcels(self, number: str) -> list[order_rows.Row]:
        with self.database.read() as conn:
            return order_rows.parcels_of(conn, self.row(number)["id"])

    def events(self, number: str) -> list[order_rows.Row]:
        with self.database.read() as conn:
            return order_rows.events_of(conn, self.row(number)["id"])

    def told(self, reader: Reader) -> list[tuple[str, dict[str, object]]]:
        """Kinds and facts of the notices written for a reader, oldest first."""
        with self.database.read() as conn:
            query = select(notices.c.kind, notices.c.data).where(notices.c.reader_id == reader.id)
            return [(kind, data) for kind, data in conn.execute(query.order_by(notices.c.id))]

    def copy_states(self, title_id: int) -> list[str]:
        with self.database.read() as conn:
            query = select(copies.c.state).where(copies.c.title_id == title_id).order_by(copies.c.id)
            return list(conn.execute(query).scalars())

    def set_copy(self, title_id: int, state: str) -> None:
        """Every copy of a title gets this state."""
        with self.database.begin() as conn:
            conn.execute(update(copies).where(copies.c.title_id == title_id).values(state=state))

    def close_point(self, point_id: str, closed: bool = True) -> None:
        with self.database.begin() as conn:
            pickup.set_closed(conn, point_id, closed)
