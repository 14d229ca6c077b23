"""Rows of books on their way back: one return of several loans. A loan is in one return at a time (index)."""

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
    select,
    text,
    update,
)

from lending.storage.base import UtcDateTime, metadata
from lending.storage.insert import insert_once

Row = RowMapping
ACTIVE = text("active")

returns = Table(
    "returns",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", String(80), nullable=False, unique=True),
    Column("nonce", String(80), nullable=False, unique=True),
    Column("reader_id", ForeignKey("readers.id"), nullable=False, index=True),
    Column("state", String(12), nullable=False, index=True),
    Column("method", String(10), nullable=False),
    Column("point_id", String(40)),
    Column("address_id", Integer),
    Column("window", String(60)),
    Column("code", String(12)),
    Column("cells", Integer, nullable=False),
    Column("tracking", String(60), index=True),
    Column("fee_fen", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("handed_over_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("expires_at", UtcDateTime),
    Column("reason", String(100)),
    Index(
        "uq_returns_point_id_code",
        "point_id",
        "code",
        unique=True,
        sqlite_where=text("state = 'booked'"),
        postgresql_where=text("state = 'booked'"),
    ),
)

"""`nonce`: a hash of reader and nonce, also the key towards courier and locker. `cells`: cells still held."""

return_loans = Table(
    "return_loans",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("return_id", ForeignKey("returns.id"), nullable=False, index=True),
    Column("loan_id", ForeignKey("loans.id"), nullable=False),
    Column("active", Boolean, nullable=False),
    Index("uq_return_loans_active", "loan_id", unique=True, sqlite_where=ACTIVE, postgresql_where=ACTIVE),
)


def insert_return(conn: Connection, values: Mapping[str, Any]) -> int | None:
    """The new return's id; None when the nonce, or the code at its locker, stands already."""
    return insert_once(conn, returns, values)


def change_return(conn: Connection, return_id: int, **values: Any) -> None:
    """Set columns of a return."""
    conn.execute(update(returns).where(returns.c.id == return_id).values(**values))


def add_loan(conn: Connection, return_id: int, loan_id: int) -> bool:
    """False when the loan is on its way back already."""
    values = {"return_id": return_id, "loan_id": loan_id, "active": True}
    return insert_once(conn, return_loans, values) is not None


def by_number(conn: Connection, number: str, *, lock: bool = False) -> Row | None:
    """A return by its number; locked until the transaction ends when asked."""
    query = select(returns).where(returns.c.number == number)
    return conn.execute(query.with_for_update() if lock else query).mappings().first()


def by_nonce(conn: Connection, nonce: str) -> Row | None:
    """The return that was started with this nonce."""
    return conn.execute(select(returns).where(returns.c.nonce == nonce)).mappings().first()


def unused(conn: Connection, state: str, at: datetime) -> list[Row]:
    """Returns in a state whose time to be used is over."""
    late = (returns.c.state == state, returns.c.expires_at < at)
    return list(conn.execute(select(returns).where(*late).order_by(returns.c.id)).mappings())


def ended_with_cells(conn: Connection) -> list[Row]:
    """Returns that are over and still hold cells (a crash came between)."""
    left = (returns.c.ended_at.is_not(None), returns.c.cells > 0)
    return list(conn.execute(select(returns).where(*left).order_by(returns.c.id)).mappings())


def by_tracking(conn: Connection, tracking: str) -> Row | None:
    """The return that a courier brings."""
    return conn.execute(select(returns).where(returns.c.tracking == tracking)).mappings().first()


def by_code(conn: Connection, point_id: str, code: str, state: str) -> Row | None:
    """The return waiting for this drop code at a locker."""
    here = (returns.c.point_id == point_id, returns.c.code == code, returns.c.state == state)
    return conn.execute(select(returns).where(*here).with_for_update()).mappings().first()


def in_states(
    conn: Connection, states: Collection[str], reader_id: int | None = None, limit: int = 200
) -> list[Row]:
    """Returns in one of the states, oldest first; of one reader when asked."""
    query = select(returns).where(returns.c.state.in_(states)).order_by(returns.c.id).limit(limit)
    return list(
        conn.execute(query if reader_id is None else query.where(returns.c.reader_id == reader_id)).mappings()
    )


def loan_ids(conn: Connection, return_id: int, *, active_only: bool = False) -> list[int]:
    """The loans of a return, in the order they were named."""
    query = select(return_loans.c.loan_id).where(return_loans.c.return_id == return_id)
    if active_only:
        query = query.where(return_loans.c.active)
    return [int(loan_id) for loan_id in conn.execute(query.order_by(return_loans.c.id)).scalars()]


def let_go(conn: Connection, loan_ids: Collection[int]) -> None:
    """These loans are on no way back any more."""
    mine = (return_loans.c.loan_id.in_(loan_ids), return_loans.c.active)
    conn.execute(update(return_loans).where(*mine).values(active=False))


def returning(conn: Connection, loan_ids: Collection[int]) -> dict[int, str]:
    """For each loan on its way back the number of its return."""
    query = (
        select(return_loans.c.loan_id, returns.c.number)
        .join_from(return_loans, returns, returns.c.id == return_loans.c.return_id)
        .where(return_loans.c.loan_id.in_(loan_ids), return_loans.c.active)
    )
    return {int(loan_id): number for loan_id, number in conn.execute(query)}
