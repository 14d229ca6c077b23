"""Giving books back: at the door, into a locker, at a branch (6.1.1, 5.4)."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from lending.errors import Code, LendingError
from lending.loans.closing import Closing
from lending.loans.handover import Handover
from lending.loans.model import ClockNote, LoanView, Returned, ReturnMethod, ReturnState, ReturnView
from lending.loans.return_steps import BY_READER, OPEN, Steps
from lending.loans.service import Loans
from lending.loans.telling import Teller
from lending.pickup.points import Points
from lending.ports import Clock, ShipmentState
from lending.readers.model import Reader, ReaderKind
from lending.storage import loans as loan_rows
from lending.storage import readers as reader_rows
from lending.storage import returns as rows
from lending.storage.base import Connection, Database

_NOTES = {
    ReturnMethod.HOME: ClockNote.AT_SCAN,
    ReturnMethod.LOCKER: ClockNote.AT_DROP,
    ReturnMethod.BRANCH: ClockNote.AT_COUNTER,
}


class Returns:
    """Books on their way back. A loan is in one return at a time; the same nonce is the same return."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        points: Points,
        loans: Loans,
        closing: Closing,
        handover: Handover,
        teller: Teller,
    ) -> None:
        self._database = database
        self._clock = clock
        self._points = points
        self._loans = loans
        self._handover = handover
        self._steps = Steps(clock, closing, handover)
        self._teller = teller

    # --- for readers ---

    def start(
        self,
        reader: Reader,
        loan_ids: Sequence[int],
        method: ReturnMethod | str,
        point_id: str | None = None,
        address_id: int | None = None,
        *,
        nonce: str,
        window: str | None = None,
    ) -> ReturnView:
        """Agree how these loans come back. Until they are handed over nothing else changes.

        LendingError nothing_to_return, loan_not_found, being_returned(number), address_not_found,
        unknown_point, point_closed(name), locker_full(name). After any of them no courier comes and no
        cell is held.
        """
        key = hashlib.sha256(f"{reader.id}|{nonce}".encode()).hexdigest()[:40]
        with self._database.read() as conn:
            known = rows.by_nonce(conn, key)
        if known is not None:
            return self._view(known, reader)
        try:
            loans = self._check(reader, loan_ids)
        except LendingError:
            with self._database.read() as conn:
                known = rows.by_nonce(conn, key)  # a rival with the same nonce came in between
            if known is None:
                raise
            return self._view(known, reader)
        plan = self._handover.plan(reader, loans, ReturnMethod(method), point_id, address_id, window, key)
        try:
            with self._database.begin() as conn:
                number = self._steps.insert(conn, reader, loans, plan)
        except BaseException:
            self._handover.call_off(plan)
            raise
        return self.get(reader, number)

    def of(self, reader: Reader) -> list[ReturnView]:
        """Returns on their way, oldest first."""
        with self._database.read() as conn:
            found = rows.in_states(conn, OPEN, reader.id)
        return [self._view(row, reader) for row in found]

    def get(self, reader: Reader, number: str) -> ReturnView:
        """LendingError return_not_found, also for another reader's."""
        return self._view(self._own(reader, number), reader)

    def cancel(self, reader: Reader, number: str) -> ReturnView:
        """Keep the books: the courier stays away, held cells are free, the audit says so. Again is the same.

        LendingError return_not_found; too_late_to_cancel(state), also when the courier says so. When the
        courier cannot be reached (PortUnavailable) nothing has changed.
        """
        row = self._own(reader, number)
        if row["state"] == ReturnState.CANCELLED:
            return self._view(row, reader)
        if row["state"] != ReturnState.BOOKED:
            raise LendingError(Code.TOO_LATE_TO_CANCEL, state=row["state"])
        if not self._handover.stays_away(row):
            raise LendingError(Code.TOO_LATE_TO_CANCEL, state=self.sync(number).state)
        self._end(number, ReturnState.CANCELLED, BY_READER, self._clock.now())
        now = self.get(reader, number)
        if now.state is not ReturnState.CANCELLED:  # handed over while we asked
            raise LendingError(Code.TOO_LATE_TO_CANCEL, state=now.state)
        return now

    # --- what happens on the way ---

    def drop(self, point_id: str, code: str) -> ReturnView:
        """A drop code typed at a locker: its cells open, and what is put in stops the clock.

        LendingError code_refused, door_stuck(point_id, cell) with the code still valid.
        """
        with self._database.begin() as conn:
            row = rows.by_code(conn, point_id, code, ReturnState.BOOKED)
        if row is None:
            raise LendingError(Code.CODE_REFUSED)
        self._handover.open(row)
        return self.scanned(row["number"])

    def scanned(self, number: str, at: datetime | None = None) -> ReturnView:
        """The courier (or the locker) has the books since `at`: the overdue clock stands (5.4).

        LendingError return_not_found; illegal_move(state, event) when the return has ended without it.
        """
        at = at or self._clock.now()
        with self._database.begin() as conn:
            row = self._locked(conn, number)
            if row["state"] == ReturnState.BOOKED:
                self._steps.take(conn, row, at)
            elif row["state"] not in (ReturnState.HANDED_OVER, ReturnState.RECEIVED):
                raise LendingError(Code.ILLEGAL_MOVE, state=row["state"], event="scanned")
        return self.view(number)

    def failed(self, number: str, at: datetime | None = None, reason: str = "courier") -> ReturnView:
        """It did not work out and the reader has the books: the clock runs again from the next day."""
        at = at or self._clock.now()
        self._end(number, ReturnState.FAILED, reason, at)
        return self.view(number)

    def complete(
        self, number: str, loan_ids: Sequence[int] | None = None, at: datetime | None = None
    ) -> list[Returned]:
        """The library has the books, or only those of `loan_ids`: the others stay with the reader.

        Fees are charged, copies are on the shelf or kept for the next reader, the reader is told. Again: [].
        LendingError return_not_found; illegal_move(state, event) after it failed or was cancelled.
        """
        at = at or self._clock.now()
        with self._database.begin() as conn:
            row = self._locked(conn, number)
            if row["state"] == ReturnState.RECEIVED:
                return []
            if row["state"] not in OPEN:
                raise LendingError(Code.ILLEGAL_MOVE, state=row["state"], event="complete")
            back = self._steps.receive(conn, row, loan_ids, at)
        self._handover.release(row)
        self._teller.try_to_tell()
        return back

    def sync(self, number: str) -> ReturnView:
        """Ask the courier where the books are and act on it. LendingError return_not_found."""
        row = self._row(number)
        if row["tracking"] and row["state"] in OPEN:
            for scan in self._handover.scans(row["tracking"]):
                if scan.state is ShipmentState.PICKED_UP:
                    self.scanned(number, scan.at)
                elif scan.state is ShipmentState.FAILED:
                    self.failed(number, scan.at)
        return self.view(number)

    def sweep(self) -> int:
        """End returns nobody used in time, free cells that a crash left held; how many. Run every minute."""
        now = self._clock.now()
        with self._database.read() as conn:
            unused, left = rows.unused(conn, ReturnState.BOOKED, now), rows.ended_with_cells(conn)
        for row in unused:
            self._end(row["number"], ReturnState.CANCELLED, "unused", now)
        for row in left:
            self._handover.release(row)
        return len(unused) + len(left)

    # --- for staff and machines ---

    def pending(self, *states: ReturnState) -> list[ReturnView]:
        """Every return in these states (all open ones by default), oldest first."""
        with self._database.read() as conn:
            found = rows.in_states(conn, states or OPEN)
        return [self.view(row["number"]) for row in found]

    def by_tracking(self, tracking: str) -> str | None:
        """The number of the return that a courier brings."""
        with self._database.read() as conn:
            row = rows.by_tracking(conn, tracking)
        return None if row is None else str(row["number"])

    def view(self, number: str) -> ReturnView:
        """A return, whoever's it is. LendingError return_not_found."""
        row = self._row(number)
        with self._database.read() as conn:
            reader = reader_rows.by_id(conn, row["reader_id"])
        if reader is None:
            raise LendingError(Code.RETURN_NOT_FOUND)
        return self._view(row, Reader(reader["id"], reader["card"], ReaderKind(reader["kind"]), ""))

    # --- inside ---

    def _check(self, reader: Reader, loan_ids: Sequence[int]) -> list[LoanView]:
        loans = self._loans.get(reader, list(dict.fromkeys(loan_ids)))
        with self._database.read() as conn:
            out = {row["id"] for row in loan_rows.open_loans(conn, reader.id)}
            returning = rows.returning(conn, [loan.id for loan in loans])
        if not loans or any(loan.id not in out for loan in loans):
            raise LendingError(Code.NOTHING_TO_RETURN)
        if returning:
            raise LendingError(Code.BEING_RETURNED, number=next(iter(returning.values())))
        return loans

    def _end(self, number: str, state: ReturnState, reason: str, at: datetime) -> None:
        with self._database.begin() as conn:
            row = self._locked(conn, number)
            ended = self._steps.end(conn, row, state, reason, at)
            if ended and reason == BY_READER:
                reader_rows.add_audit(conn, row["reader_id"], at, "reader", "return_cancelled", number)
        if ended:
            self._handover.call_back(row)

    def _row(self, number: str) -> rows.Row:
        with self._database.read() as conn:
            row = rows.by_number(conn, number)
        if row is None:
            raise LendingError(Code.RETURN_NOT_FOUND)
        return row

    def _own(self, reader: Reader, number: str) -> rows.Row:
        row = self._row(number)
        if row["reader_id"] != reader.id:
            raise LendingError(Code.RETURN_NOT_FOUND)
        return row

    def _locked(self, conn: Connection, number: str) -> rows.Row:
        row = rows.by_number(conn, number, lock=True)
        if row is None:
            raise LendingError(Code.RETURN_NOT_FOUND)
        return row

    def _view(self, row: rows.Row, reader: Reader) -> ReturnView:
        with self._database.read() as conn:
            ids = rows.loan_ids(conn, row["id"])
        method, state = ReturnMethod(row["method"]), ReturnState(row["state"])
        return ReturnView(
            number=row["number"],
            state=state,
            method=method,
            loans=tuple(self._loans.get(reader, ids)),
            point=self._points.get(row["point_id"]) if row["point_id"] else None,
            window=row["window"],
            code=row["code"] if state is ReturnState.BOOKED else None,
            fee_fen=row["fee_fen"],
            note=_NOTES[method] if state is ReturnState.BOOKED else ClockNote.STOPPED,
            tracking=row["tracking"],
        )
