"""The `House` with readers, returns and reservations on top, for tests of loans."""

from datetime import datetime
from typing import Any

import pytest

from integrations.circulation.local import LocalCirculation
from integrations.pins.argon2_hasher import Argon2Pins
from integrations.vault.fernet import FernetVault
from lending.errors import Code, LendingError
from lending.loans.closing import Closing
from lending.loans.handover import Handover
from lending.loans.model import LoanView
from lending.loans.queue import Queue
from lending.loans.reservations import Reservations
from lending.loans.returning import Returns
from lending.loans.service import Loans
from lending.loans.telling import Teller
from lending.notices.runner import TimerRunner
from lending.readers.audit import Audit
from lending.readers.model import Reader, ReaderKind
from lending.readers.register import Register
from lending.readers.service import Readers
from lending.storage import catalogue
from lending.storage import loans as rows
from lending.storage.base import Database
from tests.lending.house import House

PIN = "1234"


class Desk(House):
    """Everything that a reader with a card can do with books."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.vault = FernetVault("a secret of the library, long enough")
        pins = Argon2Pins(memory_kib=64, passes=1)
        self.audit = Audit(database, self.clock)
        self.register = Register(database, self.clock, self.policy, self.vault, pins, self.audit)
        self.circulation = LocalCirculation(database, self.clock, self.register)
        self.readers = Readers(
            database, self.clock, self.policy, self.vault, self.circulation, self.register, self.audit
        )
        queue = Queue(self.policy, self.calendar)
        self.closing = Closing(self.policy, queue)
        self.closing.on_order_back = self.fulfilment.order_back
        self.teller = Teller(database, self.clock, self.circulation)
        self.loans = Loans(
            database,
            self.clock,
            self.policy,
            self.calendar,
            self.circulation,
            queue,
            self.closing,
            self.teller,
        )
        handover = Handover(
            database, self.clock, self.policy, self.points, self.lockers, self.courier, self.readers
        )
        self.returns = Returns(
            database, self.clock, self.points, self.loans, self.closing, handover, self.teller
        )
        self.reservations = Reservations(database, self.clock, self.policy, queue)
        handlers = {**self.fulfilment.handlers(), **self.loans.handlers(), **self.reservations.handlers()}
        self.timers = TimerRunner(database, self.clock, handlers)

    def member(
        self, card: str = "D0001", kind: ReaderKind = ReaderKind.ADULT, name: str = "王小明"
    ) -> Reader:
        """A registered reader."""
        return self.register.register(card, kind, name, "13800000000", PIN)

    def door(self, reader: Reader) -> int:
        """The id of an address of the reader's."""
        added = self.readers.add_address(reader.id, "王小明", "13800000000", "工业园区", "星湖街328号")
        return added.id

    def lend(self, reader: Reader, title_id: int) -> LoanView:
        """A copy of the title on loan from now."""
        with self.database.begin() as conn:
            row = (
                conn.execute(
                    catalogue.copies.select()
                    .where(catalogue.copies.c.title_id == title_id, catalogue.copies.c.state == "on_shelf")
                    .order_by(catalogue.copies.c.id)
                )
                .mappings()
                .first()
            )
            assert row is not None
            loan_id = self.loans.start(conn, reader.id, row["id"], None, self.clock.now())
        return self.loan(reader, loan_id)

    def loan(self, reader: Reader, loan_id: int) -> LoanView:
        """A loan as it is now."""
        return self.loans.get(reader, [loan_id])[0]

    def copy_of(self, loan: LoanView) -> int:
        """The copy that is out on a loan."""
        with self.database.read() as conn:
            row = rows.loan(conn, loan.id)
        assert row is not None
        return int(row["copy_id"])

    def kinds_told(self, reader: Reader) -> list[str]:
        """Kinds of the notices written for a reader, oldest first."""
        return [kind for kind, _ in self.told(reader)]

    def at(self, moment: datetime) -> None:
        """Jump, and run what has come due."""
        self.clock.set(moment)
        while self.timers.run_due():
            pass


def refused(call: Any, *arguments: Any, **named: Any) -> tuple[Code, dict[str, Any]]:
    """Code and facts of the refusal of a call."""
    with pytest.raises(LendingError) as caught:
        call(*arguments, **named)
    return caught.value.code, caught.value.facts
