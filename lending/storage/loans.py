"""Rows of loans, of the times their overdue clock stood still, and of fees that are owed."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    func,
    insert,
    select,
    text,
    update,
)

from lending.storage.base import UtcDateTime, metadata
from lending.storage.catalogue import copies, titles
from lending.storage.insert import insert_once
from lending.storage.readers import readers

Row = RowMapping

loans = Table(
    "loans",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reader_id", ForeignKey("readers.id"), nullable=False),
    Column("copy_id", ForeignKey("copies.id"), nullable=False),
    Column("title_id", ForeignKey("titles.id"), nullable=False),
    Column("order_id", Integer, index=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("due", UtcDateTime, nullable=False),
    Column("renewals", Integer, nullable=False, default=0),
    Column("returned_at", UtcDateTime),
    Column("voided", Boolean, nullable=False, default=False),
    Column("overdue_days", Integer, nullable=False, default=0),
    Column("told_out_at", UtcDateTime),
    Column("told_back_at", UtcDateTime),
    Index("ix_loans_reader_id_returned_at", "reader_id", "returned_at"),
    Index(
        "uq_loans_copy_id_open",
        "copy_id",
        unique=True,
        sqlite_where=text("returned_at IS NULL"),
        postgresql_where=text("returned_at IS NULL"),
    ),
)
"""`voided`: never collected. `overdue_days`: counted at the end. A copy is lent once at a time (index).
`told_out_at`, `told_back_at`: when the library system was told."""

loan_pauses = Table(
    "loan_pauses",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("loan_id", ForeignKey("loans.id"), nullable=False, index=True),
    Column("from_at", UtcDateTime, nullable=False),
    Column("until_at", UtcDateTime),
)
"""While a book lies with the courier (5.4); open while `until_at` is null."""

charges = Table(
    "charges",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(60), nullable=False, unique=True),
    Column("reader_id", ForeignKey("readers.id"), nullable=False, index=True),
    Column("loan_id", ForeignKey("loans.id")),
    Column("kind", String(20), nullable=False),
    Column("amount_fen", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),
    Column("settled_by", String(120)),
)
"""What a reader owes for books that are back, in fen."""


# --- loans ---


def insert_loan(conn: Connection, values: Mapping[str, Any]) -> int | None:
    """The new loan's id; None when the copy is lent already."""
    return insert_once(conn, loans, values)


def change_loan(conn: Connection, loan_id: int, **values: Any) -> None:
    """Set columns of a loan."""
    conn.execute(update(loans).where(loans.c.id == loan_id).values(**values))


def loan(conn: Connection, loan_id: int, *, lock: bool = False) -> Row | None:
    """A loan with its title; locked until the transaction ends when asked."""
    query = _with_title().where(loans.c.id == loan_id)
    return conn.execute(query.with_for_update(of=loans) if lock else query).mappings().first()


def open_loan_of_copy(conn: Connection, copy_id: int, *, lock: bool = False) -> Row | None:
    """The loan a copy is out on."""
    query = _with_title().where(loans.c.copy_id == copy_id, loans.c.returned_at.is_(None))
    return conn.execute(query.with_for_update(of=loans) if lock else query).mappings().first()


def open_loans(conn: Connection, reader_id: int, title_id: int | None = None) -> list[Row]:
    """A reader's loans that are not back, the one due first first."""
    mine = [loans.c.reader_id == reader_id, loans.c.returned_at.is_(None)]
    if title_id is not None:
        mine.append(loans.c.title_id == title_id)
    return list(conn.execute(_with_title().where(*mine).order_by(loans.c.due, loans.c.id)).mappings())


def open_count(conn: Connection, reader_id: int) -> int:
    """Volumes on the card now."""
    mine = (loans.c.reader_id == reader_id, loans.c.returned_at.is_(None))
    return int(conn.execute(select(func.count()).select_from(loans).where(*mine)).scalar_one())


def of_order(conn: Connection, order_id: int, *, open_only: bool = True) -> list[Row]:
    """The loans of an order, by id."""
    query = _with_title().where(loans.c.order_id == order_id).order_by(loans.c.id)
    return list(conn.execute(query.where(loans.c.returned_at.is_(None)) if open_only else query).mappings())


def to_tell(conn: Connection, limit: int, loan_id: int | None = None) -> list[Row]:
    """Loans of which the library system does not know the start or the end yet, by id, with the card."""
    unknown = loans.c.told_out_at.is_(None) | (
        loans.c.told_back_at.is_(None) & loans.c.returned_at.is_not(None)
    )
    query = (
        select(*loans.c, readers.c.card)
        .join_from(loans, readers, readers.c.id == loans.c.reader_id)
        .where(unknown)
        .order_by(loans.c.id)
    )
    if loan_id is not None:
        query = query.where(loans.c.id == loan_id)
    return list(conn.execute(query.limit(limit)).mappings())


def title_of_copy(conn: Connection, copy_id: int) -> Row:
    """A copy that must exist: title_id, title, branch_id."""
    query = (
        select(copies.c.title_id, titles.c.title, copies.c.branch_id)
        .join_from(copies, titles, titles.c.id == copies.c.title_id)
        .where(copies.c.id == copy_id)
    )
    return conn.execute(query).mappings().one()


def lock_title(conn: Connection, title_id: int) -> Row | None:
    """A title, locked: who joins the queue and which copy comes back are settled one after the other."""
    query = select(titles).where(titles.c.id == title_id).with_for_update(key_share=True)
    return conn.execute(query).mappings().first()


def _with_title() -> Any:
    columns = (*loans.c, titles.c.title, copies.c.branch_id)
    joined = loans.join(titles, titles.c.id == loans.c.title_id).join(copies, copies.c.id == loans.c.copy_id)
    return select(*columns).select_from(joined)


# --- the clock standing still ---


def pauses(conn: Connection, loan_ids: Collection[int]) -> dict[int, list[tuple[datetime, datetime | None]]]:
    """For each loan, from when until when its clock stood still; until None is “still does”."""
    found: dict[int, list[tuple[datetime, datetime | None]]] = {loan_id: [] for loan_id in loan_ids}
    query = select(loan_pauses).where(loan_pauses.c.loan_id.in_(loan_ids)).order_by(loan_pauses.c.id)
    for row in conn.execute(query).mappings():
        found[row["loan_id"]].append((row["from_at"], row["until_at"]))
    return found


def pause(conn: Connection, loan_id: int, at: datetime) -> None:
    """Stop the clock; nothing when it stands already."""
    still = (loan_pauses.c.loan_id == loan_id, loan_pauses.c.until_at.is_(None))
    if conn.execute(select(loan_pauses.c.id).where(*still)).first() is None:
        conn.execute(insert(loan_pauses).values(loan_id=loan_id, from_at=at))


def resume(conn: Connection, loan_id: int, at: datetime) -> None:
    """Let the clock run again."""
    still = (loan_pauses.c.loan_id == loan_id, loan_pauses.c.until_at.is_(None))
    conn.execute(update(loan_pauses).where(*still).values(until_at=at))


# --- fees ---


def add_charge(conn: Connection, values: Mapping[str, Any]) -> bool:
    """False when its `key` stands already."""
    return insert_once(conn, charges, values) is not None


def unsettled(conn: Connection, reader_id: int) -> list[Row]:
    """What a reader owes, oldest first, with the title."""
    query = (
        select(*charges.c, titles.c.title)
        .select_from(charges.outerjoin(loans, loans.c.id == charges.c.loan_id))
        .outerjoin(titles, titles.c.id == loans.c.title_id)
        .where(charges.c.reader_id == reader_id, charges.c.settled_at.is_(None))
        .order_by(charges.c.id)
    )
    return list(conn.execute(query).mappings())


def settle(conn: Connection, reader_id: int, at: datetime, by: str) -> int:
    """Everything owed is paid; the sum, in fen."""
    mine = (charges.c.reader_id == reader_id, charges.c.settled_at.is_(None))
    paid = conn.execute(
        update(charges).where(*mine).values(settled_at=at, settled_by=by).returning(charges.c.amount_fen)
    )
    return sum(int(amount) for amount in paid.scalars())
