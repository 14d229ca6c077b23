"""Rows of what readers want to be told, by reader and kind of notice."""

from datetime import datetime

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Integer,
    String,
    Table,
    UniqueConstraint,
    select,
    update,
)

from lending.storage.base import UtcDateTime, metadata
from lending.storage.insert import insert_once

notice_settings = Table(
    "notice_settings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reader_id", ForeignKey("readers.id"), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("wanted", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("reader_id", "kind"),
)
"""`kind`: a kind of notice, or `at_night`. No row: told, by day."""


def put(conn: Connection, reader_id: int, kind: str, wanted: bool, at: datetime) -> None:
    """Write a wish, in place of the one before."""
    mine = (notice_settings.c.reader_id == reader_id, notice_settings.c.kind == kind)
    values = {"wanted": wanted, "at": at}
    if conn.execute(update(notice_settings).where(*mine).values(**values)).rowcount == 0:
        keys = {"reader_id": reader_id, "kind": kind}
        if insert_once(conn, notice_settings, keys | values) is None:
            conn.execute(update(notice_settings).where(*mine).values(**values))


def of_reader(conn: Connection, reader_id: int) -> dict[str, bool]:
    """What a reader said, by kind."""
    query = select(notice_settings.c.kind, notice_settings.c.wanted)
    found = conn.execute(query.where(notice_settings.c.reader_id == reader_id))
    return {kind: bool(wanted) for kind, wanted in found}
