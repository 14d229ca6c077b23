"""Tells the library system (ILS) what was lent and what came back, after our own books are written.

Rows say what it does not know yet, so nothing is lost when it does not answer; every call carries a key, so
that telling twice does nothing twice.
"""

import logging

from lending.ports import Circulation, Clock, PortUnavailable
from lending.storage import loans as rows
from lending.storage import promises
from lending.storage.base import Connection, Database
from lending.storage.catalogue import LENT, ON_SHELF

log = logging.getLogger(__name__)


class Teller:
    """`tell` is also the worker's: call `try_to_tell` every minute."""

    def __init__(self, database: Database, clock: Clock, circulation: Circulation) -> None:
        self._database = database
        self._clock = clock
        self._circulation = circulation

    def try_to_tell(self, limit: int = 100) -> int:
        """Tell what it does not know; the number of loans told, fewer when it does not answer."""
        try:
            return self.tell(limit=limit)
        except PortUnavailable as silent:
            log.warning("the library system does not answer: %s", silent)
            return 0

    def tell(self, loan_id: int | None = None, limit: int = 100) -> int:
        """As `try_to_tell`, one loan only when asked. PortUnavailable when it does not answer."""
        with self._database.read() as conn:
            waiting = rows.to_tell(conn, limit, loan_id)
        for row in waiting:
            self._tell(row)
        return len(waiting)

    def _tell(self, row: rows.Row) -> None:
        told = {}
        if row["told_out_at"] is None:
            self._circulation.check_out(row["copy_id"], row["card"], row["due"], f"check_out:{row['id']}")
            told["told_out_at"] = self._clock.now()
        if row["returned_at"] is not None:
            self._circulation.check_in(row["copy_id"], f"check_in:{row['id']}")
            told["told_back_at"] = self._clock.now()
        with self._database.begin() as conn:
            rows.change_loan(conn, row["id"], **told)
            self._restate(conn, row["copy_id"])

    @staticmethod
    def _restate(conn: Connection, copy_id: int) -> None:
        """A local library system writes the copy's state itself; the loans say what it is."""
        out = rows.open_loan_of_copy(conn, copy_id)
        promises.set_copy_state(conn, copy_id, ON_SHELF if out is None else LENT)
