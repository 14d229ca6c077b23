"""Waiting for a title of which every copy is out: first come first served (4.1)."""

from lending import notices, once
from lending.errors import Code, LendingError
from lending.loans.model import Reservation, ReservationState
from lending.loans.queue import KEEP_TIMER, Queue
from lending.notices import NoticeKind
from lending.notices.runner import Handler
from lending.notices.timers import Timer
from lending.policy import Policy
from lending.ports import Clock
from lending.readers.model import Reader
from lending.storage import catalogue, promises
from lending.storage import loans as loan_rows
from lending.storage import reservations as rows
from lending.storage.base import Connection, Database


class Reservations:
    """One place in a queue for each reader and title."""

    def __init__(self, database: Database, clock: Clock, policy: Policy, queue: Queue) -> None:
        self._database = database
        self._clock = clock
        self._policy = policy
        self._queue = queue

    def reserve(self, reader: Reader, title_id: int) -> Reservation:
        """Join the queue.

        LendingError unknown_title, adult_only(titles), suspended(until), already_on_loan(due),
        already_reserved(position), copy_available(title), no_copies, reservation_limit(limit).
        """
        now = self._clock.now()
        done = f"reserve:{title_id}"
        with self._database.begin() as conn:
            title = loan_rows.lock_title(conn, title_id)
            if title is None:
                raise LendingError(Code.UNKNOWN_TITLE)
            if (mine := self._noted(conn, done)) is not None:
                return mine
            if title["adult_only"] and not self._policy.for_kind(reader.kind).adult_titles:
                raise LendingError(Code.ADULT_ONLY, titles=[title["title"]])
            self._check_reader(conn, reader, title_id)
            self._check_copies(conn, title_id, title["title"])
            values = {"reader_id": reader.id, "title_id": title_id, "state": rows.WAITING, "created_at": now}
            rows.insert_reservation(conn, values)
            made = rows.open_of_reader(conn, reader.id, title_id)[0]
            once.note(conn, done, now, reservation=made["id"])
            return self._view(conn, made)

    def of(self, reader: Reader) -> list[Reservation]:
        """Waiting and ready ones, oldest first; one whose copy is ordered already is left out."""
        with self._database.read() as conn:
            mine = rows.open_of_reader(conn, reader.id)
            return [self._view(conn, row) for row in mine if not self._queue.taken_over(conn, row)]

    def cancel(self, reader: Reader, reservation_id: int) -> Reservation:
        """Leave the queue; a copy kept goes to the next reader. LendingError reservation_not_found."""
        done = f"leave:{reservation_id}"
        with self._database.begin() as conn:
            row = rows.find(conn, reservation_id)
            if (mine := self._noted(conn, done)) is not None:
                return mine
            if row is None or row["reader_id"] != reader.id or row["closed_at"] is not None:
                raise LendingError(Code.RESERVATION_NOT_FOUND)
            loan_rows.lock_title(conn, row["title_id"])
            self._queue.close(conn, row, rows.CANCELLED, self._clock.now())
            once.note(conn, done, self._clock.now(), reservation=reservation_id)
            ended = rows.find(conn, reservation_id)
            return self._view(conn, ended if ended is not None else row)

    def _noted(self, conn: Connection, what: str) -> Reservation | None:
        """What the message at hand did already, should it be handled again."""
        noted = once.before(conn, what)
        row = rows.find(conn, noted["reservation"]) if noted else None
        return None if row is None else self._view(conn, row)

    def handlers(self) -> dict[str, Handler]:
        """Timer handlers by kind, for `TimerRunner`."""
        return {KEEP_TIMER: self._keep_is_over}

    def _keep_is_over(self, conn: Connection, timer: Timer) -> None:
        row = rows.find(conn, timer.payload["reservation_id"])
        if row is None or row["state"] != rows.READY:
            return
        loan_rows.lock_title(conn, row["title_id"])
        if self._queue.taken_over(conn, row):
            self._queue.close(conn, row, rows.FULFILLED, self._clock.now())
            return
        if self._queue.close(conn, row, rows.EXPIRED, self._clock.now()):
            told = {"title_id": row["title_id"], "title": row["title"]}
            key = f"{NoticeKind.RESERVATION_EXPIRED}:{row['id']}"
            notices.add(conn, row["reader_id"], NoticeKind.RESERVATION_EXPIRED, told, key)

    def _check_reader(self, conn: Connection, reader: Reader, title_id: int) -> None:
        now = self._clock.now()
        if reader.suspended_until is not None and reader.suspended_until > now:
            raise LendingError(Code.SUSPENDED, until=reader.suspended_until)
        lent = loan_rows.open_loans(conn, reader.id, title_id)
        if lent:
            raise LendingError(Code.ALREADY_ON_LOAN, due=lent[0]["due"])
        mine = rows.open_of_reader(conn, reader.id)
        for row in mine:
            if row["title_id"] == title_id and self._queue.taken_over(conn, row):
                self._queue.close(conn, row, rows.FULFILLED, now)
            elif row["title_id"] == title_id:
                raise LendingError(Code.ALREADY_RESERVED, position=self._view(conn, row).position)
        if len(mine) >= self._policy.reservations.most_per_reader:
            raise LendingError(Code.RESERVATION_LIMIT, limit=self._policy.reservations.most_per_reader)

    def _check_copies(self, conn: Connection, title_id: int, title: str) -> None:
        if catalogue.free_counts(conn, [title_id]).get(title_id, 0) > 0:
            raise LendingError(Code.COPY_AVAILABLE, title=title)
        if not promises.stacks(conn, title_id):
            raise LendingError(Code.NO_COPIES)

    def _view(self, conn: Connection, row: rows.Row) -> Reservation:
        state = ReservationState(row["state"])
        position = rows.position(conn, row) if state is ReservationState.WAITING else 0
        until = row["ready_until"] if state is ReservationState.READY else None
        return Reservation(row["id"], row["title_id"], row["title"], position, until, state)
