"""Rows of short messages: one for each that was handed (or is being handed) to the operator."""

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
    select,
    update,
)

from lending.storage.base import UtcDateTime, metadata
from lending.storage.insert import insert_once

SENDING, SENT, REFUSED = "sending", "sent", "refused"

texts = Table(
    "texts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("notice_id", ForeignKey("notices.id"), index=True),
    Column("reader_id", ForeignKey("readers.id"), nullable=False),
    Column("phone_print", String(100), nullable=False),
    Column("template", String(40), nullable=False),
    Column("category", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    Column("submitted_at", UtcDateTime, nullable=False),
    Column("again_at", UtcDateTime),
    Column("attempts", Integer, nullable=False, default=0),
    Column("sent_at", UtcDateTime),
    Column("proof", String(200)),
    Index("ix_texts_phone_print_submitted_at", "phone_print", "submitted_at"),
)
"""The telephone stands here as a fingerprint only. state: sending (handed over or about to be) | sent |
refused. `proof`: the operator's id of the message, or why it was refused."""


def add(conn: Connection, values: Mapping[str, Any]) -> int | None:
    """The new row's id; None when the key stands already."""
    return insert_once(conn, texts, {"state": SENDING, **values})


def by_key(conn: Connection, key: str) -> RowMapping | None:
    """The message under this key."""
    return conn.execute(select(texts).where(texts.c.key == key)).mappings().first()


def change(conn: Connection, key: str, **values: Any) -> None:
    """Set columns of a message."""
    conn.execute(update(texts).where(texts.c.key == key).values(**values))


def count_attempt(conn: Connection, key: str, again_at: datetime) -> int:
    """One attempt more; how many there were."""
    mine = update(texts).where(texts.c.key == key)
    raised = mine.values(attempts=texts.c.attempts + 1, again_at=again_at)
    return int(conn.execute(raised.returning(texts.c.attempts)).scalar_one())


def submitted(conn: Connection, phone_print: str, category: str, since: datetime) -> list[datetime]:
    """When messages of a category were handed over for a telephone, oldest first."""
    mine = (texts.c.phone_print == phone_print, texts.c.category == category)
    query = select(texts.c.submitted_at).where(*mine, texts.c.submitted_at > since, texts.c.attempts > 0)
    return list(conn.execute(query.order_by(texts.c.submitted_at)).scalars())


def of_notices(conn: Connection, notice_ids: list[int]) -> dict[int, RowMapping]:
    """The short message of each notice that has one."""
    found = conn.execute(select(texts).where(texts.c.notice_id.in_(notice_ids))).mappings()
    return {int(row["notice_id"]): row for row in found}
