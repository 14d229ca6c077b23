"""Rows of readers, bindings, wrong PINs, addresses, and the audit of every look at personal data (4.3).

Names, telephones, addresses stand here sealed by the `Vault`; PINs as slow hashes.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from lending.storage.base import UtcDateTime, metadata
from lending.storage.insert import insert_once

Row = RowMapping

readers = Table(
    "readers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("card", String(40), nullable=False, unique=True),
    Column("kind", String(10), nullable=False),
    Column("surname", String(20), nullable=False, default=""),
    Column("name_sealed", Text, nullable=False),
    Column("phone_sealed", Text, nullable=False),
    Column("pin_hash", String(200)),
    Column("birth_year", Integer),
    Column("guardian_id", ForeignKey("readers.id")),
    Column("guardian_consent", Boolean, nullable=False, default=False),
    Column("suspended_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
)
"""`pin_hash` is null where the library system keeps the PINs."""

bindings = Table(
    "bindings",
    metadata,
    Column("conversation_id", String(100), primary_key=True),
    Column("reader_id", ForeignKey("readers.id"), nullable=False, index=True),
    Column("bound_at", UtcDateTime, nullable=False),
)

pin_attempts = Table(
    "pin_attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject", String(200), nullable=False, unique=True),
    Column("times", JSON, nullable=False),
)
"""A row for each card (as a fingerprint) and conversation: moments of wrong PINs, in seconds since 1970."""

addresses = Table(
    "addresses",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reader_id", ForeignKey("readers.id"), nullable=False, index=True),
    Column("district", String(60), nullable=False),
    Column("label", String(80), nullable=False),
    Column("sealed", Text, nullable=False),
    Column("print", String(100), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
)
"""`sealed`: recipient, phone, street in one cipher text. `print`: fingerprint, so that it stands once."""

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reader_id", ForeignKey("readers.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("who", String(120), nullable=False),
    Column("what", String(60), nullable=False),
    Column("why", String(200), nullable=False),
    Index("ix_audit_reader_id_at", "reader_id", "at"),
)
"""Append only."""


# --- readers ---


def insert_reader(conn: Connection, values: Mapping[str, Any]) -> int | None:
    """The new reader's id; None when the card is known."""
    return insert_once(conn, readers, values)


def change_reader(conn: Connection, reader_id: int, **values: Any) -> None:
    """Set columns of a reader."""
    conn.execute(update(readers).where(readers.c.id == reader_id).values(**values))


def by_card(conn: Connection, card: str) -> Row | None:
    """A reader by the card's number."""
    return conn.execute(select(readers).where(readers.c.card == card)).mappings().first()


def by_id(conn: Connection, reader_id: int) -> Row | None:
    """A reader by id."""
    return conn.execute(select(readers).where(readers.c.id == reader_id)).mappings().first()


# --- bindings ---


def bind(conn: Connection, conversation_id: str, reader_id: int, at: datetime) -> None:
    """Bind a conversation, whoever it was bound to before."""
    mine = bindings.c.conversation_id == conversation_id
    values = {"reader_id": reader_id, "bound_at": at}
    if conn.execute(update(bindings).where(mine).values(**values)).rowcount == 0:
        conn.execute(insert(bindings).values(conversation_id=conversation_id, **values))


def unbind(conn: Connection, conversation_id: str) -> int | None:
    """The reader it was bound to, or None."""
    mine = bindings.c.conversation_id == conversation_id
    return conn.execute(delete(bindings).where(mine).returning(bindings.c.reader_id)).scalar_one_or_none()


def bound_reader(conn: Connection, conversation_id: str) -> Row | None:
    """The reader a conversation is bound to."""
    query = (
        select(readers)
        .join_from(readers, bindings, bindings.c.reader_id == readers.c.id)
        .where(bindings.c.conversation_id == conversation_id)
    )
    return conn.execute(query).mappings().first()


def conversations_of(conn: Connection, reader_id: int) -> list[str]:
    """Conversations bound to a reader, the one bound last first."""
    mine = select(bindings.c.conversation_id).where(bindings.c.reader_id == reader_id)
    newest = mine.order_by(bindings.c.bound_at.desc(), bindings.c.conversation_id)
    return list(conn.execute(newest).scalars())


# --- wrong PINs ---


def lock_attempts(conn: Connection, subject: str) -> list[float]:
    """The moments of a subject's wrong PINs, locked until the transaction ends."""
    insert_once(conn, pin_attempts, {"subject": subject, "times": []})
    query = select(pin_attempts.c.times).where(pin_attempts.c.subject == subject).with_for_update()
    return list(conn.execute(query).scalar_one())


def set_attempts(conn: Connection, subject: str, times: list[float]) -> None:
    """Write the moments back; a row without any is dropped."""
    mine = pin_attempts.c.subject == subject
    if times:
        conn.execute(update(pin_attempts).where(mine).values(times=times))
    else:
        conn.execute(delete(pin_attempts).where(mine))


# --- addresses ---


def insert_address(conn: Connection, values: Mapping[str, Any]) -> int:
    """The new address's id."""
    return int(conn.execute(insert(addresses).values(**values).returning(addresses.c.id)).scalar_one())


def addresses_of(conn: Connection, reader_id: int) -> list[Row]:
    """A reader's addresses in use, the newest first."""
    mine = (addresses.c.reader_id == reader_id, addresses.c.removed_at.is_(None))
    return list(conn.execute(select(addresses).where(*mine).order_by(addresses.c.id.desc())).mappings())


def address(conn: Connection, address_id: int) -> Row | None:
    """An address, removed ones too: an order under way still needs it."""
    return conn.execute(select(addresses).where(addresses.c.id == address_id)).mappings().first()


def remove_address(conn: Connection, reader_id: int, address_id: int, at: datetime) -> bool:
    """False when it is not the reader's or is removed already."""
    mine = (
        addresses.c.id == address_id,
        addresses.c.reader_id == reader_id,
        addresses.c.removed_at.is_(None),
    )
    return conn.execute(update(addresses).where(*mine).values(removed_at=at)).rowcount == 1


# --- audit ---


def add_audit(conn: Connection, reader_id: int, at: datetime, who: str, what: str, why: str) -> None:
    """Append one line."""
    conn.execute(insert(audit).values(reader_id=reader_id, at=at, who=who, what=what, why=why))


def audit_of(conn: Connection, reader_id: int, limit: int) -> list[Row]:
    """A reader's lines, the newest first."""
    query = select(audit).where(audit.c.reader_id == reader_id).order_by(audit.c.id.desc()).limit(limit)
    return list(conn.execute(query).mappings())
