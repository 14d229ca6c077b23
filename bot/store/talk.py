"""The talk's rows: written under the conversation's row lock, so that cursors appear in order."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, String, case, func, insert, literal, select, update

from bot.store.tables import conversations, deliveries, messages
from lending.storage.base import UtcDateTime


def lock(conn: Connection, conversation_id: str) -> Row[Any]:
    """The conversation's row, locked until the transaction ends (SQLite's writer lock does the same)."""
    query = select(conversations).where(conversations.c.id == conversation_id).with_for_update()
    return conn.execute(query).one()


def append(
    conn: Connection,
    conversation_id: str,
    sender: str,
    sealed: str,
    now: datetime,
    *,
    inbox_id: int | None = None,
    later: bool = False,
    key: str | None = None,
    due: datetime | None = None,
    notice: str | None = None,
) -> int:
    """Write one message, call `lock` first. Its cursor.

    Where the channel pushes, its delivery is written with it, to be handed over at `due` (now).
    """
    row = conn.execute(
        insert(messages)
        .values(
            conversation_id=conversation_id,
            inbox_id=inbox_id,
            sender=sender,
            body=sealed,
            later=later,
            key=key,
            at=now,
        )
        .returning(messages.c.id)
    )
    message_id = int(row.scalar_one())
    if sender != "reader":
        _deliver(conn, conversation_id, message_id, due or now, notice)
    return message_id


def _deliver(
    conn: Connection, conversation_id: str, message_id: int, due: datetime, notice: str | None
) -> None:
    """A delivery, if this conversation has an address; a reader who left gets nothing pushed."""
    state = case((conversations.c.unreachable.is_(None), "waiting"), else_="stopped")
    values = {
        "message_id": literal(message_id),
        "conversation_id": conversations.c.id,
        "channel": conversations.c.channel,
        "state": state,
        "due_at": literal(due, UtcDateTime()),
        "notice": literal(notice, String()),
    }
    addressed = (conversations.c.id == conversation_id) & conversations.c.address.is_not(None)
    conn.execute(insert(deliveries).from_select(list(values), select(*values.values()).where(addressed)))


def known(conn: Connection, key: str) -> bool:
    """Whether a message with this key was written."""
    return conn.execute(select(messages.c.id).where(messages.c.key == key)).first() is not None


def answers(conn: Connection, inbox_id: int) -> list[Row[Any]]:
    """What the library said to one message, oldest first."""
    query = (
        select(messages)
        .where(messages.c.inbox_id == inbox_id, messages.c.sender != "reader")
        .order_by(messages.c.id)
    )
    return list(conn.execute(query))


def later_than(conn: Connection, conversation_id: str, after: int, limit: int = 50) -> list[Row[Any]]:
    """Messages that were no direct answer, after a cursor, oldest first."""
    query = (
        select(messages)
        .where(messages.c.conversation_id == conversation_id, messages.c.later, messages.c.id > after)
        .order_by(messages.c.id)
        .limit(limit)
    )
    return list(conn.execute(query))


def history(conn: Connection, conversation_id: str, limit: int) -> list[Row[Any]]:
    """The last messages of both sides, oldest first."""
    query = (
        select(messages)
        .where(messages.c.conversation_id == conversation_id)
        .order_by(messages.c.id.desc())
        .limit(limit)
    )
    return list(conn.execute(query))[::-1]


def safe_cursor(conn: Connection, conversation_id: str, seen: int, last: int) -> int:
    """The cursor to hand out: `last`, or just before the first later message that was not handed out yet."""
    query = select(func.min(messages.c.id)).where(
        messages.c.conversation_id == conversation_id,
        messages.c.later,
        messages.c.id > seen,
        messages.c.id <= last,
    )
    waiting = conn.execute(query).scalar_one()
    return last if waiting is None else int(waiting) - 1


def last_id(conn: Connection, conversation_id: str) -> int:
    """The newest cursor of a conversation, 0 when nothing was said."""
    query = select(func.max(messages.c.id)).where(messages.c.conversation_id == conversation_id)
    return int(conn.execute(query).scalar_one() or 0)


def note_seen(conn: Connection, conversation_id: str, cursor: int) -> None:
    """Remember how far the long poll has handed out."""
    conn.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id, conversations.c.seen < cursor)
        .values(seen=cursor)
    )


def spoken_to_since(conn: Connection, after: int) -> tuple[list[str], int]:
    """Conversations with later messages after a cursor, whoever wrote them, and the newest such cursor."""
    query = (
        select(messages.c.conversation_id, func.max(messages.c.id))
        .where(messages.c.later, messages.c.id > after)
        .group_by(messages.c.conversation_id)
    )
    rows = conn.execute(query).all()
    return [row[0] for row in rows], max([after, *(int(row[1]) for row in rows)])


def newest(conn: Connection) -> int:
    """The newest cursor of all."""
    return int(conn.execute(select(func.max(messages.c.id))).scalar_one() or 0)
