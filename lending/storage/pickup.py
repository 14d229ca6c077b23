"""Rows of branches and lockers: where they stand and when they are open."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Boolean, Column, Float, RowMapping, String, Table, insert, select, update

from lending.storage.base import Connection, metadata

branches = Table(
    "branches",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("address", String(200), nullable=False),
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
    Column("hours", String(200), nullable=False),
    Column("aliases", String(300), nullable=False, default=""),
    Column("phone", String(40), nullable=False, default=""),
    Column("closed", Boolean, nullable=False, default=False),
)
"""Degrees are GCJ-02; hours in the notation of `OpeningHours`; aliases parted by “;”."""

lockers = Table(
    "lockers",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("address", String(200), nullable=False),
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
    Column("hours", String(200), nullable=False),
    Column("aliases", String(300), nullable=False, default=""),
    Column("closed", Boolean, nullable=False, default=False),
)


def put_branch(conn: Connection, values: Mapping[str, Any]) -> bool:
    """Add a branch or change the one with this id; True when it is new."""
    return _put(conn, branches, values)


def put_locker(conn: Connection, values: Mapping[str, Any]) -> bool:
    """Add a locker or change the one with this id; True when it is new. Its cells:
    `lending.storage.cells`."""
    return _put(conn, lockers, values)


def all_branches(conn: Connection) -> list[RowMapping]:
    """Every branch, by id."""
    return list(conn.execute(select(branches).order_by(branches.c.id)).mappings())


def all_lockers(conn: Connection) -> list[RowMapping]:
    """Every locker, by id."""
    return list(conn.execute(select(lockers).order_by(lockers.c.id)).mappings())


def find_branch(conn: Connection, branch_id: str) -> RowMapping | None:
    return conn.execute(select(branches).where(branches.c.id == branch_id)).mappings().first()


def find_locker(conn: Connection, locker_id: str, *, lock: bool = False) -> RowMapping | None:
    """A locker; locked until the transaction ends when asked, so that its last cell is promised once."""
    query = select(lockers).where(lockers.c.id == locker_id)
    return conn.execute(query.with_for_update() if lock else query).mappings().first()


def set_closed(conn: Connection, point_id: str, closed: bool) -> bool:
    """Put a locker or branch out of service or back; False when there is no such place."""
    return any(
        conn.execute(update(table).where(table.c.id == point_id).values(closed=closed)).rowcount
        for table in (lockers, branches)
    )


def _put(conn: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    changed = conn.execute(update(table).where(table.c.id == values["id"]).values(**values)).rowcount
    if not changed:
        conn.execute(insert(table).values(**values))
    return not changed
