"""Rows of the library's announcements to everybody (7.2.1). Nothing is deleted: withdrawn ones stay."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    insert,
    or_,
    select,
    update,
)

from lending.storage.base import UtcDateTime, metadata

announcements = Table(
    "announcements",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("title", String(200), nullable=False),
    Column("text", Text, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    Column("pause_from", UtcDateTime),
    Column("pause_until", UtcDateTime),
    Column("emergency", String(200)),
    Column("shown_until", UtcDateTime),
    Column("by", String(120), nullable=False),
    Column("withdrawn_at", UtcDateTime),
    Column("withdrawn_by", String(120)),
    Index("ix_announcements_published_at", "published_at"),
)
"""`emergency`: why a pause was announced later than the policy asks."""


def add(conn: Connection, values: Mapping[str, Any]) -> int:
    """The new announcement's id."""
    row = conn.execute(insert(announcements).values(**values).returning(announcements.c.id))
    return int(row.scalar_one())


def shown(conn: Connection, now: datetime, limit: int) -> list[RowMapping]:
    """What is in force, newest first."""
    in_force = or_(announcements.c.shown_until.is_(None), announcements.c.shown_until > now)
    query = select(announcements).where(announcements.c.withdrawn_at.is_(None), in_force)
    return list(conn.execute(query.order_by(announcements.c.id.desc()).limit(limit)).mappings())


def all_of(conn: Connection, limit: int) -> list[RowMapping]:
    """Every announcement, withdrawn ones too, newest first."""
    query = select(announcements).order_by(announcements.c.id.desc()).limit(limit)
    return list(conn.execute(query).mappings())


def withdraw(conn: Connection, announcement_id: int, at: datetime, by: str) -> bool:
    """False when there is no such announcement in force."""
    mine = (announcements.c.id == announcement_id, announcements.c.withdrawn_at.is_(None))
    statement = update(announcements).where(*mine).values(withdrawn_at=at, withdrawn_by=by)
    return conn.execute(statement).rowcount == 1
