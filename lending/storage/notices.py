"""Rows of what readers are to be told, and of what is to happen later; both committed with their cause."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    and_,
    or_,
    select,
    update,
)

from lending.storage.base import UtcDateTime, metadata
from lending.storage.insert import insert_once

WAITING, SENT, GIVEN_UP = "waiting", "sent", "given_up"
DONE, CANCELLED = "done", "cancelled"

notices = Table(
    "notices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("reader_id", Integer, index=True),
    Column("conversation_id", String(100), index=True),
    Column("kind", String(40), nullable=False),
    Column("data", JSON, nullable=False),
    Column("state", String(12), nullable=False, default=WAITING),
    Column("due_at", UtcDateTime),
    Column("claimed_until", UtcDateTime),
    Column("attempts", Integer, nullable=False, default=0),
    Column("sent_at", UtcDateTime),
    Index("ix_notices_state_due_at", "state", "due_at"),
)

timers = Table(
    "timers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("kind", String(40), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("state", String(12), nullable=False, default=WAITING),
    Column("due_at", UtcDateTime, nullable=False),
    Column("claimed_until", UtcDateTime),
    Column("attempts", Integer, nullable=False, default=0),
    Column("finished_at", UtcDateTime),
    Index("ix_timers_state_due_at", "state", "due_at"),
)


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell one reader (every conversation bound to the card) or one conversation."""

    id: int
    key: str
    reader_id: int | None
    conversation_id: str | None
    kind: str
    data: dict[str, Any]
    due_at: datetime | None
    attempts: int
    state: str
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Timer:
    """One thing that happens at a given time. `attempts` counts failed runs."""

    id: int
    key: str
    kind: str
    payload: dict[str, Any]
    due_at: datetime
    attempts: int


def add_notice(connection: Connection, key: str, values: Mapping[str, Any]) -> bool:
    """False when the key exists already."""
    return insert_once(connection, notices, {"key": key, **values}) is not None


def due_notices(connection: Connection, now: datetime, limit: int) -> list[Notice]:
    """Waiting notices whose time has come and that no sender holds, oldest first."""
    ready = _ready(notices, now)
    rows = connection.execute(select(notices).where(ready).order_by(notices.c.id).limit(limit))
    return [_notice(row) for row in rows.mappings()]


def claim_notices(connection: Connection, now: datetime, limit: int, lease: timedelta) -> list[Notice]:
    """As `due_notices`, and held for `lease` so that another process does not send them too."""
    return [
        notice
        for notice in due_notices(connection, now, limit)
        if _claim(connection, notices, notice.id, now, lease)
    ]


def mark_notice_sent(connection: Connection, notice_id: int, at: datetime) -> None:
    connection.execute(
        update(notices).where(notices.c.id == notice_id).values(state=SENT, sent_at=at, claimed_until=None)
    )


def mark_notice_failed(connection: Connection, notice_id: int, next_at: datetime | None) -> None:
    """Try again at `next_at`, or never when it is None."""
    values: dict[str, Any] = {"attempts": notices.c.attempts + 1, "claimed_until": None}
    values |= {"state": GIVEN_UP} if next_at is None else {"due_at": next_at}
    connection.execute(update(notices).where(notices.c.id == notice_id).values(**values))


def notice_attempts(connection: Connection, notice_id: int) -> int:
    return int(connection.execute(select(notices.c.attempts).where(notices.c.id == notice_id)).scalar_one())


def withdraw_notice(connection: Connection, key: str) -> bool:
    """Take back what has not been told yet; False when it was told or never written."""
    return _set_waiting(connection, notices, key, {"state": CANCELLED})


def notices_of(connection: Connection, reader_id: int, limit: int) -> list[Notice]:
    """A reader's notices in any state, newest first."""
    query = select(notices).where(notices.c.reader_id == reader_id).order_by(notices.c.id.desc()).limit(limit)
    return [_notice(row) for row in connection.execute(query).mappings()]


def add_timer(
    connection: Connection, kind: str, key: str, due_at: datetime, payload: Mapping[str, Any]
) -> bool:
    """False when the key exists already."""
    values = {"kind": kind, "key": key, "due_at": due_at, "payload": dict(payload)}
    return insert_once(connection, timers, values) is not None


def due_timers(connection: Connection, now: datetime, limit: int) -> list[Timer]:
    """Timers whose time has come and that no process holds, earliest first."""
    query = select(timers).where(_ready(timers, now)).order_by(timers.c.due_at, timers.c.id).limit(limit)
    return [_timer(row) for row in connection.execute(query).mappings()]


def claim_timers(connection: Connection, now: datetime, limit: int, lease: timedelta) -> list[Timer]:
    """As `due_timers`, and held for `lease`; a process that dies loses them again by itself."""
    return [
        timer
        for timer in due_timers(connection, now, limit)
        if _claim(connection, timers, timer.id, now, lease)
    ]


def finish_timer(
    connection: Connection, timer_id: int, at: datetime, claimed_until: datetime | None = None
) -> bool:
    """False when finished or cancelled already, or (with `claimed_until`) when another process holds it."""
    statement = update(timers).where(timers.c.id == timer_id, timers.c.state == WAITING)
    if claimed_until is not None:
        statement = statement.where(timers.c.claimed_until == claimed_until)
    return connection.execute(statement.values(state=DONE, finished_at=at, claimed_until=None)).rowcount == 1


def postpone_timer(connection: Connection, timer_id: int, next_at: datetime, claimed_until: datetime) -> None:
    """After a failed run: count it, try again at `next_at`; nothing if another process has it by now."""
    mine = (timers.c.id == timer_id, timers.c.state == WAITING, timers.c.claimed_until == claimed_until)
    changes = {"attempts": timers.c.attempts + 1, "due_at": next_at, "claimed_until": None}
    connection.execute(update(timers).where(*mine).values(**changes))


def cancel_timer(connection: Connection, key: str) -> bool:
    """False when there is no such waiting timer."""
    return _set_waiting(connection, timers, key, {"state": CANCELLED})


def move_timer(connection: Connection, key: str, due_at: datetime) -> bool:
    """False when there is no such waiting timer."""
    return _set_waiting(connection, timers, key, {"due_at": due_at, "attempts": 0})


def timer_by_key(connection: Connection, key: str) -> Timer | None:
    """A waiting timer, or None."""
    query = select(timers).where(timers.c.key == key, timers.c.state == WAITING)
    row = connection.execute(query).mappings().first()
    return None if row is None else _timer(row)


def _ready(table: Table, now: datetime) -> Any:
    return and_(
        table.c.state == WAITING,
        or_(table.c.due_at.is_(None), table.c.due_at <= now),
        or_(table.c.claimed_until.is_(None), table.c.claimed_until < now),
    )


def _claim(connection: Connection, table: Table, row_id: int, now: datetime, lease: timedelta) -> bool:
    mine = update(table).where(table.c.id == row_id, _ready(table, now)).values(claimed_until=now + lease)
    return connection.execute(mine).rowcount == 1


def _set_waiting(connection: Connection, table: Table, key: str, values: dict[str, Any]) -> bool:
    statement = update(table).where(table.c.key == key, table.c.state == WAITING).values(**values)
    return connection.execute(statement).rowcount == 1


def _notice(row: RowMapping) -> Notice:
    return Notice(**{name: row[name] for name in Notice.__slots__})


def _timer(row: RowMapping) -> Timer:
    return Timer(**{name: row[name] for name in Timer.__slots__})
