"""What the Telegram channel keeps: updates seen, keyboards offered, who polls, how fast we may send.

Times are seconds since 1970: leases and rates go by the machine's clock, also where tests stop the library's.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    Float,
    Integer,
    Row,
    String,
    Table,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from bot.store.tables import conversations
from lending.storage.base import UtcDateTime, metadata

SEEN_SECONDS = 3 * 86_400
"""How long an update is remembered: Telegram keeps what was not acknowledged for a day."""
KEYBOARD_SECONDS = 60 * 86_400
"""How long buttons work."""

updates = Table(
    "telegram_updates",
    metadata,
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Float, nullable=False, index=True),
)
"""The seen set: ids of updates dealt with. No high-water mark: ids begin anew after a quiet week."""

keyboards = Table(
    "telegram_keyboards",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", String(16), nullable=False),
    Column("conversation_id", String(64), nullable=False),
    Column("chat", String(32), nullable=False),
    Column("choices", JSON, nullable=False),
    Column("used_by", String(64), nullable=True),
    Column("made_at", Float, nullable=False, index=True),
    sqlite_autoincrement=True,
)
"""Inline keyboards. A button refers to one by `c:<id>.<place>.<key>`, for Telegram takes 64 bytes and
payloads are longer. `chat` is a hash, `used_by` the press that used it."""

leases = Table(
    "telegram_leases",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("until", Float, nullable=False),
)
"""Work that one replica at a time does: polling, telling the platform about us."""

rates = Table(
    "telegram_rates",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("next_at", Float, nullable=False),
    Column("closed_until", Float, nullable=False, server_default="0"),
)
"""One row a chat, and one for all: when the next message is due at an even pace, and until when Telegram said
to wait."""

staff_told = Table(
    "telegram_staff_told",
    metadata,
    Column("conversation_id", String(64), primary_key=True),
    Column("since", UtcDateTime, nullable=False),
)
"""Readers waiting for a person whom the staff chat was told of, by when they began to wait."""


@dataclass(frozen=True, slots=True)
class Keyboard:
    """Buttons that were offered. choices: [{"title", "payload"}]."""

    id: int
    conversation_id: str
    chat: str
    choices: Sequence[Mapping[str, Any]]
    used_by: str | None


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `burst` at once and one each `seconds` after that."""

    key: str
    seconds: float
    burst: int


def seen(conn: Connection, update_id: int) -> bool:
    """Whether this update was dealt with."""
    query = select(updates.c.update_id).where(updates.c.update_id == update_id)
    return conn.execute(query).first() is not None


def note_seen(conn: Connection, update_id: int, now: float) -> None:
    """This update was dealt with."""
    try:
        with conn.begin_nested():
            conn.execute(insert(updates).values(update_id=update_id, at=now))
    except IntegrityError:
        return


def prune(conn: Connection, now: float) -> None:
    """Forget what is too old to matter."""
    conn.execute(delete(updates).where(updates.c.at < now - SEEN_SECONDS))
    conn.execute(delete(keyboards).where(keyboards.c.made_at < now - KEYBOARD_SECONDS))
    conn.execute(delete(rates).where(rates.c.next_at < now - 3600, rates.c.closed_until < now))


def keep_keyboard(
    conn: Connection, conversation_id: str, chat: str, choices: Sequence[Mapping[str, Any]], now: float
) -> list[str]:
    """Write a keyboard down; what its buttons send, in their order."""
    key = secrets.token_urlsafe(6)
    row = conn.execute(
        insert(keyboards)
        .values(conversation_id=conversation_id, chat=chat, key=key, choices=list(choices), made_at=now)
        .returning(keyboards.c.id)
    )
    number = int(row.scalar_one())
    return [f"c:{number}.{place}.{key}" for place in range(len(choices))]


def find_keyboard(conn: Connection, number: int, key: str) -> Keyboard | None:
    """The keyboard a button refers to; None for a wrong key too."""
    row = conn.execute(select(keyboards).where(keyboards.c.id == number)).one_or_none()
    if row is None or not secrets.compare_digest(str(row.key).encode(), key.encode()):
        return None
    return Keyboard(row.id, row.conversation_id, row.chat, row.choices, row.used_by)


def use_keyboard(conn: Connection, number: int, press: str) -> bool:
    """Whether this press is the one that uses the keyboard; the same press may ask again."""
    fits = or_(keyboards.c.used_by.is_(None), keyboards.c.used_by == press)
    done = conn.execute(update(keyboards).where(keyboards.c.id == number, fits).values(used_by=press))
    return bool(done.rowcount)


def take_lease(conn: Connection, name: str, owner: str, now: float, seconds: float) -> bool:
    """Take or keep a lease; False while another owner has it."""
    free = or_(leases.c.owner == owner, leases.c.until <= now)
    values = {"owner": owner, "until": now + seconds}
    if conn.execute(update(leases).where(leases.c.name == name, free).values(**values)).rowcount:
        return True
    if conn.execute(select(leases.c.name).where(leases.c.name == name)).first() is not None:
        return False
    try:
        with conn.begin_nested():
            conn.execute(insert(leases).values(name=name, **values))
    except IntegrityError:
        return False
    return True


def drop_lease(conn: Connection, name: str, owner: str) -> None:
    """Let another replica have it."""
    conn.execute(delete(leases).where(leases.c.name == name, leases.c.owner == owner))


def take_turn(conn: Connection, paces: Sequence[Pace], now: float) -> float:
    """0 when a message may go now, and it is counted; else the seconds to wait, and nothing is counted.

    The generic cell rate algorithm: `next_at` is when the next one would be due at an even pace.
    """
    rows = {pace.key: _rate(conn, pace.key, now) for pace in sorted(paces, key=lambda pace: pace.key)}
    wait = max(_wait(pace, rows[pace.key], now) for pace in paces)
    if wait > 0:
        return wait
    for pace in paces:
        next_at = max(now, rows[pace.key].next_at) + pace.seconds
        conn.execute(update(rates).where(rates.c.key == pace.key).values(next_at=next_at))
    return 0.0


def close_until(conn: Connection, key: str, until: float, now: float) -> None:
    """Telegram said to wait: nothing goes under this key before."""
    _rate(conn, key, now)
    conn.execute(
        update(rates).where(rates.c.key == key, rates.c.closed_until < until).values(closed_until=until)
    )


def closed_chats(conn: Connection, prefix: str, now: float) -> int:
    """How many chats Telegram told to wait just now."""
    query = select(rates.c.key).where(rates.c.closed_until > now, rates.c.key.startswith(prefix))
    return len(conn.execute(query).all())


def waiting_for_person(conn: Connection, limit: int = 20) -> list[Row[Any]]:
    """(id, channel, human_since) of conversations that the staff chat has not been told of."""
    told = (staff_told.c.conversation_id == conversations.c.id) & (
        staff_told.c.since == conversations.c.human_since
    )
    query = (
        select(conversations.c.id, conversations.c.channel, conversations.c.human_since)
        .outerjoin(staff_told, told)
        .where(conversations.c.human_since.is_not(None), staff_told.c.since.is_(None))
        .order_by(conversations.c.human_since)
        .limit(limit)
    )
    return list(conn.execute(query))


def note_told(conn: Connection, conversation_id: str, since: datetime) -> None:
    """The staff chat was told."""
    conn.execute(delete(staff_told).where(staff_told.c.conversation_id == conversation_id))
    conn.execute(insert(staff_told).values(conversation_id=conversation_id, since=since))


def _rate(conn: Connection, key: str, now: float) -> Any:
    query = select(rates).where(rates.c.key == key).with_for_update()
    row = conn.execute(query).one_or_none()
    if row is not None:
        return row
    try:
        with conn.begin_nested():
            conn.execute(insert(rates).values(key=key, next_at=now, closed_until=0))
    except IntegrityError:
        pass
    return conn.execute(query).one()


def _wait(pace: Pace, row: Any, now: float) -> float:
    due = float(row.next_at) - (pace.burst - 1) * pace.seconds
    return max(due - now, float(row.closed_until) - now, 0.0)
