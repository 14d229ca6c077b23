"""Chooses the copy for a line and promises it; a rival that was first sends us on to the next copy."""

from datetime import datetime

from lending.orders.needs import LoanBook
from lending.storage import promises
from lending.storage.base import Connection
from lending.storage.promises import Candidate


def promise_copy(
    conn: Connection, title_id: int, near: str | None, key: str, at: datetime, kept: str | None = None
) -> Candidate | None:
    """Promise one copy of a title under the order's key: the pickup branch's own first, then open shelves,
    then
    closed stacks. `kept`: the key under which a copy waits for this reader (a reservation); it is taken over.

    None when none is left. The unique index decides between rivals, so two orders never hold one copy.
    """
    for copy in promises.candidates(conn, title_id, near, kept):
        if kept is not None and promises.release(conn, kept, at, copy.copy_id):
            return copy if promises.promise(conn, copy.copy_id, key, at) else None
        if promises.promise(conn, copy.copy_id, key, at):
            return copy
    return None


def release_copies(
    conn: Connection, loans: LoanBook, key: str, at: datetime, copy_id: int | None = None
) -> list[int]:
    """Take promises back and let the reservation queue have the copies; the copies."""
    freed = promises.by_title(conn, promises.release(conn, key, at, copy_id))
    for copy in freed:
        loans.came_free(conn, copy, at)
    return freed
