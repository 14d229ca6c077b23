"""Insert once: the same key a second time changes nothing and is no error."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_once(connection: Connection, table: Table, values: Mapping[str, Any]) -> int | None:
    """The new row's `id`, or None when a unique constraint already holds such a row."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).values(**values).on_conflict_do_nothing().returning(table.c.id)
    row = connection.execute(statement).first()
    return None if row is None else int(row[0])
