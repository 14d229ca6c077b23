"""The queue for a title, inside a caller's transaction: whose turn it is when a copy comes free (4.1)."""

from datetime import datetime

from lending import notices
from lending.calendar import WorkingCalendar
from lending.notices import NoticeKind, timers
from lending.policy import Policy
from lending.storage import loans as loan_rows
from lending.storage import promises
from lending.storage import reservations as rows
from lending.storage.base import Connection

KEEP_TIMER = "reservation_keep"
"""Timer kind: a kept copy was not ordered in time. Payload: reservation_id."""


def promise_key(reservation_id: int) -> str:
    """Under this key a kept copy is promised."""
    return f"reservation:{reservation_id}"


def _timer_key(reservation_id: int) -> str:
    return f"reservation_keep:{reservation_id}"


class Queue:
    """Offers copies to waiting readers: by time, then by id, nobody skipped."""

    def __init__(self, policy: Policy, calendar: WorkingCalendar) -> None:
        self._policy = policy
        self._calendar = calendar

    def came_free(self, conn: Connection, copy_id: int, at: datetime) -> int | None:
        """A copy lies on the shelf: keep it for whose turn it is; the reservation, None when nobody waits.

        A copy that is promised already stays promised.
        """
        copy = loan_rows.title_of_copy(conn, copy_id)
        loan_rows.lock_title(conn, copy["title_id"])
        turn = rows.first_waiting(conn, copy["title_id"])
        if turn is None or not promises.promise(conn, copy_id, promise_key(turn["id"]), at):
            return None
        self._keep(conn, turn, copy_id, at)
        return int(turn["id"])

    def kept_key(self, conn: Connection, reader_id: int, title_id: int) -> str | None:
        """The promise key of the copy kept for a reader, None when none is (or it was taken over already)."""
        for row in rows.open_of_reader(conn, reader_id, title_id):
            if row["state"] == rows.READY and promises.held(conn, promise_key(row["id"])):
                return promise_key(row["id"])
        return None

    def waiting(self, conn: Connection, title_id: int) -> int:
        """Readers in the queue for a title."""
        return rows.waiting_counts(conn, [title_id]).get(title_id, 0)

    def settle(self, conn: Connection, reader_id: int, title_id: int, at: datetime) -> None:
        """The reader has the title: the wait is over, and a copy kept besides goes to the next."""
        for row in rows.open_of_reader(conn, reader_id, title_id):
            self.close(conn, row, rows.FULFILLED, at)

    def close(self, conn: Connection, row: rows.Row, state: str, at: datetime) -> bool:
        """End a reservation; a copy kept under it goes to the next. False when it was ended already."""
        if not rows.move(conn, row["id"], row["state"], state, closed_at=at):
            return False
        timers.cancel(conn, _timer_key(row["id"]))
        for copy_id in promises.release(conn, promise_key(row["id"]), at):
            self.came_free(conn, copy_id, at)
        return True

    def taken_over(self, conn: Connection, row: rows.Row) -> bool:
        """Whether an order holds the copy that was kept: then the reservation has done its work."""
        return bool(row["state"] == rows.READY) and not promises.held(conn, promise_key(row["id"]))

    def _keep(self, conn: Connection, turn: rows.Row, copy_id: int, at: datetime) -> None:
        days, hours = self._policy.reservations.keep_open_days, self._policy.library.hours
        until = self._calendar.add_open_days(hours, at, days)
        rows.move(conn, turn["id"], rows.WAITING, rows.READY, copy_id=copy_id, ready_at=at, ready_until=until)
        timers.add(conn, KEEP_TIMER, _timer_key(turn["id"]), until, {"reservation_id": turn["id"]})
        told = {"title_id": turn["title_id"], "title": turn["title"], "until": until.isoformat()}
        key = f"{NoticeKind.RESERVATION_READY}:{turn['id']}"
        notices.add(conn, turn["reader_id"], NoticeKind.RESERVATION_READY, told, key)
