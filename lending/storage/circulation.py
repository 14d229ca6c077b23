"""Rows of the local library system: which copy is checked out to which card.

The partial unique index lets a copy be out once at a time; keys make every change safe to ask again.
"""

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
    func,
    select,
    text,
    update,
)

from lending.storage.base import UtcDateTime, metadata
from lending.storage.catalogue import copies
from lending.storage.insert import insert_once
from lending.storage.loans import charges, loans
from lending.storage.readers import readers

Row = RowMapping
_OUT = text("checked_in_at IS NULL")

checkouts = Table(
    "checkouts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(100), nullable=False, unique=True),
    Column("copy_id", ForeignKey("copies.id"), nullable=False),
    Column("card", String(40), nullable=False),
    Column("due", UtcDateTime, nullable=False),
    Column("checked_in_at", UtcDateTime),
    Column("in_key", String(100), unique=True),
    Index("uq_checkouts_copy_id_out", "copy_id", unique=True, sqlite_where=_OUT, postgresql_where=_OUT),
)

checkout_renewals = Table(
    "checkout_renewals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(100), nullable=False, unique=True),
    Column("loan_ref", String(40), nullable=False),
    Column("due", UtcDateTime, nullable=False),
)


def on_shelf(conn: Connection, copy_id: int) -> bool:
    """Whether the copy stands on its shelf."""
    query = select(copies.c.id).where(copies.c.id == copy_id, copies.c.state == "on_shelf")
    return conn.execute(query).first() is not None


def check_out(conn: Connection, values: Mapping[str, Any]) -> bool:
    """False when the key is known or the copy is out."""
    return insert_once(conn, checkouts, values) is not None


def by_key(conn: Connection, key: str) -> Row | None:
    return conn.execute(select(checkouts).where(checkouts.c.key == key)).mappings().first()


def open_checkout(conn: Connection, copy_id: int) -> Row | None:
    """Under what the copy is out now; locked until the transaction ends."""
    out = (checkouts.c.copy_id == copy_id, checkouts.c.checked_in_at.is_(None))
    return conn.execute(select(checkouts).where(*out).with_for_update()).mappings().first()


def checked_in_under(conn: Connection, key: str) -> bool:
    """Whether this check-in was done before."""
    return conn.execute(select(checkouts.c.id).where(checkouts.c.in_key == key)).first() is not None


def check_in(conn: Connection, checkout_id: int, at: datetime, key: str) -> None:
    out = checkouts.c.id == checkout_id
    conn.execute(update(checkouts).where(out).values(checked_in_at=at, in_key=key))


def renewed_under(conn: Connection, key: str) -> Row | None:
    """The renewal done under this key."""
    return conn.execute(select(checkout_renewals).where(checkout_renewals.c.key == key)).mappings().first()


def renew(conn: Connection, loan_ref: str, due: datetime, key: str) -> None:
    insert_once(conn, checkout_renewals, {"key": key, "loan_ref": loan_ref, "due": due})


def set_due(conn: Connection, checkout_id: int, due: datetime) -> None:
    conn.execute(update(checkouts).where(checkouts.c.id == checkout_id).values(due=due))


def lent(conn: Connection, copy_id: int) -> Row | None:
    """The loan that the lending core itself has on the copy: its id and card."""
    query = (
        select(loans.c.id, readers.c.card)
        .join_from(loans, readers, readers.c.id == loans.c.reader_id)
        .where(loans.c.copy_id == copy_id, loans.c.returned_at.is_(None))
    )
    return conn.execute(query).mappings().first()


def owed(conn: Connection, card: str) -> int:
    """Unsettled charges of a card, in fen."""
    joined = charges.join(readers, readers.c.id == charges.c.reader_id)
    query = select(func.coalesce(func.sum(charges.c.amount_fen), 0)).select_from(joined)
    return int(conn.execute(query.where(readers.c.card == card, charges.c.settled_at.is_(None))).scalar_one())
