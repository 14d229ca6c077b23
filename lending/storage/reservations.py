"""Rows of reservations: a queue for each title, first come first served (4.1)."""

from collections.abc import Collection, Mapping
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
    and_,
    func,
    or_,
    select,
    text,
    update,
)

from lending.storage.base import UtcDateTime, metadata
from lending.storage.catalogue import titles
from lending.storage.insert import insert_once

Row = RowMapping
WAITING, READY = "waiting", "ready"
FULFILLED, EXPIRED, CANCELLED = "fulfilled", "expired", "cancelled"
_OPEN = text("closed_at IS NULL")

reservations = Table(
    "reservations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reader_id", ForeignKey("readers.id"), nullable=False),
    Column("title_id", ForeignKey("titles.id"), nullable=False),
    Column("state", String(12), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("copy_id", ForeignKey("copies.id")),
    Column("ready_at", UtcDateTime),
    Column("ready_until", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Index("ix_reservations_title_id_state", "title_id", "state"),
    Index(
        "uq_reservations_reader_id_title_id",
        "reader_id",
        "title_id",
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    ),
)
"""`copy_id`: the copy kept for the reader; its promise stands in `promises` under `reservation:<id>`."""


def insert_reservation(conn: Connection, values: Mapping[str, Any]) -> int | None:
    """The new reservation's id; None when the reader waits for the title already."""
    return insert_once(conn, reservations, values)


def move(conn: Connection, reservation_id: int, old: str, new: str, **values: Any) -> bool:
    """Change the state; False when somebody else changed it first."""
    mine = (reservations.c.id == reservation_id, reservations.c.state == old)
    return conn.execute(update(reservations).where(*mine).values(state=new, **values)).rowcount == 1


def find(conn: Connection, reservation_id: int) -> Row | None:
    """A reservation with its title."""
    return conn.execute(_with_title().where(reservations.c.id == reservation_id)).mappings().first()


def open_of_reader(conn: Connection, reader_id: int, title_id: int | None = None) -> list[Row]:
    """A reader's waiting and ready reservations, oldest first."""
    mine = [reservations.c.reader_id == reader_id, reservations.c.closed_at.is_(None)]
    if title_id is not None:
        mine.append(reservations.c.title_id == title_id)
    return list(conn.execute(_with_title().where(*mine).order_by(reservations.c.id)).mappings())


def first_waiting(conn: Connection, title_id: int) -> Row | None:
    """Whose turn it is."""
    queue = (reservations.c.title_id == title_id, reservations.c.state == WAITING)
    order = (reservations.c.created_at, reservations.c.id)
    return conn.execute(_with_title().where(*queue).order_by(*order).limit(1)).mappings().first()


def position(conn: Connection, row: Row) -> int:
    """Place in the queue, 1 for the first."""
    before = or_(
        reservations.c.created_at < row["created_at"],
        and_(reservations.c.created_at == row["created_at"], reservations.c.id <= row["id"]),
    )
    queue = (reservations.c.title_id == row["title_id"], reservations.c.state == WAITING, before)
    return int(conn.execute(select(func.count()).select_from(reservations).where(*queue)).scalar_one())


def waiting_counts(conn: Connection, title_ids: Collection[int]) -> dict[int, int]:
    """How many readers wait for each title; titles nobody waits for are left out."""
    queue = (reservations.c.title_id.in_(title_ids), reservations.c.state == WAITING)
    query = select(reservations.c.title_id, func.count()).where(*queue).group_by(reservations.c.title_id)
    return {int(title_id): int(count) for title_id, count in conn.execute(query)}


def waited_for_by_others(conn: Connection, title_ids: Collection[int], reader_id: int) -> set[int]:
    """Titles for which somebody else waits."""
    others = (
        reservations.c.title_id.in_(title_ids),
        reservations.c.state == WAITING,
        reservations.c.reader_id != reader_id,
    )
    return set(conn.execute(select(reservations.c.title_id).where(*others).distinct()).scalars())


def _with_title() -> Any:
    columns = (*reservations.c, titles.c.title)
    return select(*columns).join_from(reservations, titles, titles.c.id == reservations.c.title_id)
