"""Rows of staff accounts: who may work at the desk, and as what."""

from datetime import datetime

from sqlalchemy import Boolean, Column, Date, Integer, RowMapping, String, Table, select

from lending.storage.base import Connection, UtcDateTime, metadata
from lending.storage.insert import insert_once

staff = Table(
    "staff",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", String(40), nullable=False, unique=True),
    Column("name", String(60), nullable=False),
    Column("role", String(20), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("active", Boolean, nullable=False, default=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("pledged_on", Date),
    Column("trained_on", Date),
)
"""role: desk | picker | supervisor. `pledged_on`, `trained_on`: privacy pledge and last training (5.2)."""


def add_staff(conn: Connection, login: str, name: str, role: str, password_hash: str, at: datetime) -> bool:
    """False when the login exists; nothing is changed then."""
    values = {"login": login, "name": name, "role": role, "password_hash": password_hash}
    return insert_once(conn, staff, values | {"active": True, "created_at": at}) is not None


def by_login(conn: Connection, login: str) -> RowMapping | None:
    """An active account."""
    query = select(staff).where(staff.c.login == login, staff.c.active)
    return conn.execute(query).mappings().first()
