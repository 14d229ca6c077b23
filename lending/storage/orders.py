"""Rows of orders, their lines and parcels, and the events that explain them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
    update,
)

from lending.storage.base import Connection, UtcDateTime, metadata
from lending.storage.catalogue import copies, titles
from lending.storage.insert import insert_once
from lending.storage.readers import readers

Row = RowMapping
"""A row by column name, for rules that must not know SQLAlchemy."""

orders = Table(
    "orders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", String(40), nullable=False, unique=True),
    Column("nonce", String(40), nullable=False, unique=True),
    Column("conversation_id", String(100), nullable=False),
    Column("reader_id", Integer, nullable=False),
    Column("reader_kind", String(10), nullable=False),
    Column("state", String(12), nullable=False),
    Column("method", String(10), nullable=False),
    Column("point_id", String(40)),
    Column("address_id", Integer),
    Column("fee_fen", Integer, nullable=False),
    Column("parcels", Integer, nullable=False),
    Column("promised_by", UtcDateTime, nullable=False),
    Column("placed_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime),
    Column("found_at", UtcDateTime),
    Column("packed_at", UtcDateTime),
    Column("shipped_at", UtcDateTime),
    Column("available_at", UtcDateTime),
    Column("collected_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("hold_until", UtcDateTime),
    Index("ix_orders_reader_id_state", "reader_id", "state"),
    Index("ix_orders_state_point_id", "state", "point_id"),
)

order_lines = Table(
    "order_lines",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("order_id", ForeignKey("orders.id"), nullable=False),
    Column("title_id", ForeignKey("titles.id"), nullable=False),
    Column("state", String(12), nullable=False),
    Column("reason", String(20), nullable=False, default=""),
    Column("copy_id", ForeignKey("copies.id")),
    Column("parcel_id", ForeignKey("parcels.id")),
    UniqueConstraint("order_id", "title_id"),
)

parcels = Table(
    "parcels",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("order_id", ForeignKey("orders.id"), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("volumes", Integer, nullable=False),
    Column("from_branch", String(40), nullable=False),
    Column("locker_id", String(40)),
    Column("cell", String(20)),
    Column("cell_freed_at", UtcDateTime),
    Column("tracking", String(60), unique=True),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("order_id", ForeignKey("orders.id"), index=True),
    Column("line_id", ForeignKey("order_lines.id")),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(60), nullable=False),
    Column("kind", String(30), nullable=False),
    Column("data", JSON, nullable=False),
    Column("key", String(100), unique=True),
    Index("ix_events_kind_at", "kind", "at"),
)
"""Append only. `order_id` is null for what happened before an order came to be (a basket of which nothing
was left);
such a row has a `key`, so that asking again does not count twice."""


def insert_order(conn: Connection, values: Mapping[str, Any]) -> int | None:
    """The new order's id; None when an order with this nonce exists (waits for a rival that has not
    committed)."""
    return insert_once(conn, orders, values)


def change_order(conn: Connection, order_id: int, **values: Any) -> None:
    """Set columns of an order."""
    conn.execute(update(orders).where(orders.c.id == order_id).values(**values))


def by_number(conn: Connection, number: str, *, lock: bool = False) -> RowMapping | None:
    """An order by its number; locked until the transaction ends when asked."""
    query = select(orders).where(orders.c.number == number)
    return conn.execute(query.with_for_update() if lock else query).mappings().first()


def by_nonce(conn: Connection, nonce: str) -> RowMapping | None:
    """The order that was placed with this basket nonce."""
    return conn.execute(select(orders).where(orders.c.nonce == nonce)).mappings().first()


def by_id(conn: Connection, order_id: int) -> RowMapping:
    """An order that must exist."""
    return conn.execute(select(orders).where(orders.c.id == order_id)).mappings().one()


def of_reader(conn: Connection, reader_id: int, without: Collection[str], limit: int) -> list[RowMapping]:
    """A reader's orders not in one of the states `without`, newest first."""
    mine = (orders.c.reader_id == reader_id, orders.c.state.not_in(without))
    query = select(orders).where(*mine).order_by(orders.c.id.desc()).limit(limit)
    return list(conn.execute(query).mappings())


def in_states(conn: Connection, states: Collection[str], limit: int = 200) -> list[RowMapping]:
    """Orders in one of the states, oldest first (the staff's lists, the demo's autopilot)."""
    query = select(orders).where(orders.c.state.in_(states)).order_by(orders.c.id).limit(limit)
    return list(conn.execute(query).mappings())


def holds_over(conn: Connection, state: str, now: datetime) -> list[RowMapping]:
    """Orders in a state whose hold has ended, oldest first."""
    query = select(orders).where(orders.c.state == state, orders.c.hold_until <= now).order_by(orders.c.id)
    return list(conn.execute(query).mappings())


def last_point(conn: Connection, reader_id: int) -> str | None:
    """Where the reader last had books sent, home deliveries left out."""
    mine = (orders.c.reader_id == reader_id, orders.c.point_id.is_not(None))
    query = select(orders.c.point_id).where(*mine).order_by(orders.c.id.desc()).limit(1)
    return conn.execute(query).scalar_one_or_none()


def open_line_count(conn: Connection, reader_id: int, order_states: Collection[str], refused: str) -> int:
    """Volumes of the reader in orders of these states, refused lines left out."""
    query = (
        select(func.count())
        .join_from(order_lines, orders, orders.c.id == order_lines.c.order_id)
        .where(
            orders.c.reader_id == reader_id, orders.c.state.in_(order_states), order_lines.c.state != refused
        )
    )
    return int(conn.execute(query).scalar_one())


def heading_parcels(
    conn: Connection, point_id: str, states: Collection[str], without: int | None = None
) -> int:
    """Parcels of orders in these states (not packed, so without a cell) that go to a locker."""
    there = [orders.c.point_id == point_id, orders.c.state.in_(states)]
    if without is not None:
        there.append(orders.c.id != without)
    return int(conn.execute(select(func.coalesce(func.sum(orders.c.parcels), 0)).where(*there)).scalar_one())


def lock_reader(conn: Connection, reader_id: int) -> None:
    """Let one order of a reader be placed at a time, so that the card limit holds; until the transaction
    ends."""
    query = select(readers.c.id).where(readers.c.id == reader_id).with_for_update(key_share=True)
    conn.execute(query).all()


def insert_line(conn: Connection, values: Mapping[str, Any]) -> int:
    """The new line's id."""
    return int(conn.execute(insert(order_lines).values(**values).returning(order_lines.c.id)).scalar_one())


def change_line(conn: Connection, line_id: int, **values: Any) -> None:
    """Set columns of a line."""
    conn.execute(update(order_lines).where(order_lines.c.id == line_id).values(**values))


def lines(conn: Connection, order_id: int) -> list[RowMapping]:
    """Lines with the title's words and the copy's place (branch_id, stack: null without a copy); oldest
    first."""
    query = (
        select(
            order_lines,
            titles.c.title,
            titles.c.author,
            copies.c.branch_id,
            copies.c.stack,
            copies.c.shelf_mark,
            copies.c.barcode,
        )
        .join_from(order_lines, titles, titles.c.id == order_lines.c.title_id)
        .outerjoin(copies, copies.c.id == order_lines.c.copy_id)
        .where(order_lines.c.order_id == order_id)
        .order_by(order_lines.c.id)
    )
    return list(conn.execute(query).mappings())


def insert_parcel(conn: Connection, values: Mapping[str, Any]) -> int:
    """The new parcel's id."""
    return int(conn.execute(insert(parcels).values(**values).returning(parcels.c.id)).scalar_one())


def change_parcel(conn: Connection, parcel_id: int, **values: Any) -> None:
    """Set columns of a parcel."""
    conn.execute(update(parcels).where(parcels.c.id == parcel_id).values(**values))


def parcels_of(conn: Connection, order_id: int) -> list[RowMapping]:
    """An order's parcels in their order."""
    query = select(parcels).where(parcels.c.order_id == order_id).order_by(parcels.c.number)
    return list(conn.execute(query).mappings())


def drop_parcels(conn: Connection, order_id: int) -> None:
    """Forget parcels that were made for a packing that failed."""
    conn.execute(delete(parcels).where(parcels.c.order_id == order_id))


def parcels_to_free(conn: Connection, states: Collection[str]) -> list[RowMapping]:
    """Parcels whose cell was not given back, of orders in these states; with `order_number`."""
    held = (parcels.c.locker_id.is_not(None), parcels.c.cell_freed_at.is_(None), orders.c.state.in_(states))
    query = select(parcels, orders.c.number.label("order_number"))
    query = query.join_from(parcels, orders, orders.c.id == parcels.c.order_id).where(*held)
    return list(conn.execute(query.order_by(parcels.c.id)).mappings())


def add_event(conn: Connection, values: Mapping[str, Any]) -> bool:
    """Append an event; False when its `key` was written before."""
    return insert_once(conn, events, values) is not None


def events_of(conn: Connection, order_id: int) -> list[RowMapping]:
    """An order's events, oldest first."""
    return list(
        conn.execute(select(events).where(events.c.order_id == order_id).order_by(events.c.id)).mappings()
    )
