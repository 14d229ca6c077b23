"""Rows of the local courier: what is booked, and every scan. No name, telephone or address is kept here."""

from collections.abc import Collection, Mapping
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

Row = RowMapping

shipments = Table(
    "shipments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(100), nullable=False, unique=True),
    Column("tracking", String(60), nullable=False, unique=True),
    Column("direction", String(8), nullable=False),
    Column("state", String(12), nullable=False),
    Column("start_kind", String(10), nullable=False),
    Column("start_id", String(40), nullable=False),
    Column("end_kind", String(10), nullable=False),
    Column("end_id", String(40), nullable=False),
    Column("volumes", Integer, nullable=False),
    Column("window", String(60), nullable=False, default=""),
    Column("booked_at", UtcDateTime, nullable=False),
    Index("ix_shipments_state", "state"),
)
"""direction: out | return. The ends are the kind and id of a `Place`."""

scans = Table(
    "scans",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("shipment_id", ForeignKey("shipments.id"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("state", String(12), nullable=False),
    Column("place", String(100), nullable=False, default=""),
)


def insert(conn: Connection, values: Mapping[str, Any]) -> int | None:
    """The new shipment's id; None when the key is booked already."""
    return insert_once(conn, shipments, values)


def by_key(conn: Connection, key: str) -> Row | None:
    return conn.execute(select(shipments).where(shipments.c.key == key)).mappings().first()


def by_tracking(conn: Connection, tracking: str, *, lock: bool = False) -> Row | None:
    """A shipment; locked until the transaction ends when asked."""
    query = select(shipments).where(shipments.c.tracking == tracking)
    return conn.execute(query.with_for_update() if lock else query).mappings().first()


def change(conn: Connection, shipment_id: int, **values: Any) -> None:
    """Set columns of a shipment."""
    conn.execute(update(shipments).where(shipments.c.id == shipment_id).values(**values))


def add_scan(conn: Connection, shipment_id: int, at: datetime, state: str, place: str) -> None:
    """Append a scan."""
    conn.execute(scans.insert().values(shipment_id=shipment_id, at=at, state=state, place=place))


def scans_of(conn: Connection, shipment_id: int) -> list[Row]:
    """Scans, oldest first."""
    query = select(scans).where(scans.c.shipment_id == shipment_id).order_by(scans.c.id)
    return list(conn.execute(query).mappings())


def in_states(conn: Connection, states: Collection[str]) -> list[Row]:
    """Shipments in these states, oldest first."""
    query = select(shipments).where(shipments.c.state.in_(states)).order_by(shipments.c.id)
    return list(conn.execute(query).mappings())
