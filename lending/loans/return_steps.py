"""The steps of a return, each in its caller's transaction."""

from collections.abc import Sequence
from datetime import datetime

from lending import notices
from lending.calendar import local
from lending.errors import Code, LendingError
from lending.loans.closing import Closing
from lending.loans.handover import Handover, Plan
from lending.loans.model import LoanView, Returned, ReturnState
from lending.notices import NoticeKind
from lending.ports import Clock
from lending.readers.model import Reader
from lending.storage import loans as loan_rows
from lending.storage import returns as rows
from lending.storage.base import Connection

BY_READER = "reader"
"""The reason of a return that its reader took back."""
OPEN = (ReturnState.BOOKED, ReturnState.HANDED_OVER)


class Steps:
    """Written, handed over, received, ended."""

    def __init__(self, clock: Clock, closing: Closing, handover: Handover) -> None:
        self._clock = clock
        self._closing = closing
        self._handover = handover

    def insert(self, conn: Connection, reader: Reader, loans: Sequence[LoanView], plan: Plan) -> str:
        """The number of the new return, or of the one that a rival with the same nonce has just written."""
        now = self._clock.now()
        values = {"number": plan.key, "nonce": plan.key, "reader_id": reader.id, "state": ReturnState.BOOKED}
        values |= {"method": plan.method, "point_id": plan.point_id, "address_id": plan.address_id}
        values |= {"window": plan.window, "cells": plan.cells, "tracking": plan.tracking}
        values |= {"fee_fen": plan.fee_fen, "started_at": now, "expires_at": plan.expires_at}
        return_id = None
        while return_id is None:
            known = rows.by_nonce(conn, plan.key)
            if known is not None:
                return str(known["number"])
            code = self._handover.new_code(conn, plan.point_id) if plan.cells and plan.point_id else None
            return_id = rows.insert_return(conn, values | {"code": code})
        number = f"R{local(now):%y%m%d}{return_id:04d}"
        rows.change_return(conn, return_id, number=number)
        for loan in loans:
            if not rows.add_loan(conn, return_id, loan.id):
                raise LendingError(
                    Code.BEING_RETURNED, number=rows.returning(conn, [loan.id]).get(loan.id, "")
                )
        return number

    def take(self, conn: Connection, row: rows.Row, at: datetime) -> None:
        """The courier or the locker has the books: the overdue clocks stand, the reader is told."""
        rows.change_return(conn, row["id"], state=ReturnState.HANDED_OVER, handed_over_at=at)
        titles = []
        for loan_id in rows.loan_ids(conn, row["id"], active_only=True):
            loan_rows.pause(conn, loan_id, at)
            loan = loan_rows.loan(conn, loan_id)
            titles.append(loan["title"] if loan else "")
        key = f"{NoticeKind.RETURN_SCANNED}:{row['number']}"
        data = {"number": row["number"], "titles": titles, "method": row["method"]}
        notices.add(conn, row["reader_id"], NoticeKind.RETURN_SCANNED, data, key)

    def receive(
        self, conn: Connection, row: rows.Row, only: Sequence[int] | None, at: datetime
    ) -> list[Returned]:
        """The library has the books, or only those of `only`; the clocks of the others run again."""
        expected = rows.loan_ids(conn, row["id"], active_only=True)
        came = [loan_id for loan_id in expected if only is None or loan_id in only]
        closed = [self._closing.close(conn, loan_id, at) for loan_id in came]
        back = [one for one in closed if one is not None]
        for loan_id in set(expected) - set(came):
            loan_rows.resume(conn, loan_id, at)
        rows.let_go(conn, expected)
        rows.change_return(conn, row["id"], state=ReturnState.RECEIVED, ended_at=at)
        if back:
            self._closing.tell(conn, row["reader_id"], back, row["number"], f"return:{row['number']}")
        return back

    def end(self, conn: Connection, row: rows.Row, state: ReturnState, reason: str, at: datetime) -> bool:
        """The reader has the books and nothing is arranged any more; False when it ended before."""
        movable = OPEN if state is ReturnState.FAILED else (ReturnState.BOOKED,)
        if row["state"] not in movable:
            return False
        active = rows.loan_ids(conn, row["id"], active_only=True)
        for loan_id in active:
            loan_rows.resume(conn, loan_id, at)
        rows.let_go(conn, active)
        rows.change_return(conn, row["id"], state=state, reason=reason, ended_at=at)
        if reason != BY_READER:
            self._tell_failed(conn, row, active, reason, at)
        return True

    @staticmethod
    def _tell_failed(
        conn: Connection, row: rows.Row, loan_ids: Sequence[int], reason: str, at: datetime
    ) -> None:
        """Nobody has the books but the reader, whose clock runs: say so at once, and the way on (5.4)."""
        found = [loan_rows.loan(conn, loan_id) for loan_id in loan_ids]
        loans = [loan for loan in found if loan is not None]
        if not loans:
            return
        due = min(loan["due"] for loan in loans)
        data = {"number": row["number"], "titles": [loan["title"] for loan in loans], "method": row["method"]}
        data |= {"reason": reason, "due": due.isoformat(), "overdue": due < at}
        key = f"{NoticeKind.RETURN_FAILED}:{row['number']}"
        notices.add(conn, row["reader_id"], NoticeKind.RETURN_FAILED, data, key)
