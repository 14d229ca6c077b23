"""Who answers a conversation: one replica at a time, for as long as it renews."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select, update

from bot.store.tables import conversations, inbox

LEASE = timedelta(seconds=15)
"""How long a replica that died keeps a conversation; a living one renews long before."""


def is_free(conversation: Row[Any], instance: str, now: datetime) -> bool:
    """Nobody has it, or we have had it since before a restart, or its holder died."""
    return conversation.lease_owner in (None, instance) or conversation.lease_until <= now


def free(now: datetime, instance: str) -> ColumnElement[bool]:
    """`is_free` as a condition."""
    owner, until = conversations.c.lease_owner, conversations.c.lease_until
    return or_(owner.is_(None), owner == instance, until <= now)


def take(conn: Connection, conversation_id: str, instance: str, now: datetime) -> None:
    """The conversation is ours."""
    conn.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(lease_owner=instance, lease_until=now + LEASE)
    )


def begin(conn: Connection, conversation_id: str, upto: int) -> list[tuple[Row[Any], bool]]:
    """Unanswered messages up to this one, oldest first; True: it was begun before. All are begun now."""
    mine = (
        inbox.c.conversation_id == conversation_id,
        inbox.c.state == "received",
        inbox.c.id <= upto,
    )
    rows = list(conn.execute(select(inbox).where(*mine).order_by(inbox.c.id)))
    fresh = [row.id for row in rows if not row.begun]
    if fresh:
        conn.execute(update(inbox).where(inbox.c.id.in_(fresh)).values(begun=True))
    return [(row, row.begun) for row in rows]


def release(conn: Connection, conversation_id: str, instance: str) -> None:
    """Give it back, if it is ours."""
    mine = (conversations.c.id == conversation_id) & (conversations.c.lease_owner == instance)
    conn.execute(update(conversations).where(mine).values(lease_owner=None, lease_until=None))


def renew(conn: Connection, instance: str, now: datetime) -> None:
    """Hold on to all that are ours."""
    conn.execute(
        update(conversations).where(conversations.c.lease_owner == instance).values(lease_until=now + LEASE)
    )
