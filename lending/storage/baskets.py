"""Rows of baskets: one for each conversation, with its titles and the pickup chosen."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    RowMapping,
    String,
    Table,
    UniqueConstraint,
    delete,
    select,
    update,
)

from lending.storage.base import Connection, UtcDateTime, metadata
from lending.storage.catalogue import titles
from lending.storage.insert import insert_once

baskets = Table(
    "baskets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", String(100), nullable=False, unique=True),
    Column("nonce", String(40), nullable=False, unique=True),
    Column("method", String(10)),
    Column("point_id", String(40)),
    Column("address_id", Integer),
    Column("changed_at", UtcDateTime, nullable=False),
)

basket_lines = Table(
    "basket_lines",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("basket_id", ForeignKey("baskets.id", ondelete="CASCADE"), nullable=False),
    Column("title_id", Integer, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    UniqueConstraint("basket_id", "title_id"),
)


def lock(conn: Connection, conversation_id: str, nonce: str, at: datetime) -> RowMapping:
    """The conversation's basket, made (with `nonce`) when there is none, locked until the transaction
    ends."""
    insert_once(conn, baskets, {"conversation_id": conversation_id, "nonce": nonce, "changed_at": at})
    query = select(baskets).where(baskets.c.conversation_id == conversation_id).with_for_update()
    return conn.execute(query).mappings().one()


def find(conn: Connection, conversation_id: str) -> RowMapping | None:
    """The basket's row, not locked."""
    query = select(baskets).where(baskets.c.conversation_id == conversation_id)
    return conn.execute(query).mappings().first()


def by_id(conn: Connection, basket_id: int) -> RowMapping:
    """A basket that must exist."""
    return conn.execute(select(baskets).where(baskets.c.id == basket_id)).mappings().one()


def title(conn: Connection, title_id: int) -> RowMapping | None:
    """title_id, title, author, adult_only of a title."""
    words = (titles.c.id.label("title_id"), titles.c.title, titles.c.author, titles.c.adult_only)
    return conn.execute(select(*words).where(titles.c.id == title_id)).mappings().first()


def change(conn: Connection, basket_id: int, **values: Any) -> None:
    """Set columns of the basket."""
    conn.execute(update(baskets).where(baskets.c.id == basket_id).values(**values))


def lines(conn: Connection, basket_id: int) -> list[RowMapping]:
    """Lines with title_id, title, author, adult_only; first added first."""
    query = (
        select(basket_lines.c.title_id, titles.c.title, titles.c.author, titles.c.adult_only)
        .join_from(basket_lines, titles, titles.c.id == basket_lines.c.title_id)
        .where(basket_lines.c.basket_id == basket_id)
        .order_by(basket_lines.c.id)
    )
    return list(conn.execute(query).mappings())


def add_line(conn: Connection, basket_id: int, title_id: int, at: datetime) -> bool:
    """False when the title is in it already."""
    values = {"basket_id": basket_id, "title_id": title_id, "added_at": at}
    return insert_once(conn, basket_lines, values) is not None


def remove_line(conn: Connection, basket_id: int, title_id: int) -> bool:
    """False when it was not there."""
    mine = (basket_lines.c.basket_id == basket_id, basket_lines.c.title_id == title_id)
    return conn.execute(delete(basket_lines).where(*mine)).rowcount == 1


def clear_lines(conn: Connection, basket_id: int) -> None:
    """Empty it."""
    conn.execute(delete(basket_lines).where(basket_lines.c.basket_id == basket_id))
