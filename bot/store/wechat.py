"""Transactions over the WeChat channel's tables. Each takes a connection of `Database.begin()`."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from bot.store.wechat_tables import answers, consents, jobs, nonces, quotas

RETRY_WINDOW = timedelta(seconds=60)
"""WeChat sends a callback again after 5 and 10 seconds; the same one after a minute is a replay."""
NONCES_KEPT = timedelta(minutes=25)
"""Longer than a timestamp is taken (±10 minutes), so that a forgotten nonce is too old anyway."""

MESSAGE_COUNT, MESSAGE_WINDOW = 5, timedelta(hours=48)
EVENT_COUNT, EVENT_WINDOW = 3, timedelta(minutes=1)


def fresh_nonce(conn: Connection, timestamp: str, nonce: str, key: str, now: datetime) -> bool:
    """Whether this callback may be taken: seen for the first time, or WeChat's own retry of `key`."""
    hashed = hashlib.sha256(f"{timestamp}:{nonce}".encode()).hexdigest()
    found = conn.execute(select(nonces.c.key, nonces.c.seen_at).where(nonces.c.nonce == hashed)).first()
    if found is not None:
        return bool(found.key == key and now - found.seen_at <= RETRY_WINDOW)
    try:
        with conn.begin_nested():
            conn.execute(nonces.insert().values(nonce=hashed, key=key, seen_at=now))
    except IntegrityError:  # another replica took it this moment
        again = conn.execute(select(nonces.c.key).where(nonces.c.nonce == hashed)).scalar_one_or_none()
        return again == key
    return True


def seen_before(conn: Connection, key: str) -> bool:
    """Whether a callback with this message came already: WeChat's retry, which gives no new quota."""
    return conn.execute(select(nonces.c.nonce).where(nonces.c.key == key).limit(1)).first() is not None


def forget_nonces(conn: Connection, now: datetime) -> int:
    """Drop what can't be replayed any more; how many."""
    return conn.execute(delete(nonces).where(nonces.c.seen_at < now - NONCES_KEPT)).rowcount


def reader_spoke(conn: Connection, conversation_id: str, now: datetime) -> None:
    """A message: five customer-service messages within 48 hours."""
    _grant(conn, conversation_id, said_left=MESSAGE_COUNT, said_until=now + MESSAGE_WINDOW)


def reader_acted(conn: Connection, conversation_id: str, now: datetime) -> None:
    """A menu click, a follow or a scan: three within one minute. It is no message."""
    _grant(conn, conversation_id, did_left=EVENT_COUNT, did_until=now + EVENT_WINDOW)


def left(conn: Connection, conversation_id: str, now: datetime) -> int:
    """How many customer-service messages this reader may be sent now."""
    row = conn.execute(select(quotas).where(quotas.c.conversation_id == conversation_id)).first()
    if row is None:
        return 0
    said = row.said_left if row.said_until and row.said_until > now else 0
    did = row.did_left if row.did_until and row.did_until > now else 0
    return int(said + did)


def take(conn: Connection, conversation_id: str, now: datetime) -> str | None:
    """Use one up, those that end first before the others: "did", "said", or None when none is left."""
    for kind in ("did", "said"):
        count, until = quotas.c[f"{kind}_left"], quotas.c[f"{kind}_until"]
        changed = conn.execute(
            update(quotas)
            .where(quotas.c.conversation_id == conversation_id, count > 0, until > now)
            .values({count: count - 1})
        )
        if changed.rowcount:
            return kind
    return None


def give_back(conn: Connection, conversation_id: str, kind: str) -> None:
    """The platform did not take the message after all."""
    count = quotas.c[f"{kind}_left"]
    most = MESSAGE_COUNT if kind == "said" else EVENT_COUNT
    conn.execute(
        update(quotas)
        .where(quotas.c.conversation_id == conversation_id, count < most)
        .values({count: count + 1})
    )


def use_up(conn: Connection, conversation_id: str) -> None:
    """The platform says that nothing is left (45015, 45047): it knows better."""
    conn.execute(
        update(quotas).where(quotas.c.conversation_id == conversation_id).values(said_left=0, did_left=0)
    )


def consent(conn: Connection, conversation_id: str, template_id: str, accepted: bool, now: datetime) -> None:
    """The reader allowed one more subscription message, or refused them."""
    key = (consents.c.conversation_id == conversation_id) & (consents.c.template_id == template_id)
    row = conn.execute(select(consents.c.left).where(key)).first()
    if row is None:
        values = {"left": int(accepted), "refused": not accepted, "changed_at": now}
        conn.execute(
            consents.insert().values(conversation_id=conversation_id, template_id=template_id, **values)
        )
        return
    count = row.left + 1 if accepted else 0
    conn.execute(update(consents).where(key).values(left=count, refused=not accepted, changed_at=now))


def use_consent(conn: Connection, conversation_id: str, template_id: str) -> bool:
    """Use one consent up; False when there is none."""
    changed = conn.execute(
        update(consents)
        .where(
            consents.c.conversation_id == conversation_id,
            consents.c.template_id == template_id,
            consents.c.left > 0,
        )
        .values(left=consents.c.left - 1)
    )
    return bool(changed.rowcount)


def job_sent(conn: Connection, msg_id: str, conversation_id: str, delivery_id: int, now: datetime) -> None:
    """WeChat took a template message; its end comes as an event, sometimes before this."""
    values = {"conversation_id": conversation_id, "delivery_id": delivery_id, "at": now}
    found = conn.execute(select(jobs.c.state).where(jobs.c.msg_id == msg_id)).first()
    if found is None:
        conn.execute(jobs.insert().values(msg_id=msg_id, state="sent", **values))
    else:
        conn.execute(update(jobs).where(jobs.c.msg_id == msg_id).values(**values))


def job_ended(conn: Connection, msg_id: str, conversation_id: str, state: str, now: datetime) -> int | None:
    """How it ended; the delivery it carried, when that is known."""
    found = conn.execute(select(jobs.c.delivery_id).where(jobs.c.msg_id == msg_id)).first()
    if found is None:
        values = {"conversation_id": conversation_id, "delivery_id": 0, "state": state, "at": now}
        conn.execute(jobs.insert().values(msg_id=msg_id, **values))
        return None
    conn.execute(update(jobs).where(jobs.c.msg_id == msg_id).values(state=state))
    return int(found.delivery_id) or None


def _grant(conn: Connection, conversation_id: str, **values: object) -> None:
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    query = dialect.insert(quotas).values(conversation_id=conversation_id, **values)
    conn.execute(query.on_conflict_do_update(index_elements=["conversation_id"], set_=values))


def keep_answer(conn: Connection, key: str, body: str, now: datetime) -> str:
    """Keep a passive answer (sealed); the one that was kept before, when a retry was quicker."""
    found = conn.execute(select(answers.c.body).where(answers.c.key == key)).scalar_one_or_none()
    if found is not None:
        return str(found)
    conn.execute(answers.insert().values(key=key, body=body, at=now))
    return body


def kept_answer(conn: Connection, key: str) -> str | None:
    """The passive answer that went out before."""
    return conn.execute(select(answers.c.body).where(answers.c.key == key)).scalar_one_or_none()


def forget_answers(conn: Connection, now: datetime) -> int:
    """Drop those no retry will ask for."""
    return conn.execute(delete(answers).where(answers.c.at < now - NONCES_KEPT)).rowcount
