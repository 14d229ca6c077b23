"""Handing over, as transactions: who has a delivery, what became of it. Each locks the conversation first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update

from bot.channels.base import Delivery, Peer
from bot.store import talk
from bot.store.letters import Letters
from bot.store.tables import conversations, deliveries, messages
from lending.ports import Clock, Vault
from lending.storage.base import Database

LEASE = timedelta(seconds=60)
"""How long a replica that died while sending keeps its deliveries; a living one renews with every parcel."""
PASSIVE = timedelta(seconds=10)
"""How long deliveries wait for the passive answer that collected them."""
BATCH = 20
OPEN = ("waiting", "sending")

Progress = Iterable[tuple[int, int, bool]]


@dataclass(frozen=True, slots=True)
class Claimed:
    """What to send now (`batch`, all ours until the lease ends), or when to look again (None: not at all)."""

    peer: Peer | None = None
    batch: tuple[Delivery, ...] = ()
    again_at: datetime | None = None


class Deliveries:
    """The deliveries of all conversations. `instance` names this replica as a holder."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, instance: str) -> None:
        self._database = database
        self._letters = Letters(vault)
        self._clock = clock
        self._instance = instance

    def claim(self, conversation_id: str) -> Claimed:
        """Take what is due, in order: nothing before the first open one is, nothing while another sends."""
        now = self._clock.now()
        with self._database.begin() as conn:
            conversation = talk.lock(conn, conversation_id)
            rows = _open(conn, conversation_id)
            if conversation.address is None or not rows:
                return Claimed()
            ready = self._ready(rows, now)
            if not ready:
                return Claimed(again_at=_again_at(rows, now))
            self._hold(conn, ready, self._instance, now + LEASE)
            return Claimed(self._peer(conversation), tuple(map(self._delivery, ready)))

    def collect(self, conversation_id: str, message_id: str) -> list[Delivery]:
        """For the passive answer to one message: what it collected before, else all that waits.

        Nothing while something is being sent: a passive answer would overtake it.
        """
        now, holder = self._clock.now(), passive(message_id)
        with self._database.begin() as conn:
            talk.lock(conn, conversation_id)
            same = _select(deliveries.c.conversation_id == conversation_id, deliveries.c.holder == holder)
            rows = list(conn.execute(same))
            if not rows:
                rows = _open(conn, conversation_id)
                if any(row.state == "sending" and row.lease_until > now for row in rows):
                    return []
                self._hold(conn, rows, holder, now + PASSIVE)
            return [self._delivery(row) for row in rows]

    def settle(self, ids: Sequence[int], proof: str, progress: Progress | None = None) -> list[str]:
        """Handed over passively; what was collected with them and was not goes back. The conversations."""
        now = self._clock.now()
        steps = [(one, 0, True) for one in ids] if progress is None else list(progress)
        with self._database.begin() as conn:
            named = deliveries.c.id.in_([step[0] for step in steps] or list(ids))
            query = select(deliveries.c.conversation_id, deliveries.c.holder).where(named).distinct()
            held = [row for row in conn.execute(query) if str(row.holder).startswith(passive(""))]
            for conversation_id, holder in held:
                mine = and_(deliveries.c.conversation_id == conversation_id, deliveries.c.holder == holder)
                _advance(conn, steps, mine, proof, now)
                back = and_(mine, deliveries.c.state == "sending")
                conn.execute(update(deliveries).where(back).values(state="waiting", due_at=now, holder=None))
        return [row.conversation_id for row in held]

    def advance(self, conversation_id: str, progress: Progress, proof: str) -> None:
        """A parcel was taken; the rest of the batch stays ours."""
        now = self._clock.now()
        with self._database.begin() as conn:
            mine = self._mine(conversation_id)
            _advance(conn, progress, mine, proof, now)
            open_ones = and_(mine, deliveries.c.state == "sending")
            conn.execute(update(deliveries).where(open_ones).values(lease_until=now + LEASE))

    def put_back(self, conversation_id: str, ids: Sequence[int], seconds: float, proof: str) -> None:
        """Not now: these were tried, they and the rest of the batch wait."""
        now = self._clock.now()
        with self._database.begin() as conn:
            mine = and_(self._mine(conversation_id), deliveries.c.state == "sending")
            tried = {"attempts": deliveries.c.attempts + 1, "due_at": now + timedelta(seconds=seconds)}
            conn.execute(
                update(deliveries).where(mine, deliveries.c.id.in_(ids)).values(**tried, proof=proof[:200])
            )
            conn.execute(update(deliveries).where(mine).values(state="waiting", holder=None))

    def end(self, conversation_id: str, ids: Sequence[int], state: str, proof: str) -> None:
        """These are held or refused."""
        mine = and_(self._mine(conversation_id), deliveries.c.state == "sending")
        values = {"state": state, "proof": proof[:200], "attempts": deliveries.c.attempts + 1, "holder": None}
        with self._database.begin() as conn:
            conn.execute(update(deliveries).where(mine, deliveries.c.id.in_(ids)).values(**values))

    def stop(self, conversation_id: str, reason: str) -> None:
        """The reader left: nothing more is pushed until they come back; what waited is kept as it is."""
        with self._database.begin() as conn:
            talk.lock(conn, conversation_id)
            who = conversations.c.id == conversation_id
            conn.execute(update(conversations).where(who).values(unreachable=reason[:64] or "stopped"))
            left = and_(
                deliveries.c.conversation_id == conversation_id, deliveries.c.state.in_((*OPEN, "held"))
            )
            conn.execute(
                update(deliveries).where(left).values(state="stopped", proof=reason[:200], holder=None)
            )

    def due(self, limit: int) -> list[str]:
        """Conversations in which something may be sent now, the longest waiting first."""
        now = self._clock.now()
        stale = and_(deliveries.c.state == "sending", self._stale(now))
        waits = and_(deliveries.c.state == "waiting", deliveries.c.due_at <= now)
        query = (
            select(deliveries.c.conversation_id)
            .where(or_(waits, stale))
            .group_by(deliveries.c.conversation_id)
            .order_by(func.min(deliveries.c.id))
            .limit(limit)
        )
        with self._database.read() as conn:
            return list(conn.execute(query).scalars())

    def waits(self, conversation_id: str) -> bool:
        """Whether anything is open in this conversation."""
        mine = (deliveries.c.conversation_id == conversation_id, deliveries.c.state.in_(OPEN))
        with self._database.read() as conn:
            return conn.execute(select(deliveries.c.id).where(*mine).limit(1)).first() is not None

    def depths(self) -> list[tuple[str, str, int]]:
        """(channel, state, how many) of what is not handed over yet."""
        query = (
            select(deliveries.c.channel, deliveries.c.state, func.count())
            .where(deliveries.c.state.in_((*OPEN, "held")))
            .group_by(deliveries.c.channel, deliveries.c.state)
        )
        with self._database.read() as conn:
            return [(row[0], row[1], int(row[2])) for row in conn.execute(query)]

    def peer(self, conversation_id: str) -> Peer | None:
        """Whom a conversation reaches; None where nothing is pushed."""
        with self._database.read() as conn:
            found = conn.execute(select(conversations).where(conversations.c.id == conversation_id)).first()
        return self._peer(found) if found is not None and found.address is not None else None

    def _ready(self, rows: Sequence[Row[Any]], now: datetime) -> list[Row[Any]]:
        """The first ones, as far as all are due and free."""
        ready: list[Row[Any]] = []
        for row in rows:
            free = row.due_at <= now if row.state == "waiting" else self._abandoned(row, now)
            if not free:
                break
            ready.append(row)
        return ready

    def _abandoned(self, row: Row[Any], now: datetime) -> bool:
        """Being sent, but by nobody any more: the lease is over, or it was ours before a restart."""
        return bool(row.lease_until <= now or row.holder == self._instance)

    def _stale(self, now: datetime) -> ColumnElement[bool]:
        return or_(deliveries.c.lease_until <= now, deliveries.c.holder == self._instance)

    def _mine(self, conversation_id: str) -> ColumnElement[bool]:
        return and_(deliveries.c.conversation_id == conversation_id, deliveries.c.holder == self._instance)

    def _hold(self, conn: Connection, rows: Sequence[Row[Any]], holder: str, until: datetime) -> None:
        ids = [row.id for row in rows]
        held = {"state": "sending", "holder": holder, "lease_until": until}
        if ids:
            conn.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(**held))

    def _peer(self, row: Row[Any]) -> Peer:
        address = self._letters.open_text(row.address)
        return Peer(row.id, row.channel, address, dict(row.facts or {}))

    def _delivery(self, row: Row[Any]) -> Delivery:
        return Delivery(
            id=row.id,
            conversation_id=row.conversation_id,
            reply=self._letters.reply(row),
            sender=row.sender,
            at=row.at,
            parts=row.parts,
            attempts=row.attempts,
            answers=row.inbox_id,
            notice=row.notice,
        )


def passive(message_id: str) -> str:
    """The holder that a passive answer is."""
    return f"passive:{message_id}"


def release_held(conn: Connection, conversation_id: str, due: datetime) -> None:
    """The reader spoke: what waited for that may go, not before `due`."""
    held = and_(deliveries.c.conversation_id == conversation_id, deliveries.c.state == "held")
    conn.execute(update(deliveries).where(held).values(state="waiting", due_at=due))


def _select(*where: ColumnElement[bool]) -> Any:
    talked = (messages.c.body, messages.c.sender, messages.c.at, messages.c.inbox_id)
    joined = select(deliveries, *talked).join(messages, messages.c.id == deliveries.c.message_id)
    return joined.where(*where).order_by(deliveries.c.id)


def _open(conn: Connection, conversation_id: str) -> list[Row[Any]]:
    mine = (deliveries.c.conversation_id == conversation_id, deliveries.c.state.in_(OPEN))
    return list(conn.execute(_select(*mine).limit(BATCH)))


def _again_at(rows: Sequence[Row[Any]], now: datetime) -> datetime:
    first = rows[0]
    at: datetime = first.due_at if first.state == "waiting" else first.lease_until
    return max(at, now)


def _advance(
    conn: Connection, progress: Progress, mine: ColumnElement[bool], proof: str, now: datetime
) -> None:
    for delivery_id, parts, finished in progress:
        one = and_(mine, deliveries.c.id == delivery_id, deliveries.c.state == "sending")
        values: dict[str, Any] = {"parts": parts}
        if finished:
            values |= {"state": "sent", "sent_at": now, "proof": proof[:200]}
        conn.execute(update(deliveries).where(one).values(**values))
