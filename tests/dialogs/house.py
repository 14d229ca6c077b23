"""The hands behind the scenes of a transcript: readers, loans and staff of the running system."""

from datetime import timedelta
from pathlib import Path

from app.settings import load_settings
from app.wiring import build
from lending.orders.model import OrderView
from lending.orders.states import LineState, OrderState
from lending.readers.model import Reader
from lending.storage import promises
from lending.storage import readers as reader_rows

PIN = "1234"
BORN = {"child": 2016, "elderly": 1945}


class House:
    """The running system's library, opened a second time, as staff would work on it."""

    def __init__(self, data: Path, url: str, database_url: str = "") -> None:
        self.url = url
        self.wired = build(load_settings(data_dir=data, database_url=database_url))
        self.library = self.wired.library
        self._cards = 0

    def close(self) -> None:
        self.library.database.dispose()

    def reader(self, kind: str = "adult", suspended_days: int = 0) -> Reader:
        """A fresh reader of this kind with PIN 1234."""
        self._cards += 1
        card = f"T{self.library.clock.now():%H%M%S}{self._cards:04d}"
        reader = self.library.readers.register.register(
            card, kind, "李明", "13800000000", PIN, BORN.get(kind, 1985), guardian_consent=True
        )
        if suspended_days:
            until = self.library.clock.now() + timedelta(days=suspended_days)
            with self.library.database.begin() as conn:
                reader_rows.change_reader(conn, reader.id, suspended_until=until)
        return reader

    def address(self, reader: Reader) -> int:
        """An address of the reader's."""
        added = self.library.readers.add_address(reader.id, "李明", "13800000000", "姑苏区", "人民路100号")
        return added.id

    def title_id(self, title: str) -> int:
        """A title of exactly this name with a copy on the shelf."""
        hits = self.library.catalogue.search(title, page_size=20).hits
        return next(hit.title.id for hit in hits if hit.title.title == title and hit.available)

    def lend(self, reader: Reader, title: str, due_in: int, title_id: int = 0) -> None:
        """The reader has the title at home, due in so many days (negative: overdue)."""
        title_id = title_id or self.title_id(title)
        library = self.library
        due = library.clock.now() + timedelta(days=due_in)
        days = library.policy.for_kind(reader.kind).loan_days
        with library.database.begin() as conn:
            copy = promises.candidates(conn, title_id)[0].copy_id
            library.loans.start(conn, reader.id, copy, None, due - timedelta(days=days))

    def order(self, reader: Reader, title: str) -> str:
        """An order placed for a locker; its number."""
        conversation = f"house-{reader.id}"
        library = self.library
        library.baskets.add(conversation, self.title_id(title))
        point = next(point for point in library.points.all("locker") if point.usable)
        basket = library.baskets.choose_pickup(conversation, "locker", point.id)
        return library.orders.place(conversation, reader, basket.nonce).order.number

    def all_out(self, title: str) -> None:
        """Every copy of every edition is lent to somebody."""
        found = self.library.catalogue.search(title, page_size=20).hits
        for hit in found:
            if hit.title.title == title:
                for _ in range(hit.available):
                    self.lend(self.reader(), title, 20, hit.title.id)

    def leave_one_copy(self, title: str) -> int:
        """Lend every copy of an edition but one; the edition's id."""
        title_id = self.title_id(title)
        while self.library.catalogue.availability(title_id).on_shelf > 1:
            self.lend(self.reader(), title, 20, title_id)
        return title_id

    def promised(self, title_id: int) -> int:
        """Copies of a title that are promised to somebody."""
        with self.library.database.read() as conn:
            return len(promises.of_title(conn, title_id))

    def advance(self, reader: Reader, goal: str) -> OrderView:
        """Staff and courier move the newest order to found, packed, shipped, arrived or collected."""
        number = self.library.orders.of(reader, open_only=False, limit=1)[0].number
        for step in ("found", "packed", "shipped", "arrived", "collected"):
            self._step(number, step)
            if step == goal:
                break
        return self.library.orders.get(reader, number)

    def _step(self, number: str, step: str) -> None:
        fulfilment, order = self.library.fulfilment, self.library.fulfilment.get(number)
        state = order.state
        if step == "found" and state in (OrderState.PLACED, OrderState.PICKING):
            if state is OrderState.PLACED:
                fulfilment.receive(number)
            for line in order.lines:
                if line.state is LineState.REQUESTED:
                    fulfilment.found(number, line.id)
        elif step == "packed" and state is OrderState.PICKING:
            fulfilment.pack(number)
        elif step == "shipped" and state is OrderState.PACKED:
            fulfilment.dispatch(number)
        elif step == "arrived" and state is OrderState.IN_TRANSIT:
            fulfilment.arrived(number)
        elif step == "collected" and state is OrderState.AVAILABLE and order.pickup_point:
            fulfilment.collect(order.pickup_point.id, order.pickup_code or "")
