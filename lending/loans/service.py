"""Loans: from the moment a book lies ready until it is back (RULES, demo policy)."""

from collections.abc import Sequence
from datetime import datetime

from lending import once
from lending.calendar import WorkingCalendar
from lending.errors import Code, LendingError
from lending.loans import reminders
from lending.loans.closing import Closing
from lending.loans.model import FeeLine, Fees, LoanView, Returned
from lending.loans.overdue import due_after, overdue_days
from lending.loans.queue import Queue
from lending.loans.reading import around, view, why_not
from lending.loans.telling import Teller
from lending.notices.runner import Handler
from lending.notices.timers import Timer
from lending.policy import KindPolicy, Policy
from lending.ports import Circulation, Clock
from lending.readers.model import Reader
from lending.storage import loans as rows
from lending.storage import promises
from lending.storage import readers as reader_rows
from lending.storage import returns as return_rows
from lending.storage.base import Connection, Database
from lending.storage.catalogue import LENT


class Loans:
    """What takes a `Connection` works in the caller's transaction; the rest opens its own."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        policy: Policy,
        calendar: WorkingCalendar,
        circulation: Circulation,
        queue: Queue,
        closing: Closing,
        teller: Teller,
    ) -> None:
        self._database = database
        self._clock = clock
        self._policy = policy
        self._calendar = calendar
        self._circulation = circulation
        self._queue = queue
        self._closing = closing
        self._teller = teller

    # --- for readers ---

    def of(self, reader: Reader) -> list[LoanView]:
        """Loans that are not back, the one due first first."""
        with self._database.read() as conn:
            return self._views(conn, rows.open_loans(conn, reader.id), reader)

    def get(self, reader: Reader, loan_ids: Sequence[int]) -> list[LoanView]:
        """These loans, back or not, in this order. LendingError loan_not_found, also for another reader's."""
        with self._database.read() as conn:
            return self._views(conn, [self._own(conn, reader, loan_id) for loan_id in loan_ids], reader)

    def renew(self, reader: Reader, loan_id: int) -> LoanView:
        """Lengthen a loan from its due date by the policy's days.

        LendingError loan_not_found, being_returned(number, due), overdue(days, due),
        renewal_used(limit, due), reserved_by_other(due). The library system is told first: a crash
        after that is mended by asking again.
        """
        done = f"renew:{loan_id}"
        with self._database.read() as conn:
            row = self._own(conn, reader, loan_id)
            if once.before(conn, done) is not None:
                return self._views(conn, [row], reader)[0]
            self._check_renewable(conn, row, reader)
        due = due_after(self._calendar, self._policy, row["due"], self._kind(reader).renewal_days)
        key = f"renew:{loan_id}:{row['renewals'] + 1}"
        self._teller.tell(loan_id)
        booked = self._circulation.renew(row["copy_id"], reader.card, due, key)
        with self._database.begin() as conn:
            now_row = rows.loan(conn, loan_id, lock=True)
            if now_row is not None and now_row["renewals"] == row["renewals"]:
                self._check_renewable(conn, now_row, reader)
                rows.change_loan(conn, loan_id, due=booked.due, renewals=row["renewals"] + 1)
                reminders.forget(conn, reader.id, row["due"])
                reminders.remember(conn, self._policy, reader.id, booked.due, self._clock.now())
                once.note(conn, done, self._clock.now())
            return self._views(conn, [self._own(conn, reader, loan_id)], reader)[0]

    def renew_all(self, reader: Reader) -> list[tuple[LoanView, Code | None]]:
        """Renew what can be renewed; for each loan the code that forbids it, None when it is done."""
        results: list[tuple[LoanView, Code | None]] = []
        for loan in self.of(reader):
            try:
                results.append((self.renew(reader, loan.id), None))
            except LendingError as refused:
                results.append((loan, refused.code))
        return results

    def fees(self, reader: Reader) -> Fees:
        """What runs up on books still out, and what is owed for books that are back."""
        late = [loan for loan in self.of(reader) if loan.overdue_fen]
        with self._database.read() as conn:
            owed = rows.unsettled(conn, reader.id)
        lines = [FeeLine(loan.title, loan.overdue_fen, running=True) for loan in late]
        lines += [FeeLine(row["title"] or "", row["amount_fen"], running=False) for row in owed]
        running, charged = sum(loan.overdue_fen for loan in late), sum(row["amount_fen"] for row in owed)
        return Fees(running, charged, tuple(lines))

    def settle(self, reader_id: int, by: str) -> int:
        """Staff took the money: everything owed is paid; the sum in fen."""
        now = self._clock.now()
        with self._database.begin() as conn:
            paid = rows.settle(conn, reader_id, now, by)
            reader_rows.add_audit(conn, reader_id, now, by, "fees_settled", f"{paid} fen")
        return paid

    # --- for orders, in their transaction ---

    def start(
        self, conn: Connection, reader_id: int, copy_id: int, order_id: int | None, at: datetime
    ) -> int:
        """A copy is lent from `at`; the loan's id. The same copy for the same reader again is the same loan.

        ValueError when the copy is lent to somebody else: orders promise copies, so this never comes up.
        """
        reader = reader_rows.by_id(conn, reader_id)
        if reader is None:
            raise ValueError(f"no reader {reader_id}")
        title_id = rows.title_of_copy(conn, copy_id)["title_id"]
        due = due_after(self._calendar, self._policy, at, self._policy.for_kind(reader["kind"]).loan_days)
        values = {"reader_id": reader_id, "copy_id": copy_id, "title_id": title_id, "order_id": order_id}
        loan_id = rows.insert_loan(conn, values | {"started_at": at, "due": due})
        if loan_id is None:
            return self._already(conn, reader_id, copy_id)
        promises.set_copy_state(conn, copy_id, LENT)
        self._queue.settle(conn, reader_id, title_id, at)
        reminders.remember(conn, self._policy, reader_id, due, self._clock.now())
        return loan_id

    def void(self, conn: Connection, order_id: int, at: datetime) -> None:
        """The order was not collected: its loans end without a fee, its copies are for the next reader."""
        for row in rows.of_order(conn, order_id):
            self._closing.void(conn, row["id"], at)

    def open_count(self, conn: Connection, reader_id: int) -> int:
        """Volumes on the card now."""
        return rows.open_count(conn, reader_id)

    def out_count(self, conn: Connection, order_id: int) -> int:
        """Volumes of an order that are not back yet."""
        return len(rows.of_order(conn, order_id))

    def owed_fen(self, conn: Connection, reader_id: int, at: datetime) -> int:
        """Fees owed, with those still running up, in fen."""
        out = rows.open_loans(conn, reader_id)
        stopped = rows.pauses(conn, [row["id"] for row in out])
        late = [overdue_days(row["due"], at, stopped[row["id"]]) for row in out]
        owed = rows.unsettled(conn, reader_id)
        return sum(map(self._policy.overdue_fen, late)) + sum(int(row["amount_fen"]) for row in owed)

    def came_free(self, conn: Connection, copy_id: int, at: datetime) -> None:
        """A promised copy is free again (order cancelled or changed): the queue may want it."""
        self._queue.came_free(conn, copy_id, at)

    def waiting(self, conn: Connection, title_id: int) -> int:
        """Readers in the queue for a title."""
        return self._queue.waiting(conn, title_id)

    def kept_key(self, conn: Connection, reader_id: int, title_id: int) -> str | None:
        """The promise key of the copy kept for a reader, or None."""
        return self._queue.kept_key(conn, reader_id, title_id)

    # --- coming back ---

    def returned(self, copy_id: int, at: datetime | None = None) -> Returned | None:
        """A copy is checked in at a counter or found in a return box; None when it was not out."""
        at = at or self._clock.now()
        with self._database.read() as conn:
            row = rows.open_loan_of_copy(conn, copy_id)
        if row is None:
            return None
        with self._database.begin() as conn:
            back = self._closing.close(conn, row["id"], at)
            if back is not None:
                return_rows.let_go(conn, [row["id"]])
                self._closing.tell(conn, row["reader_id"], [back], None, f"loan:{row['id']}")
        self._teller.try_to_tell()
        return back

    def handlers(self) -> dict[str, Handler]:
        """Timer handlers by kind, for `TimerRunner`."""
        return {reminders.TIMER: self._remind}

    def _remind(self, conn: Connection, timer: Timer) -> None:
        due = reminders.loans_to_tell(conn, timer)
        reader = reader_rows.by_id(conn, timer.payload["reader_id"])
        if due and reader is not None:
            limit = self._policy.for_kind(reader["kind"]).renewals
            known = around(conn, due, reader["id"], limit, self._clock.now())
            reminders.tell(conn, timer, due, any(why_not(row, known) is None for row in due))

    # --- inside ---

    def _kind(self, reader: Reader) -> KindPolicy:
        return self._policy.for_kind(reader.kind)

    def _own(self, conn: Connection, reader: Reader, loan_id: int) -> rows.Row:
        row = rows.loan(conn, loan_id)
        if row is None or row["reader_id"] != reader.id or row["voided"]:
            raise LendingError(Code.LOAN_NOT_FOUND)
        return row

    def _already(self, conn: Connection, reader_id: int, copy_id: int) -> int:
        row = rows.open_loan_of_copy(conn, copy_id)
        if row is None or row["reader_id"] != reader_id:
            raise ValueError(f"copy {copy_id} is lent to another reader")
        return int(row["id"])

    def _check_renewable(self, conn: Connection, row: rows.Row, reader: Reader) -> None:
        if row["returned_at"] is not None:
            raise LendingError(Code.LOAN_NOT_FOUND)
        known = around(conn, [row], reader.id, self._kind(reader).renewals, self._clock.now())
        refused = why_not(row, known)
        if refused is not None:
            raise refused

    def _views(self, conn: Connection, loans: Sequence[rows.Row], reader: Reader) -> list[LoanView]:
        known = around(conn, loans, reader.id, self._kind(reader).renewals, self._clock.now())
        return [view(self._policy, row, known) for row in loans]
