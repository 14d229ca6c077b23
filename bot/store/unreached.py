"""Notices that stand in a conversation, or found none, and that their reader does not have yet."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, String, and_, cast, literal, or_, select

from bot.store.tables import conversations, deliveries, messages
from lending.storage.notices import NOBODY, SENT, WAITING, Notice, notices
from lending.storage.sms import SENDING, texts

_KEY = literal("notice:") + cast(notices.c.id, String(20))
"""As `bot.store.told.notice_key`."""


def unreached(
    conn: Connection, kinds: Sequence[str], since: datetime, until: datetime, limit: int
) -> list[Notice]:
    """Readers' notices of these kinds that were put into a conversation, or held for want of one, between two
    moments and did not arrive: not pushed, or not fetched by the web page. Those texted are left out."""
    nobody = and_(
        notices.c.state == WAITING, notices.c.held == NOBODY, notices.c.held_at.between(since, until)
    )
    pushed = and_(deliveries.c.id.is_not(None), deliveries.c.state != "sent")
    fetched = and_(deliveries.c.id.is_(None), conversations.c.seen < messages.c.id)
    under_way = and_(notices.c.state == SENT, notices.c.sent_at.between(since, until), or_(pushed, fetched))
    query = (
        select(notices)
        .outerjoin(texts, texts.c.notice_id == notices.c.id)
        .outerjoin(messages, messages.c.key == _KEY)
        .outerjoin(conversations, conversations.c.id == messages.c.conversation_id)
        .outerjoin(deliveries, deliveries.c.message_id == messages.c.id)
        .where(notices.c.kind.in_(kinds), notices.c.reader_id.is_not(None), or_(nobody, under_way))
        .where(or_(texts.c.id.is_(None), texts.c.state == SENDING))
        .order_by(notices.c.id)
        .limit(limit)
    )
    return [
        Notice(**{name: row[name] for name in Notice.__slots__}) for row in conn.execute(query).mappings()
    ]
