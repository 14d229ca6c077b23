"""The end of a loan: fee, shelf, queue and order, in one transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime

from lending import notices
from lending.loans import reminders
from lending.loans.model import Returned
from lending.loans.overdue import overdue_days
from lending.loans.queue import Queue
from lending.notices import NoticeKind
from lending.policy import Policy
from lending.storage import loans as rows
from lending.storage import promises
from lending.storage.base import Connection
from lending.storage.catalogue import ON_SHELF

OrderBack = Callable[[Connection, int, datetime], None]
"""Called in the same transaction when the last book of an order (by id) is back."""


class Closing:
    """Ends loans in the caller's transaction. `on_order_back` is set by the wiring."""

    def __init__(self, policy: Policy, queue: Queue) -> None:
        self._policy = policy
        self._queue = queue
        self.on_order_back: OrderBack | None = None

    def close(self, conn: Connection, loan_id: int, at: datetime) -> Returned | None:
        """The library has the book. None when the loan was ended before.

        Days that the book lay with the courier or in a locker are not counted (5.4).
        """
        row = rows.loan(conn, loan_id, lock=True)
        if row is None or row["returned_at"] is not None:
            return None
        days = overdue_days(row["due"], at, rows.pauses(conn, [loan_id])[loan_id])
        rows.resume(conn, loan_id, at)
        rows.change_loan(conn, loan_id, returned_at=at, overdue_days=days)
        reminders.forget(conn, row["reader_id"], row["due"])
        fee = self._charge(conn, row, days, at)
        kept_for = self._to_shelf(conn, row["copy_id"], at)
        self._order_back(conn, row["order_id"], at)
        return Returned(loan_id, row["title"], days, fee, kept_for)

    def void(self, conn: Connection, loan_id: int, at: datetime) -> None:
        """The book was never collected: no fee, no notice; the next reader's turn."""
        row = rows.loan(conn, loan_id, lock=True)
        if row is not None and row["returned_at"] is None:
            rows.change_loan(conn, loan_id, returned_at=at, voided=True)
            reminders.forget(conn, row["reader_id"], row["due"])
            self._to_shelf(conn, row["copy_id"], at)

    def tell(
        self, conn: Connection, reader_id: int, back: Sequence[Returned], number: str | None, about: str
    ) -> None:
        """Tell the reader once what has arrived. Data: number, titles, overdue_fen."""
        data = {"number": number, "titles": [one.title for one in back]}
        fee = sum(one.overdue_fen for one in back)
        key = f"{NoticeKind.RETURN_RECEIVED}:{about}"
        notices.add(conn, reader_id, NoticeKind.RETURN_RECEIVED, data | {"overdue_fen": fee}, key)

    def _charge(self, conn: Connection, row: rows.Row, days: int, at: datetime) -> int:
        fee = self._policy.overdue_fen(days)
        if fee:
            values = {"key": f"overdue:{row['id']}", "reader_id": row["reader_id"], "loan_id": row["id"]}
            rows.add_charge(conn, values | {"kind": "overdue", "amount_fen": fee, "at": at})
        return fee

    def _to_shelf(self, conn: Connection, copy_id: int, at: datetime) -> int | None:
        promises.set_copy_state(conn, copy_id, ON_SHELF)
        return self._queue.came_free(conn, copy_id, at)

    def _order_back(self, conn: Connection, order_id: int | None, at: datetime) -> None:
        if order_id is not None and self.on_order_back is not None and not rows.of_order(conn, order_id):
            self.on_order_back(conn, order_id, at)
