"""The register of complaints, suggestions and requests (standard 8.1.3), its rows and their history."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Date,
    ForeignKey,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    or_,
    select,
    update,
)

from lending.storage.base import UtcDateTime, metadata
from lending.storage.insert import insert_once

cases = Table(
    "cases",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("number", String(20), unique=True),
    Column("kind", String(12), nullable=False),
    Column("state", String(12), nullable=False),
    Column("sealed_text", Text, nullable=False),
    Column("fingerprint", String(128), nullable=False),
    Column("reader_id", Integer, index=True),
    Column("conversation_id", String(100), index=True),
    Column("owner", String(60)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_on", Date, nullable=False),
    Index("ix_cases_state_due_on", "state", "due_on"),
    Index("ix_cases_fingerprint_created_at", "fingerprint", "created_at"),
)

case_events = Table(
    "case_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", Integer, ForeignKey("cases.id"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(60), nullable=False),
    Column("what", String(20), nullable=False),
    Column("data", JSON, nullable=False),
)


def insert_case(connection: Connection, values: Mapping[str, Any]) -> int | None:
    """The new row's id; None when its key exists."""
    return insert_once(connection, cases, values)


def set_case(connection: Connection, case_id: int, values: Mapping[str, Any]) -> None:
    connection.execute(update(cases).where(cases.c.id == case_id).values(**values))


def case_by_key(connection: Connection, key: str) -> RowMapping | None:
    return connection.execute(select(cases).where(cases.c.key == key)).mappings().first()


def case_by_number(connection: Connection, number: str, *, lock: bool = False) -> RowMapping | None:
    """With `lock` the row cannot be changed by others until the transaction ends."""
    query = select(cases).where(cases.c.number == number)
    return connection.execute(query.with_for_update() if lock else query).mappings().first()


def same_case_since(connection: Connection, fingerprint: str, since: datetime) -> RowMapping | None:
    """The newest case with the same words, kind and conversation, registered after `since`."""
    query = select(cases).where(cases.c.fingerprint == fingerprint, cases.c.created_at > since)
    return connection.execute(query.order_by(cases.c.id.desc()).limit(1)).mappings().first()


def cases_of(connection: Connection, reader_id: int | None, conversation_id: str | None) -> list[RowMapping]:
    """Cases of a reader or of a conversation, newest first."""
    mine = [
        column == value
        for column, value in ((cases.c.reader_id, reader_id), (cases.c.conversation_id, conversation_id))
        if value is not None
    ]
    if not mine:
        return []
    return list(connection.execute(select(cases).where(or_(*mine)).order_by(cases.c.id.desc())).mappings())


def open_cases(connection: Connection, states: tuple[str, ...]) -> list[RowMapping]:
    """Cases in these states, the one due first on top."""
    query = select(cases).where(cases.c.state.in_(states)).order_by(cases.c.due_on, cases.c.id)
    return list(connection.execute(query).mappings())


def add_event(
    connection: Connection, case_id: int, at: datetime, by: str, what: str, data: Mapping[str, Any]
) -> int:
    """The event's id."""
    values = {"case_id": case_id, "at": at, "by": by, "what": what, "data": dict(data)}
    statement = case_events.insert().values(**values).returning(case_events.c.id)
    return int(connection.execute(statement).scalar_one())


def events_of(connection: Connection, case_id: int) -> list[RowMapping]:
    """Oldest first."""
    query = select(case_events).where(case_events.c.case_id == case_id).order_by(case_events.c.id)
    return list(connection.execute(query).mappings())
