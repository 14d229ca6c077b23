"""Rows of how readers want to be spoken to: in a conversation, and wherever their card is bound (6.1.4)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Column, Connection, RowMapping, String, Table, insert, select, update

from lending.storage.base import UtcDateTime, metadata
from lending.storage.readers import bindings, readers

manners = Table(
    "manners",
    metadata,
    Column("subject", String(120), primary_key=True),
    Column("elder", Boolean),
    Column("speech", Boolean),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("changed_by", String(120), nullable=False),
)
"""`subject`: conversation:<id> or reader:<id>. Null: nobody said so."""


def bound_kind(conn: Connection, conversation_id: str) -> RowMapping | None:
    """(reader_id, kind) of the reader a conversation is bound to."""
    query = (
        select(readers.c.id.label("reader_id"), readers.c.kind)
        .join_from(readers, bindings, bindings.c.reader_id == readers.c.id)
        .where(bindings.c.conversation_id == conversation_id)
    )
    return conn.execute(query).mappings().first()


def of(conn: Connection, subjects: list[str]) -> dict[str, RowMapping]:
    """What is set, by subject."""
    rows = conn.execute(select(manners).where(manners.c.subject.in_(subjects))).mappings()
    return {row["subject"]: row for row in rows}


def put(conn: Connection, subject: str, at: datetime, by: str, **values: Any) -> None:
    """Set some of a subject's wishes."""
    changed = {**values, "changed_at": at, "changed_by": by}
    if conn.execute(update(manners).where(manners.c.subject == subject).values(**changed)).rowcount == 0:
        conn.execute(insert(manners).values(subject=subject, **changed))
