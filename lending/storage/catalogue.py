"""Rows of titles and copies.

Whether a copy is free also depends on promises and reservations, which other modules own and which refer
to the tables here; so they are named by their columns only (`_promises`, `_reservations`, `_branches`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    column,
    exists,
    false,
    func,
    insert,
    select,
    table,
    update,
)
from sqlalchemy.sql import ColumnElement

from lending.storage.base import Connection, UtcDateTime, metadata

_T = TypeVar("_T")

ON_SHELF, LENT = "on_shelf", "lent"

Row = RowMapping
"""A row by column name, for rules that must not know SQLAlchemy."""

titles = Table(
    "titles",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("title", String(500), nullable=False),
    Column("author", String(300), nullable=False, default="", server_default=""),
    Column("publisher", String(200), nullable=False, default="", server_default=""),
    Column("year", String(20), nullable=False, default="", server_default=""),
    Column("isbn13", String(13), index=True),
    Column("call_number", String(100), nullable=False, default="", server_default=""),
    Column("subjects", String(500), nullable=False, default="", server_default=""),
    Column("summary", Text, nullable=False, default="", server_default=""),
    Column("large_print", Boolean, nullable=False, default=False, server_default=false()),
    Column("children", Boolean, nullable=False, default=False, server_default=false()),
    Column("adult_only", Boolean, nullable=False, default=False, server_default=false()),
    Column("language", String(20), nullable=False, default="", server_default=""),
    Column("added_at", UtcDateTime, nullable=False, index=True),
)
"""`key` tells one record from another: see `lending.catalogue.keys.record_key`."""

copies = Table(
    "copies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("barcode", String(64), nullable=False, unique=True),
    Column("title_id", ForeignKey("titles.id"), nullable=False),
    Column("branch_id", String(40), nullable=False),
    Column("stack", String(10), nullable=False, default="open"),
    Column("shelf_mark", String(100), nullable=False, default="", server_default=""),
    Column("state", String(10), nullable=False, default=ON_SHELF),
    Index("ix_copies_title_id_state", "title_id", "state"),
)
"""stack: open | closed (3.4 counts refusals apart). state: on_shelf | lent | missing | withdrawn."""

_promises = table("promises", column("copy_id", Integer), column("released_at", UtcDateTime))
_reservations = table("reservations", column("title_id", Integer), column("state", String))
_branches = table("branches", column("id", String), column("name", String))

TITLE_COLUMNS = tuple(col for col in titles.c if col.name not in {"key", "added_at"})
"""The columns that make a `Title`, in its order."""

IN_CHUNK = 500
"""Values in one IN list: SQLite and PostgreSQL take thousands, but plans grow."""


def free() -> ColumnElement[bool]:
    """SQL: the copy (of an outer query on `copies`) is on the shelf and promised to nobody."""
    taken = exists().where(_promises.c.copy_id == copies.c.id, _promises.c.released_at.is_(None))
    return (copies.c.state == ON_SHELF) & ~taken


def titles_by_id(conn: Connection, ids: Collection[int]) -> dict[int, RowMapping]:
    """Rows of titles by their ids; those that do not exist are left out."""
    found: dict[int, RowMapping] = {}
    for chunk in _chunks(list(ids)):
        query = select(*TITLE_COLUMNS).where(titles.c.id.in_(chunk))
        found |= {row["id"]: row for row in conn.execute(query).mappings()}
    return found


def free_counts(conn: Connection, ids: Collection[int], branch_id: str | None = None) -> dict[int, int]:
    """Free copies of each title, in one branch or in all; titles without any are left out."""
    counts: dict[int, int] = {}
    for chunk in _chunks(list(ids)):
        query = select(copies.c.title_id, func.count()).where(copies.c.title_id.in_(chunk), free())
        if branch_id is not None:
            query = query.where(copies.c.branch_id == branch_id)
        counts |= {int(title): int(count) for title, count in conn.execute(query.group_by(copies.c.title_id))}
    return counts


def held_in_branch(conn: Connection, ids: Collection[int], branch_id: str) -> set[int]:
    """Which of the titles have a copy in use in the branch, lent or not."""
    held: set[int] = set()
    in_use = copies.c.state.in_((ON_SHELF, LENT)) & (copies.c.branch_id == branch_id)
    for chunk in _chunks(list(ids)):
        query = select(copies.c.title_id).where(copies.c.title_id.in_(chunk), in_use).distinct()
        held |= {int(title_id) for title_id in conn.execute(query).scalars()}
    return held


def shelves(conn: Connection, title_id: int) -> list[RowMapping]:
    """Copies in use of one title by branch: branch_id, branch_name, total, on_shelf; ordered by branch."""
    query = (
        select(
            copies.c.branch_id,
            func.coalesce(_branches.c.name, copies.c.branch_id).label("branch_name"),
            func.count().label("total"),
            func.count().filter(free()).label("on_shelf"),
        )
        .select_from(copies.outerjoin(_branches, _branches.c.id == copies.c.branch_id))
        .where(copies.c.title_id == title_id, copies.c.state.in_((ON_SHELF, LENT)))
        .group_by(copies.c.branch_id, _branches.c.name)
        .order_by(copies.c.branch_id)
    )
    return list(conn.execute(query).mappings())


def waiting(conn: Connection, title_id: int) -> int:
    """Readers waiting in the reservation queue."""
    query = select(func.count()).where(
        _reservations.c.title_id == title_id, _reservations.c.state == "waiting"
    )
    return int(conn.execute(query.select_from(_reservations)).scalar_one())


def newest(
    conn: Connection,
    *,
    limit: int,
    offset: int,
    available_now: bool = False,
    branch_id: str | None = None,
    large_print: bool = False,
    children: bool = False,
    include_adult: bool = True,
) -> tuple[list[int], int]:
    """Ids of titles, last added first, and how many there are."""
    wanted: list[ColumnElement[bool]] = []
    if available_now or branch_id is not None:
        held = copies.c.title_id == titles.c.id
        held &= free() if available_now else copies.c.state.in_((ON_SHELF, LENT))
        if branch_id is not None:
            held &= copies.c.branch_id == branch_id
        wanted.append(exists().where(held))
    if large_print:
        wanted.append(titles.c.large_print)
    if children:
        wanted.append(titles.c.children)
    if not include_adult:
        wanted.append(~titles.c.adult_only)
    total = conn.execute(select(func.count()).select_from(titles).where(*wanted)).scalar_one()
    query = select(titles.c.id).where(*wanted).order_by(titles.c.added_at.desc(), titles.c.id.desc())
    return [int(title_id) for title_id in conn.execute(query.limit(limit).offset(offset)).scalars()], int(
        total
    )


# --- indexing and importing ---


def rows_to_index(
    conn: Connection, ids: Collection[int] | None = None
) -> Iterator[tuple[RowMapping, int, tuple[str, ...]]]:
    """Every title (or those with the ids) with its free copies and its branches, streamed by id."""
    for rows in _title_batches(conn, ids):
        wanted = [row["id"] for row in rows]
        counts = free_counts(conn, wanted)
        branches = _branches_of(conn, wanted)
        for row in rows:
            yield row, counts.get(row["id"], 0), branches.get(row["id"], ())


def _title_batches(conn: Connection, ids: Collection[int] | None) -> Iterator[list[RowMapping]]:
    if ids is not None:
        for chunk in _chunks(sorted(ids)):
            found = titles_by_id(conn, chunk)
            yield [found[title_id] for title_id in chunk if title_id in found]
        return
    last = 0
    while rows := _after(conn, last):
        yield rows
        last = rows[-1]["id"]


def _after(conn: Connection, last: int) -> list[RowMapping]:
    query = select(*TITLE_COLUMNS).where(titles.c.id > last).order_by(titles.c.id).limit(IN_CHUNK)
    return list(conn.execute(query).mappings())


def _branches_of(conn: Connection, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    in_use = copies.c.state.in_((ON_SHELF, LENT)) & copies.c.title_id.in_(ids)
    query = select(copies.c.title_id, copies.c.branch_id).where(in_use).distinct()
    found: dict[int, tuple[str, ...]] = {}
    for title_id, branch_id in conn.execute(query.order_by(copies.c.title_id, copies.c.branch_id)):
        found[title_id] = (*found.get(title_id, ()), branch_id)
    return found


def count_titles(conn: Connection) -> int:
    return int(conn.execute(select(func.count()).select_from(titles)).scalar_one())


def titles_by_key(conn: Connection, keys: Collection[str]) -> dict[str, RowMapping]:
    """Whole rows of titles by record key."""
    found: dict[str, RowMapping] = {}
    for chunk in _chunks(list(keys)):
        query = select(titles).where(titles.c.key.in_(chunk))
        found |= {row["key"]: row for row in conn.execute(query).mappings()}
    return found


def title_ids_by_key(conn: Connection, keys: Collection[str]) -> dict[str, int]:
    """Title ids by record key."""
    found: dict[str, int] = {}
    for chunk in _chunks(list(keys)):
        query = select(titles.c.key, titles.c.id).where(titles.c.key.in_(chunk))
        found |= {str(key): int(title_id) for key, title_id in conn.execute(query)}
    return found


def title_ids_by_isbn(conn: Connection, isbns: Collection[str]) -> dict[str, int]:
    """Title ids by ISBN-13 (the lowest id where two records share one)."""
    found: dict[str, int] = {}
    for chunk in _chunks(list(isbns)):
        query = (
            select(titles.c.isbn13, titles.c.id)
            .where(titles.c.isbn13.in_(chunk))
            .order_by(titles.c.id.desc())
        )
        found |= {str(isbn): int(title_id) for isbn, title_id in conn.execute(query)}
    return found


def insert_titles(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add titles; each row names every column but `id`."""
    if rows:
        conn.execute(insert(titles), list(rows))


def update_title(conn: Connection, title_id: int, values: Mapping[str, Any]) -> None:
    conn.execute(update(titles).where(titles.c.id == title_id).values(**values))


def copies_by_barcode(conn: Connection, barcodes: Collection[str]) -> dict[str, RowMapping]:
    """Whole rows of copies by barcode."""
    found: dict[str, RowMapping] = {}
    for chunk in _chunks(list(barcodes)):
        query = select(copies).where(copies.c.barcode.in_(chunk))
        found |= {row["barcode"]: row for row in conn.execute(query).mappings()}
    return found


def insert_copies(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add copies; each row names every column but `id`."""
    if rows:
        conn.execute(insert(copies), list(rows))


def update_copy(conn: Connection, copy_id: int, values: Mapping[str, Any]) -> None:
    conn.execute(update(copies).where(copies.c.id == copy_id).values(**values))


def _chunks(values: list[_T]) -> Iterator[list[_T]]:
    for start in range(0, len(values), IN_CHUNK):
        yield values[start : start + IN_CHUNK]
