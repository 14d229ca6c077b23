"""Where a reader can be told something, who may be told now after all, and the proof that it was sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, case, or_, select, union_all

from bot.store.tables import conversations, deliveries, messages
from lending.storage.notices import NOBODY, QUIET, WAITING, Recipient, notices
from lending.storage.readers import bindings


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation that can be spoken in; `spoke_at`: when its reader last said something."""

    conversation_id: str
    channel: str
    spoke_at: datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of a notice in its conversation. state: as of its delivery; on the web page, which fetches
    its messages, `fetched` or `waiting`. proof: the platform's message id or error, there our message's."""

    channel: str
    state: str
    at: datetime | None
    proof: str


def best_place(conn: Connection, conversation_ids: Sequence[str]) -> Place | None:
    """Of these conversations the one used last among those that can be reached."""
    query = (
        select(conversations.c.id, conversations.c.channel, conversations.c.last_seen_at)
        .where(conversations.c.id.in_(conversation_ids), conversations.c.unreachable.is_(None))
        .order_by(conversations.c.last_seen_at.desc(), conversations.c.id)
        .limit(1)
    )
    row = conn.execute(query).first()
    return None if row is None else Place(*row)


def woken(conn: Connection, now: datetime, talking_since: datetime, limit: int) -> list[Recipient]:
    """Whose notices are held for the morning, or for want of a conversation, and need not be any more."""
    talking = and_(notices.c.held == QUIET, conversations.c.last_seen_at >= talking_since)
    back = and_(
        notices.c.held == NOBODY,
        conversations.c.unreachable.is_(None),
        conversations.c.last_seen_at >= notices.c.held_at,
    )
    held = and_(notices.c.state == WAITING, notices.c.again_at > now, or_(talking, back))
    readers = (
        select(notices.c.reader_id, case((notices.c.reader_id.is_(None), notices.c.conversation_id)))
        .join_from(notices, bindings, bindings.c.reader_id == notices.c.reader_id)
        .join(conversations, conversations.c.id == bindings.c.conversation_id)
        .where(held)
    )
    others = (
        select(notices.c.reader_id, notices.c.conversation_id)
        .join_from(notices, conversations, conversations.c.id == notices.c.conversation_id)
        .where(held, notices.c.reader_id.is_(None))
    )
    both = union_all(readers, others).subquery()
    return [Recipient(*row) for row in conn.execute(select(both).distinct().limit(limit))]


def proof(conn: Connection, notice_id: int) -> Proof | None:
    """How a notice reached its conversation; None when it was never put into one."""
    query = (
        select(
            messages.c.id,
            messages.c.at,
            conversations.c.channel,
            conversations.c.seen,
            deliveries.c.state,
            deliveries.c.sent_at,
            deliveries.c.proof,
        )
        .join_from(messages, conversations, conversations.c.id == messages.c.conversation_id)
        .outerjoin(deliveries, deliveries.c.message_id == messages.c.id)
        .where(messages.c.key == notice_key(notice_id))
    )
    row = conn.execute(query).first()
    if row is None:
        return None
    if row.state is None:
        fetched = row.seen >= row.id
        return Proof(row.channel, "fetched" if fetched else "waiting", row.at, str(row.id))
    return Proof(row.channel, row.state, row.sent_at, row.proof or "")


def notice_key(notice_id: int) -> str:
    """The key of the message that tells a notice: it stands in a conversation once."""
    return f"notice:{notice_id}"
