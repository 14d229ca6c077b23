"""Rows of helpers: who was invited, and whose conversation gets a copy of a reader's pickup codes (6.1.4)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    insert,
    or_,
    select,
    update,
)

from lending.storage.base import UtcDateTime, metadata
from lending.storage.insert import insert_once

Row = RowMapping

invitations = Table(
    "helper_invitations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reader_id", ForeignKey("readers.id"), nullable=False, index=True),
    Column("conversation_id", String(100), nullable=False),
    Column("code_print", String(100), nullable=False, unique=True),
    Column("reader_name", String(40), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)
"""`code_print`: fingerprint of the six digits, cleared for another reader once used or expired."""

helpers = Table(
    "helpers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reader_id", ForeignKey("readers.id"), nullable=False),
    Column("conversation_id", String(100), nullable=False, index=True),
    Column("reader_name", String(40), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("ended_by", String(10)),
    Index(
        "ux_helpers_open",
        "reader_id",
        "conversation_id",
        unique=True,
        sqlite_where=Column("ended_at").is_(None),
        postgresql_where=Column("ended_at").is_(None),
    ),
)
"""`reader_name`: as the helper is told (王读者). ended_by: reader | helper."""


def invite(conn: Connection, values: Mapping[str, Any], now: datetime) -> bool:
    """Write an invitation; the reader's open ones end. False when the code is another's just now."""
    mine = (invitations.c.reader_id == values["reader_id"], invitations.c.used_at.is_(None))
    conn.execute(invitations.delete().where(*mine))
    spent = or_(invitations.c.used_at.is_not(None), invitations.c.expires_at <= now)
    conn.execute(invitations.delete().where(invitations.c.code_print == values["code_print"], spent))
    return insert_once(conn, invitations, values) is not None


def use(conn: Connection, code_print: str, now: datetime) -> Row | None:
    """The open invitation of a code, used up by this call."""
    open_one = (
        invitations.c.code_print == code_print,
        invitations.c.used_at.is_(None),
        invitations.c.expires_at > now,
    )
    query = update(invitations).where(*open_one).values(used_at=now).returning(*invitations.c)
    return conn.execute(query).mappings().first()


def add(conn: Connection, values: Mapping[str, Any]) -> None:
    """The conversation helps the reader from now on; nothing new when it does already."""
    mine = of_reader(conn, values["reader_id"])
    if all(row["conversation_id"] != values["conversation_id"] for row in mine):
        conn.execute(insert(helpers).values(**values))


def of_reader(conn: Connection, reader_id: int) -> list[Row]:
    """Who helps a reader now."""
    return _open(conn, helpers.c.reader_id == reader_id)


def of_conversation(conn: Connection, conversation_id: str) -> list[Row]:
    """Whom a conversation helps now."""
    return _open(conn, helpers.c.conversation_id == conversation_id)


def end(conn: Connection, ids: list[int], by: str, at: datetime) -> None:
    """They help no more."""
    conn.execute(update(helpers).where(helpers.c.id.in_(ids)).values(ended_at=at, ended_by=by))


def _open(conn: Connection, condition: Any) -> list[Row]:
    query = select(helpers).where(condition, helpers.c.ended_at.is_(None)).order_by(helpers.c.id)
    return list(conn.execute(query).mappings())
