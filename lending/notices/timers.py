"""Things that happen later (holds, reminders, kept copies), as rows under a deterministic key.

Use a key that says which change is meant, e.g. `hold:2025-0001`; adding it again changes nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lending.storage import notices as rows
from lending.storage.base import Connection
from lending.storage.notices import Timer

__all__ = ["Timer", "add", "cancel", "cancel_all", "done", "due", "get", "move"]


def add(
    conn: Connection, kind: str, key: str, due_at: datetime, payload: Mapping[str, Any] | None = None
) -> bool:
    """Write a timer in the caller's transaction; False when the key exists (waiting, done or cancelled)."""
    return rows.add_timer(conn, kind, key, due_at, payload or {})


def due(conn: Connection, now: datetime, limit: int = 100) -> list[Timer]:
    """Timers whose time has come, earliest first; only looks. `TimerRunner` claims and runs them."""
    return rows.due_timers(conn, now, limit)


def done(conn: Connection, timer_id: int, at: datetime) -> bool:
    """False when it was done or cancelled before."""
    return rows.finish_timer(conn, timer_id, at)


def cancel(conn: Connection, key: str) -> bool:
    """False when no such timer waits."""
    return rows.cancel_timer(conn, key)


def cancel_all(conn: Connection, beginning: str) -> int:
    """Cancel every waiting timer whose key begins so; how many."""
    return rows.cancel_timers(conn, beginning)


def move(conn: Connection, key: str, due_at: datetime) -> bool:
    """Give a waiting timer another time (a hold extended by a closure); False when no such timer waits."""
    return rows.move_timer(conn, key, due_at)


def get(conn: Connection, key: str) -> Timer | None:
    """A waiting timer by its key."""
    return rows.timer_by_key(conn, key)
