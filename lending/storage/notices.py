"""Rows of what readers are to be told, and of what is to happen later; both committed with their cause."""

from collections.abc import Mapping, Sequence
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
    case,
    func,
    literal,
    or_,
    select,
    update,
)

from lending.storage.base import UtcDateTime, metadata
from lending.storage.insert import insert_once

WAITING, SENT, GIVEN_UP = "waiting", "sent", "given_up"
DONE, CANCELLED = "done", "cancelled"
DECLINED, STALE = "declined", "stale"
QUIET, NOBODY, FAILED = "quiet", "nobody", "failed"

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
    Column("again_at", UtcDateTime),
    Column("held", String(12)),
    Column("held_at", UtcDateTime),
    Column("attempts", Integer, nullable=False, default=0),
    Column("sent_at", UtcDateTime),
    Column("version", String(20)),
    Column("told_in", String(100)),
    Index("ix_notices_state_due_at", "state", "due_at"),
)
"""state: waiting | sent | given_up (failed too often, or nobody to tell for too long) | cancelled | declined
(the reader does not want this kind) | stale (its time was over before it could be told). A waiting one may
be held until `again_at`: quiet (night) | nobody (no conversation that can be reached) | failed; `held_at` is
when that began. `version`: of the template it was told by; `told_in`: the conversation."""

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
    again_at: datetime | None = None
    held: str | None = None
    held_at: datetime | None = None
    version: str | None = None
    told_in: str | None = None

    @property
    def recipient(self) -> "Recipient":
        """Whose notice it is: the reader's, else the conversation's."""
        return Recipient(self.reader_id, None if self.reader_id is not None else self.conversation_id)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom notices are told in order: a reader, or (without one) a conversation."""

    reader_id: int | None
    conversation_id: str | None


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
    """Waiting notices whose time has come and that are not held, oldest first."""
    query = select(notices).where(_due(now), _free(now)).order_by(notices.c.id).limit(limit)
    return [_notice(row) for row in connection.execute(query).mappings()]


def recipients(connection: Connection, now: datetime, limit: int) -> list[Recipient]:
    """Who has a notice due that is not held, the one with the oldest first."""
    query = (
        select(notices.c.reader_id, _only_conversation)
        .where(_due(now), _free(now))
        .group_by(notices.c.reader_id, _only_conversation)
        .order_by(func.min(notices.c.id))
        .limit(limit)
    )
    return [Recipient(*row) for row in connection.execute(query)]


def due_of(connection: Connection, recipient: Recipient, now: datetime) -> list[Notice]:
    """Everything due for a recipient, held or not, in the order it was written."""
    mine = (
        (notices.c.reader_id == recipient.reader_id,)
        if recipient.reader_id is not None
        else (notices.c.reader_id.is_(None), notices.c.conversation_id == recipient.conversation_id)
    )
    query = select(notices).where(_due(now), *mine).order_by(notices.c.id)
    return [_notice(row) for row in connection.execute(query).mappings()]


def mark_notice_told(
    connection: Connection, notice_id: int, at: datetime, version: str | None, told_in: str | None
) -> bool:
    """False when it does not wait any more (told, withdrawn)."""
    values = {"state": SENT, "sent_at": at, "again_at": None, "held": None}
    return _change_waiting(connection, [notice_id], values | {"version": version, "told_in": told_in}) == 1


def hold_notices(connection: Connection, ids: Sequence[int], until: datetime, why: str, at: datetime) -> None:
    """Not before `until`; `held_at` stays when it was held before for the same reason."""
    since = case((notices.c.held == why, notices.c.held_at), else_=literal(at, UtcDateTime))
    _change_waiting(connection, ids, {"again_at": until, "held": why, "held_at": since})


def end_notice(connection: Connection, notice_id: int, state: str) -> None:
    """It will never be told: declined, stale or given_up."""
    _change_waiting(connection, [notice_id], {"state": state, "again_at": None})


def count_failure(connection: Connection, notice_id: int) -> int:
    """One attempt more; how many there were."""
    mine = notices.c.id == notice_id
    raised = update(notices).where(mine).values(attempts=notices.c.attempts + 1)
    return int(connection.execute(raised.returning(notices.c.attempts)).scalar_one())


def withdraw_notice(connection: Connection, key: str) -> bool:
    """Take back what has not been told yet; False when it was told or never written."""
    return _set_waiting(connection, notices, key, {"state": CANCELLED})


def withdraw_notices(connection: Connection, beginning: str) -> int:
    """Take back every notice not told yet whose key begins so; how many."""
    like = notices.c.key.startswith(beginning, autoescape=True)
    statement = update(notices).where(like, notices.c.state == WAITING).values(state=CANCELLED)
    return connection.execute(statement).rowcount


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


def cancel_timers(connection: Connection, beginning: str) -> int:
    """Cancel every waiting timer whose key begins so; how many."""
    like = timers.c.key.startswith(beginning, autoescape=True)
    statement = update(timers).where(like, timers.c.state == WAITING).values(state=CANCELLED)
    return connection.execute(statement).rowcount


def timer_by_key(connection: Connection, key: str) -> Timer | None:
    """A waiting timer, or None."""
    query = select(timers).where(timers.c.key == key, timers.c.state == WAITING)
    row = connection.execute(query).mappings().first()
    return None if row is None else _timer(row)


_only_conversation = case((notices.c.reader_id.is_(None), notices.c.conversation_id))


def _due(now: datetime) -> Any:
    return and_(notices.c.state == WAITING, or_(notices.c.due_at.is_(None), notices.c.due_at <= now))


def _free(now: datetime) -> Any:
    return or_(notices.c.again_at.is_(None), notices.c.again_at <= now)


def _change_waiting(connection: Connection, ids: Sequence[int], values: Mapping[str, Any]) -> int:
    mine = (notices.c.id.in_(ids), notices.c.state == WAITING)
    return connection.execute(update(notices).where(*mine).values(**values)).rowcount


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
