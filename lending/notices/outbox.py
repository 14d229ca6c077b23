"""The outbox of notices: written once under a key, told in order, tried again a bounded number of times."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from lending.storage import notices as rows
from lending.storage.base import Connection
from lending.storage.notices import Notice, Recipient

MAX_ATTEMPTS = 8
"""After so many failed sendings a notice is given up (a little over two hours)."""

FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=1)


def add(
    conn: Connection,
    reader_id: int | None,
    kind: str,
    data: Mapping[str, Any],
    key: str,
    due_at: datetime | None = None,
    conversation_id: str | None = None,
) -> bool:
    """Write a notice in the caller's transaction; at once due when `due_at` is None.

    `key` says what it is about (e.g. `order_found:D20250101-0001`): the same key is told once, and the second
    time the answer is False.
    `data` must be JSON; dates as ISO texts. Raises ValueError when there is nobody to tell.
    """
    if reader_id is None and conversation_id is None:
        raise ValueError(f"notice {key} has neither a reader nor a conversation")
    values = {"reader_id": reader_id, "conversation_id": conversation_id, "kind": str(kind)}
    return rows.add_notice(conn, key, values | {"data": dict(data), "due_at": due_at})


def due(conn: Connection, now: datetime, limit: int = 100) -> list[Notice]:
    """What is due and not held, oldest first; only looks."""
    return rows.due_notices(conn, now, limit)


def recipients(conn: Connection, now: datetime, limit: int = 100) -> list[Recipient]:
    """Who has something due that is not held."""
    return rows.recipients(conn, now, limit)


def due_of(conn: Connection, recipient: Recipient, now: datetime) -> list[Notice]:
    """Everything due for one recipient, held or not, in the order in which it must be told."""
    return rows.due_of(conn, recipient, now)


def mark_sent(
    conn: Connection, notice_id: int, at: datetime, version: str | None = None, told_in: str | None = None
) -> bool:
    """It stands in the reader's conversation, by this version of its template. False when it did not wait."""
    return rows.mark_notice_told(conn, notice_id, at, version, told_in)


def hold(conn: Connection, notices: Sequence[Notice], until: datetime, why: str, at: datetime) -> None:
    """None of these before `until`; why: quiet | nobody | failed."""
    rows.hold_notices(conn, [notice.id for notice in notices], until, why, at)


def end(conn: Connection, notice_id: int, state: str) -> None:
    """It will never be told: declined | stale | given_up."""
    rows.end_notice(conn, notice_id, state)


def mark_failed(conn: Connection, notice_id: int, at: datetime) -> datetime | None:
    """When it will be tried again: 30 s, 1 min, 2 min … 1 h; None when it is given up."""
    attempts = rows.count_failure(conn, notice_id)
    if attempts >= MAX_ATTEMPTS:
        rows.end_notice(conn, notice_id, rows.GIVEN_UP)
        return None
    next_at = at + backoff(attempts)
    rows.hold_notices(conn, [notice_id], next_at, rows.FAILED, at)
    return next_at


def withdraw(conn: Connection, key: str) -> bool:
    """Take back a notice that was not told yet, e.g. a reminder for an order just collected."""
    return rows.withdraw_notice(conn, key)


def withdraw_all(conn: Connection, beginning: str) -> int:
    """Take back every notice not told yet whose key begins so; how many."""
    return rows.withdraw_notices(conn, beginning)


def of_reader(conn: Connection, reader_id: int, limit: int = 50) -> list[Notice]:
    """A reader's notices in any state, newest first."""
    return rows.notices_of(conn, reader_id, limit)


def backoff(attempts: int) -> timedelta:
    """The wait after so many failures: doubling, never over an hour."""
    return min(FIRST_RETRY * (1 << min(attempts - 1, 16)), LONGEST_RETRY)
