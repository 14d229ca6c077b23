"""Rows of pickup codes, and of pickups that were missed."""

from datetime import datetime

from sqlalchemy import (
    Boolean,
    Column,
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

from lending.storage.base import Connection, UtcDateTime, metadata
from lending.storage.insert import insert_once

pickup_codes = Table(
    "pickup_codes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("order_id", ForeignKey("orders.id"), nullable=False, index=True),
    Column("point_id", String(40), nullable=False),
    Column("code", String(12), nullable=False),
    Column("proxy", Boolean, nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Index(
        "uq_pickup_codes_active",
        "point_id",
        "code",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)
"""`expires_at` only for a helper's one-time code; the reader's own ends with the hold (`ended_at`)."""

missed_pickups = Table(
    "missed_pickups",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reader_id", Integer, nullable=False, index=True),
    Column("order_id", ForeignKey("orders.id"), nullable=False, unique=True),
    Column("at", UtcDateTime, nullable=False),
    Column("forgiven", Boolean, nullable=False),
    Column("needs_review", Boolean, nullable=False),
    Column("reviewed_at", UtcDateTime),
)
"""A person looks at `needs_review` before anybody is suspended (RULES, demo policy)."""


def issue(
    conn: Connection,
    order_id: int,
    point_id: str,
    code: str,
    at: datetime,
    expires_at: datetime | None,
    *,
    proxy: bool,
) -> bool:
    """Make a code valid; False when the same code is active at the point."""
    values = {"order_id": order_id, "point_id": point_id, "code": code, "proxy": proxy}
    times = {"issued_at": at, "expires_at": expires_at}
    return insert_once(conn, pickup_codes, values | times) is not None


def active(conn: Connection, point_id: str, code: str) -> RowMapping | None:
    """The active code at a point: its row, or None."""
    here = (
        pickup_codes.c.point_id == point_id,
        pickup_codes.c.code == code,
        pickup_codes.c.ended_at.is_(None),
    )
    return conn.execute(select(pickup_codes).where(*here)).mappings().first()


def own(conn: Connection, order_id: int) -> str | None:
    """The reader's own active code."""
    mine = (pickup_codes.c.order_id == order_id, ~pickup_codes.c.proxy, pickup_codes.c.ended_at.is_(None))
    return conn.execute(select(pickup_codes.c.code).where(*mine)).scalar_one_or_none()


def end(conn: Connection, order_id: int, at: datetime, *, proxy_only: bool = False) -> None:
    """End every active code of an order, or only helpers' codes."""
    mine = [pickup_codes.c.order_id == order_id, pickup_codes.c.ended_at.is_(None)]
    if proxy_only:
        mine.append(pickup_codes.c.proxy)
    conn.execute(update(pickup_codes).where(*mine).values(ended_at=at))


def missed_since(conn: Connection, reader_id: int, since: datetime) -> int:
    """How many pickups the reader missed since then."""
    mine = (missed_pickups.c.reader_id == reader_id, missed_pickups.c.at > since)
    return int(conn.execute(select(func.count()).select_from(missed_pickups).where(*mine)).scalar_one())


def add_missed(
    conn: Connection, reader_id: int, order_id: int, at: datetime, *, forgiven: bool, needs_review: bool
) -> None:
    """Note a missed pickup, once for each order."""
    values = {"reader_id": reader_id, "order_id": order_id, "at": at}
    insert_once(conn, missed_pickups, values | {"forgiven": forgiven, "needs_review": needs_review})


def to_review(conn: Connection) -> list[RowMapping]:
    """Missed pickups that a person has to look at."""
    waiting = (missed_pickups.c.needs_review, missed_pickups.c.reviewed_at.is_(None))
    return list(conn.execute(select(missed_pickups).where(*waiting).order_by(missed_pickups.c.id)).mappings())
