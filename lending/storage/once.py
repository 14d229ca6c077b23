"""Rows of what was done for one message, so that the message handled again does it once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, Integer, String, Table, delete, select

from lending.storage.base import UtcDateTime, metadata
from lending.storage.insert import insert_once

done_once = Table(
    "done_once",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(250), nullable=False, unique=True),
    Column("outcome", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)
"""Kept for a day, as `lending.once.KEPT` says; a message is tried for half an hour."""


def add(connection: Connection, key: str, outcome: Mapping[str, Any], at: datetime) -> bool:
    """False when the key is known already."""
    return insert_once(connection, done_once, {"key": key, "outcome": dict(outcome), "at": at}) is not None


def find(connection: Connection, key: str) -> dict[str, Any] | None:
    """The outcome under this key."""
    found = connection.execute(select(done_once.c.outcome).where(done_once.c.key == key)).scalar_one_or_none()
    return None if found is None else dict(found)


def forget(connection: Connection, before: datetime) -> int:
    """Delete what is older; how many."""
    return connection.execute(delete(done_once).where(done_once.c.at < before)).rowcount
