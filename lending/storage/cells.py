"""Rows of the simulated lockers' cells, their bookings and what their doors did.

Two partial unique indexes: a cell is booked once at a time, and a key holds one cell of a locker at a time.
"""

from datetime import datetime

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    exists,
    func,
    select,
    text,
    update,
)
from sqlalchemy.sql import ColumnElement

from lending.storage.base import Connection, UtcDateTime, metadata
from lending.storage.insert import insert_once
from lending.storage.pickup import lockers

ACTIVE = text("released_at IS NULL")

cells = Table(
    "cells",
    metadata,
    Column("locker_id", String(40), primary_key=True),
    Column("number", String(20), primary_key=True),
    Column("low", Boolean, nullable=False, default=False),
    Column("broken", Boolean, nullable=False, default=False),
    ForeignKeyConstraint(["locker_id"], ["lockers.id"]),
)
"""`low`: within reach from a wheelchair (6.1.4)."""

cell_bookings = Table(
    "cell_bookings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("locker_id", String(40), nullable=False),
    Column("number", String(20), nullable=False),
    Column("key", String(100), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("released_at", UtcDateTime),
    ForeignKeyConstraint(["locker_id", "number"], ["cells.locker_id", "cells.number"]),
    Index(
        "uq_cell_bookings_cell",
        "locker_id",
        "number",
        unique=True,
        sqlite_where=ACTIVE,
        postgresql_where=ACTIVE,
    ),
    Index(
        "uq_cell_bookings_key", "locker_id", "key", unique=True, sqlite_where=ACTIVE, postgresql_where=ACTIVE
    ),
)

cell_events = Table(
    "cell_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("locker_id", String(40), nullable=False),
    Column("number", String(20), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("what", String(12), nullable=False),
    Index("ix_cell_events_locker_id_at", "locker_id", "at"),
)


def put_cell(conn: Connection, locker_id: str, number: str, *, low: bool = False) -> bool:
    """Add a cell or change whether it is low; True when it is new."""
    mine = (cells.c.locker_id == locker_id, cells.c.number == number)
    if conn.execute(update(cells).where(*mine).values(low=low)).rowcount:
        return False
    conn.execute(cells.insert().values(locker_id=locker_id, number=number, low=low, broken=False))
    return True


def set_broken(conn: Connection, locker_id: str, number: str, broken: bool) -> None:
    mine = (cells.c.locker_id == locker_id, cells.c.number == number)
    conn.execute(update(cells).where(*mine).values(broken=broken))


def free(conn: Connection, locker_id: str, *, low: bool = False) -> list[str]:
    """Numbers of usable cells that nobody holds; low ones first when asked, else last. Empty when out of
    service."""
    query = select(cells.c.number).where(cells.c.locker_id == locker_id, _usable())
    first = ~cells.c.low if low else cells.c.low
    return list(conn.execute(query.order_by(first, cells.c.number)).scalars())


def free_counts(conn: Connection) -> dict[str, int]:
    """Free cells of each locker in service that has any."""
    query = select(cells.c.locker_id, func.count()).where(_usable()).group_by(cells.c.locker_id)
    return {locker_id: int(count) for locker_id, count in conn.execute(query)}


def booked(conn: Connection, locker_id: str, key: str) -> RowMapping | None:
    """The cell a key holds, with `number` and `broken`."""
    same_cell = (cells.c.locker_id == cell_bookings.c.locker_id) & (cells.c.number == cell_bookings.c.number)
    mine = (
        cell_bookings.c.locker_id == locker_id,
        cell_bookings.c.key == key,
        cell_bookings.c.released_at.is_(None),
    )
    query = select(cell_bookings, cells.c.broken).join_from(cell_bookings, cells, same_cell).where(*mine)
    return conn.execute(query).mappings().first()


def book(conn: Connection, locker_id: str, number: str, key: str, at: datetime) -> bool:
    """False when a rival booked the cell (or the key got a cell) meanwhile."""
    values = {"locker_id": locker_id, "number": number, "key": key, "made_at": at}
    return insert_once(conn, cell_bookings, values) is not None


def release(conn: Connection, locker_id: str, key: str, at: datetime) -> bool:
    """False when the key held nothing."""
    mine = (
        cell_bookings.c.locker_id == locker_id,
        cell_bookings.c.key == key,
        cell_bookings.c.released_at.is_(None),
    )
    return conn.execute(update(cell_bookings).where(*mine).values(released_at=at)).rowcount > 0


def add_event(conn: Connection, locker_id: str, number: str, at: datetime, what: str) -> None:
    conn.execute(cell_events.insert().values(locker_id=locker_id, number=number, at=at, what=what))


def events_since(conn: Connection, locker_id: str, since: datetime) -> list[RowMapping]:
    """Door events at or after a moment, oldest first."""
    mine = (cell_events.c.locker_id == locker_id, cell_events.c.at >= since)
    return list(conn.execute(select(cell_events).where(*mine).order_by(cell_events.c.id)).mappings())


def _usable() -> ColumnElement[bool]:
    same_cell = (cell_bookings.c.locker_id == cells.c.locker_id) & (cell_bookings.c.number == cells.c.number)
    in_service = exists().where(lockers.c.id == cells.c.locker_id, ~lockers.c.closed)
    return ~cells.c.broken & in_service & ~exists().where(same_cell, cell_bookings.c.released_at.is_(None))
