"""The outbox of notices: written once under a key, sent with bounded attempts."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from lending.storage import notices as rows
from lending.storage.base import Connection
from lending.storage.notices import Notice

MAX_ATTEMPTS = 8
"""After so many failed sendings a notice is given up (a little over two hours)."""

FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=1)
LEASE = timedelta(minutes=2)
"""How long a sender may hold a notice before another may take it."""


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
    """What should be told now, oldest first; only looks. Senders use `claim`."""
    return rows.due_notices(conn, now, limit)


def claim(conn: Connection, now: datetime, limit: int = 100, lease: timedelta = LEASE) -> list[Notice]:
    """What this process should tell now; nobody else gets these rows until `lease` has passed."""
    return rows.claim_notices(conn, now, limit, lease)


def mark_sent(conn: Connection, notice_id: int, at: datetime) -> None:
    """The reader has it (or has no conversation to be told in)."""
    rows.mark_notice_sent(conn, notice_id, at)


def mark_failed(conn: Connection, notice_id: int, at: datetime) -> datetime | None:
    """When it will be tried again: 30 s, 1 min, 2 min … 1 h; None when it is given up."""
    attempts = rows.notice_attempts(conn, notice_id) + 1
    next_at = None if attempts >= MAX_ATTEMPTS else at + backoff(attempts)
    rows.mark_notice_failed(conn, notice_id, next_at)
    return next_at


def withdraw(conn: Connection, key: str) -> bool:
    """Take back a notice that was not told yet, e.g. a reminder for an order just collected."""
    return rows.withdraw_notice(conn, key)


def of_reader(conn: Connection, reader_id: int, limit: int = 50) -> list[Notice]:
    """A reader's notices, newest first: the proof of sending (7.2.2)."""
    return rows.notices_of(conn, reader_id, limit)


def backoff(attempts: int) -> timedelta:
    """The wait after so many failures: doubling, never over an hour."""
    return min(FIRST_RETRY * (1 << min(attempts - 1, 16)), LONGEST_RETRY)
