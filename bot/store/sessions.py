"""Conversations, web sessions and form links: finding, making, marking."""

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.store.tables import conversations, sessions, used_forms


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def open_conversation(
    conn: Connection, channel: str, user: str, now: datetime, *, source: str | None = None
) -> str:
    """A conversation with a new opaque id, if this user has none; `user` is kept as a hash only."""
    conversation_id, mine = secrets.token_hex(16), digest(user)
    values = {"id": conversation_id, "channel": channel, "user_hash": mine, "source": source}
    try:
        with conn.begin_nested():
            conn.execute(insert(conversations).values(**values, created_at=now, last_seen_at=now))
    except IntegrityError:  # another replica was faster
        known = (conversations.c.channel == channel, conversations.c.user_hash == mine)
        return str(conn.execute(select(conversations.c.id).where(*known)).scalar_one())
    return conversation_id


def open_web_session(conn: Connection, now: datetime) -> tuple[str, str]:
    """(secret, conversation id). The secret is 32 random bytes, URL-safe, and is told only here."""
    secret = secrets.token_urlsafe(32)
    conversation_id = open_conversation(conn, "web", secret, now)
    conn.execute(
        insert(sessions).values(secret_hash=digest(secret), conversation_id=conversation_id, created_at=now)
    )
    return secret, conversation_id


def conversation_of(conn: Connection, secret: str) -> str | None:
    """The conversation a web session belongs to."""
    found = conn.execute(select(sessions.c.conversation_id).where(sessions.c.secret_hash == digest(secret)))
    return found.scalar_one_or_none()


def exists(conn: Connection, conversation_id: str) -> bool:
    """Whether this is a conversation of ours."""
    query = select(conversations.c.id).where(conversations.c.id == conversation_id)
    return conn.execute(query).first() is not None


def last_seen(conn: Connection, conversation_ids: list[str]) -> str | None:
    """Of several conversations of one reader, the one used last."""
    query = (
        select(conversations.c.id)
        .where(conversations.c.id.in_(conversation_ids))
        .order_by(conversations.c.last_seen_at.desc(), conversations.c.id)
        .limit(1)
    )
    return conn.execute(query).scalar_one_or_none()


def mark_human(conn: Connection, conversation_id: str, now: datetime | None) -> None:
    """A person takes the conversation from `now`, or gives it back (None)."""
    conn.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(human_since=now, human_told=False)
    )


def use_form(conn: Connection, nonce: str, now: datetime) -> bool:
    """True the first time, False ever after."""
    try:
        with conn.begin_nested():
            conn.execute(insert(used_forms).values(nonce_hash=digest(nonce), used_at=now))
    except IntegrityError:
        return False
    return True


def free_form(conn: Connection, nonce: str) -> None:
    """The form was not accepted after all: the link may be used again."""
    conn.execute(delete(used_forms).where(used_forms.c.nonce_hash == digest(nonce)))


def form_used(conn: Connection, nonce: str) -> bool:
    """Whether this link was used."""
    query = select(used_forms.c.nonce_hash).where(used_forms.c.nonce_hash == digest(nonce))
    return conn.execute(query).first() is not None
