"""Rows that promise a copy. A partial unique index, not a check, lets a copy be promised only once at a
time."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    exists,
    select,
    text,
    update,
)
from sqlalchemy.sql import Select

from lending.storage.base import Connection, UtcDateTime, metadata
from lending.storage.catalogue import copies, free, titles
from lending.storage.insert import insert_once

ON_SHELF = "on_shelf"
OPEN, CLOSED = "open", "closed"

promises = Table(
    "promises",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("copy_id", ForeignKey("copies.id"), nullable=False),
    Column("key", String(100), nullable=False, index=True),
    Column("made_at", UtcDateTime, nullable=False),
    Column("released_at", UtcDateTime),
    Index(
        "uq_promises_copy_id_active",
        "copy_id",
        unique=True,
        sqlite_where=text("released_at IS NULL"),
        postgresql_where=text("released_at IS NULL"),
    ),
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A copy that could be promised now. stack: "open" | "closed"."""

    copy_id: int
    barcode: str
    title_id: int
    branch_id: str
    stack: str
    shelf_mark: str


def promise(conn: Connection, copy_id: int, key: str, at: datetime) -> bool:
    """Promise a copy under a key; False when someone else has it (or waits to commit before us and wins).

    On PostgreSQL this waits for a rival that has not committed yet: callers take titles in order of their id.
    """
    return insert_once(conn, promises, {"copy_id": copy_id, "key": key, "made_at": at}) is not None


def release(conn: Connection, key: str, at: datetime, copy_id: int | None = None) -> list[int]:
    """Take back what the key holds (or one copy of it); the copies let go."""
    mine = [promises.c.key == key, promises.c.released_at.is_(None)]
    if copy_id is not None:
        mine.append(promises.c.copy_id == copy_id)
    statement = update(promises).where(*mine).values(released_at=at).returning(promises.c.copy_id)
    return [int(row[0]) for row in conn.execute(statement)]


def of_title(conn: Connection, title_id: int) -> list[str]:
    """Keys under which copies of a title are promised now."""
    held = (
        select(promises.c.key)
        .join(copies, copies.c.id == promises.c.copy_id)
        .where(copies.c.title_id == title_id, promises.c.released_at.is_(None))
    )
    return [str(key) for key in conn.scalars(held)]


def by_title(conn: Connection, copy_ids: list[int]) -> list[int]:
    """The same copies in order of their titles: the order in which all who lock titles go."""
    query = select(copies.c.id).where(copies.c.id.in_(copy_ids)).order_by(copies.c.title_id, copies.c.id)
    return list(conn.execute(query).scalars())


def holder(conn: Connection, copy_id: int) -> str | None:
    """The key a copy is promised under now."""
    query = select(promises.c.key).where(promises.c.copy_id == copy_id, promises.c.released_at.is_(None))
    return conn.execute(query).scalar_one_or_none()


def held(conn: Connection, key: str) -> list[int]:
    """Copies promised under the key now."""
    query = select(promises.c.copy_id).where(promises.c.key == key, promises.c.released_at.is_(None))
    return [int(copy_id) for copy_id in conn.execute(query).scalars()]


def candidates(
    conn: Connection, title_id: int, branch_id: str | None = None, key: str | None = None
) -> list[Candidate]:
    """Copies on the shelf and promised to nobody (or under `key`).

    The pickup branch's own first, then open shelves, then closed stacks; ties by id, so that rivals meet in
    order.
    """
    query = _shelf(title_id, key)
    if branch_id is not None:
        query = query.order_by(copies.c.branch_id != branch_id)
    query = query.order_by(copies.c.stack != OPEN, copies.c.id)
    return [Candidate(**row) for row in conn.execute(query).mappings()]


def stacks(conn: Connection, title_id: int) -> list[str]:
    """The stacks in which copies in use (lent ones too) belong; empty when the library has none."""
    in_use = copies.c.state.in_((ON_SHELF, "lent"))
    query = select(copies.c.stack).where(copies.c.title_id == title_id, in_use).distinct()
    return sorted(conn.execute(query).scalars(), key=lambda stack: stack != OPEN)


def free_editions(conn: Connection, title_id: int, limit: int) -> list[RowMapping]:
    """Other records of the same title and author with a copy free now: id, title, author."""
    this = titles.alias("this")
    same = (titles.c.title == this.c.title) & (titles.c.author == this.c.author) & (titles.c.id != this.c.id)
    shelf = exists().where(copies.c.title_id == titles.c.id, free())
    query = select(titles.c.id, titles.c.title, titles.c.author).join_from(titles, this, same)
    return list(
        conn.execute(query.where(this.c.id == title_id, shelf).order_by(titles.c.id).limit(limit)).mappings()
    )


def set_copy_state(conn: Connection, copy_id: int, state: str) -> None:
    """on_shelf | lent | missing | withdrawn."""
    conn.execute(update(copies).where(copies.c.id == copy_id).values(state=state))


def _shelf(title_id: int, key: str | None) -> Select[tuple[int, str, int, str, str, str]]:
    columns = (
        copies.c.id.label("copy_id"),
        copies.c.barcode,
        copies.c.title_id,
        copies.c.branch_id,
        copies.c.stack,
        copies.c.shelf_mark,
    )
    rival = promises.c.released_at.is_(None) & (promises.c.copy_id == copies.c.id)
    if key is not None:
        rival = rival & (promises.c.key != key)
    return select(*columns).where(
        copies.c.title_id == title_id, copies.c.state == ON_SHELF, ~exists().where(rival)
    )
