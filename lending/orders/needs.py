"""What orders need from the rest of the library, handed in once by the wiring."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lending.calendar import WorkingCalendar
from lending.pickup.points import Points
from lending.policy import Policy
from lending.ports import Clock, LockerBank, Logistics
from lending.readers.model import AddressDetail
from lending.storage.base import Connection, Database


class LoanBook(Protocol):
    """Loans as orders use them, always in the order's own transaction."""

    def open_count(self, conn: Connection, reader_id: int) -> int:
        """Volumes on the card now."""
        ...

    def owed_fen(self, conn: Connection, reader_id: int, at: datetime) -> int:
        """Fees owed, with those still running up."""
        ...

    def start(self, conn: Connection, reader_id: int, copy_id: int, order_id: int, at: datetime) -> object:
        """The copy is lent from `at`."""
        ...

    def void(self, conn: Connection, order_id: int, at: datetime) -> None:
        """The order was not collected: its loans end without fee, its copies are back."""
        ...

    def kept_key(self, conn: Connection, reader_id: int, title_id: int) -> str | None:
        """The promise key under which a copy waits for this reader (a reservation that came up), or None."""
        ...

    def waiting(self, conn: Connection, title_id: int) -> int:
        """Readers in the queue for a title."""
        ...

    def came_free(self, conn: Connection, copy_id: int, at: datetime) -> None:
        """A promised copy is free again (order cancelled or changed): the queue may want it."""
        ...

    def out_count(self, conn: Connection, order_id: int) -> int:
        """Volumes of the order that are not back yet."""
        ...


class AddressBook(Protocol):
    """Readers' addresses in clear."""

    def address_detail(self, address_id: int) -> AddressDetail:
        """For the courier only; audited. Never asked inside a transaction."""
        ...


@dataclass(frozen=True, slots=True)
class Needs:
    """Everything the order services work with."""

    database: Database
    clock: Clock
    policy: Policy
    calendar: WorkingCalendar
    points: Points
    lockers: LockerBank
    logistics: Logistics
    loans: LoanBook
    addresses: AddressBook
