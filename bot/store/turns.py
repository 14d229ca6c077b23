"""One turn's transactions: receive, answer, put off. Each takes the conversation's row first."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from bot.inbound import Inbound
from bot.replies import Reply
from bot.store import deliveries, leases, talk, voices
from bot.store.letters import Letters
from bot.store.model import Answer, Opened, Outcome, Pending, Standing
from bot.store.tables import conversations, inbox
from lending.ports import Clock, Vault
from lending.storage.base import Database


class Turns:
    """The inbox and the talk as transactions. `instance` names this replica in the lease.

    graces: by channel, for how many seconds after a message its answer waits to be collected.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        clock: Clock,
        instance: str,
        graces: Mapping[str, float] | None = None,
    ) -> None:
        self.database = database
        self._letters = Letters(vault)
        self._open = vault.open
        self._clock = clock
        self.instance = instance
        self._graces = graces or {}

    def receive(self, inbound: Inbound, lease: bool) -> Opened:
        """Write the message once. With `lease`, also take the conversation when nobody has it."""
        with self.database.begin() as conn:
            conversation = talk.lock(conn, inbound.conversation_id)
            row = _find(conn, inbound)
            if row is None:
                return self._lease(
                    conn, conversation, self._insert(conn, inbound, conversation.choices or ()), lease
                )
            if row.state == "answered":
                return Opened(row.id, self._stored(conn, conversation, row.id))
            return self._lease(conn, conversation, row.id, lease)

    def take(self, conversation_id: str, inbox_id: int) -> Opened:
        """Take the conversation for a message received before; its answer, if another replica was faster."""
        with self.database.begin() as conn:
            conversation = talk.lock(conn, conversation_id)
            state = conn.execute(select(inbox.c.state).where(inbox.c.id == inbox_id)).scalar_one()
            if state == "answered":
                return Opened(inbox_id, self._stored(conn, conversation, inbox_id))
            return self._lease(conn, conversation, inbox_id, True)

    def answer(
        self, pending: Pending, standing: Standing, outcome: Outcome, keep: bool
    ) -> tuple[Answer, Standing]:
        """Write the replies and end the message; `keep` holds the lease for the next one."""
        now = self._clock.now()
        with self.database.begin() as conn:
            conversation = talk.lock(conn, pending.conversation_id)
            row = conn.execute(
                select(inbox.c.state, inbox.c.wait_told, inbox.c.channel).where(
                    inbox.c.id == pending.inbox_id
                )
            ).one()
            if row.state == "answered":
                return self._stored(conn, conversation, pending.inbox_id), self._standing(conversation)
            due = self._due(row.channel, pending.received_at)
            later = row.wait_told or pending.kind == "internal"
            last = self._write(conn, pending, outcome.replies, later, due)
            conn.execute(
                update(inbox).where(inbox.c.id == pending.inbox_id).values(state="answered", answered_at=now)
            )
            if pending.kind == "voice":
                voices.end(conn, pending.inbox_id, pending.content, outcome.heard, self._letters.seal)
            cursor = talk.safe_cursor(conn, pending.conversation_id, conversation.seen, last)
            changes = _changes(conversation, outcome, now, keep)
            if pending.kind != "internal":
                changes["heard"] = self._letters.seal(dict(outcome.readback)) if outcome.readback else None
            conn.execute(
                update(conversations)
                .where(conversations.c.id == pending.conversation_id)
                .values(**changes, seen=max(cursor, conversation.seen))
            )
        after = _after(standing, changes)
        if pending.kind != "internal":
            after = replace(after, readback=outcome.readback)
        return Answer(outcome.replies, cursor, outcome.heard or None), after

    def rested(self, conversation_id: str, turns: int) -> None:
        """Rasa's session began anew after so many turns."""
        with self.database.begin() as conn:
            conn.execute(
                update(conversations)
                .where(conversations.c.id == conversation_id)
                .values(turns=conversations.c.turns - turns)
            )

    def put_off(self, pending: Pending, wait: Reply, again_in: timedelta) -> Answer:
        """Leave the message unanswered for the sweep, tell the reader once that it takes a moment."""
        now = self._clock.now()
        with self.database.begin() as conn:
            conversation = talk.lock(conn, pending.conversation_id)
            told = None
            if pending.kind != "internal":
                told = self._tell_wait(conn, pending.inbox_id, pending.conversation_id, wait)
            conn.execute(
                update(inbox)
                .where(inbox.c.id == pending.inbox_id)
                .values(attempts=inbox.c.attempts + 1, retry_at=now + again_in)
            )
            leases.release(conn, pending.conversation_id, self.instance)
            return told or self._stored(conn, conversation, pending.inbox_id, final=False)

    def wait(self, conversation_id: str, inbox_id: int, wait: Reply) -> Answer:
        """Tell the reader that it takes a moment, once; the real answer if it came meanwhile."""
        with self.database.begin() as conn:
            conversation = talk.lock(conn, conversation_id)
            told = self._tell_wait(conn, inbox_id, conversation_id, wait)
            return told or self._stored(conn, conversation, inbox_id, final=False)

    def say_later(
        self, conversation_id: str, reply: Reply, *, key: str | None = None, sender: str = "library"
    ) -> bool:
        """Tell something on our own account (a notice, staff). False when this key was told before."""
        with self.database.begin() as conn:
            talk.lock(conn, conversation_id)
            if key is not None and talk.known(conn, key):
                return False
            self._append(conn, conversation_id, sender, reply.to_json(), later=True, key=key)
            return True

    def look(self, conversation_id: str, inbox_id: int) -> tuple[Pending, Standing]:
        """A message and its conversation as they are, whoever has them."""
        with self.database.read() as conn:
            row = conn.execute(select(inbox).where(inbox.c.id == inbox_id)).one()
            conversation = conn.execute(
                select(conversations).where(conversations.c.id == conversation_id)
            ).one()
        return self._letters.pending(row, row.begun), self._standing(conversation)

    def renew(self) -> None:
        """Hold on to the conversations this replica is answering."""
        with self.database.begin() as conn:
            leases.renew(conn, self.instance, self._clock.now())

    def release(self, conversation_id: str) -> None:
        """Let another replica answer this conversation."""
        with self.database.begin() as conn:
            leases.release(conn, conversation_id, self.instance)

    def due(self, limit: int) -> list[tuple[str, int]]:
        """(conversation, newest unanswered message) of conversations nobody is answering, oldest first."""
        now = self._clock.now()
        query = (
            select(inbox.c.conversation_id, func.max(inbox.c.id))
            .join(conversations, conversations.c.id == inbox.c.conversation_id)
            .where(inbox.c.state == "received", or_(inbox.c.retry_at.is_(None), inbox.c.retry_at <= now))
            .where(leases.free(now, self.instance))
            .group_by(inbox.c.conversation_id)
            .order_by(func.min(inbox.c.id))
            .limit(limit)
        )
        with self.database.read() as conn:
            return [(row[0], int(row[1])) for row in conn.execute(query)]

    def waiting(self) -> int:
        """How many messages are not answered yet."""
        with self.database.read() as conn:
            query = select(func.count()).select_from(inbox).where(inbox.c.state == "received")
            return int(conn.execute(query).scalar_one())

    def later(self, conversation_id: str, after: int) -> tuple[list[Reply], int]:
        """Later replies after a cursor, and the new cursor."""
        with self.database.read() as conn:
            rows = talk.later_than(conn, conversation_id, after)
        if not rows:
            return [], after
        with self.database.begin() as conn:
            talk.note_seen(conn, conversation_id, rows[-1].id)
        return [self._letters.reply(row) for row in rows], int(rows[-1].id)

    def told(self, conversation_id: str, inbox_id: int) -> list[Reply]:
        """What the library said to one message of this conversation, oldest first."""
        with self.database.read() as conn:
            rows = talk.answers(conn, inbox_id)
        return [self._letters.reply(row) for row in rows if row.conversation_id == conversation_id]

    def history(self, conversation_id: str, limit: int) -> tuple[list[dict[str, Any]], int]:
        """The last messages of both sides ({"cursor","from","at","text","reply"?}) and the newest cursor."""
        with self.database.read() as conn:
            rows = talk.history(conn, conversation_id, limit)
        told = [self._letters.told(row) for row in rows]
        return told, int(rows[-1].id) if rows else 0

    def _insert(self, conn: Connection, inbound: Inbound, choices: Sequence[dict[str, Any]]) -> int:
        now = self._clock.now()
        row = conn.execute(
            insert(inbox)
            .values(
                conversation_id=inbound.conversation_id,
                channel=inbound.channel,
                message_id=inbound.message_id,
                kind=inbound.kind,
                content=self._letters.seal(inbound.content),
                state="received",
                received_at=now,
            )
            .returning(inbox.c.id)
        )
        inbox_id = int(row.scalar_one())
        deliveries.release_held(conn, inbound.conversation_id, self._due(inbound.channel, now))
        if inbound.kind != "internal":
            shown = {"text": _shown(inbound.content, choices)}
            self._append(conn, inbound.conversation_id, "reader", shown, later=False, inbox_id=inbox_id)
        return inbox_id

    def _lease(self, conn: Connection, conversation: Row[Any], inbox_id: int, wanted: bool) -> Opened:
        now = self._clock.now()
        if not (wanted and leases.is_free(conversation, self.instance, now)):
            return Opened(inbox_id)
        leases.take(conn, conversation.id, self.instance, now)
        begun = leases.begin(conn, conversation.id, inbox_id)
        pending = tuple(self._letters.pending(row, again) for row, again in begun)
        return Opened(inbox_id, None, True, self._standing(conversation), pending)

    def _tell_wait(self, conn: Connection, inbox_id: int, conversation_id: str, wait: Reply) -> Answer | None:
        row = conn.execute(select(inbox).where(inbox.c.id == inbox_id)).one()
        if row.state == "answered" or row.wait_told:
            return None
        due, body = self._due(row.channel, row.received_at), wait.to_json()
        last = self._append(conn, conversation_id, "library", body, later=False, inbox_id=inbox_id, due=due)
        conn.execute(update(inbox).where(inbox.c.id == inbox_id).values(wait_told=True))
        seen = conn.execute(
            select(conversations.c.seen).where(conversations.c.id == conversation_id)
        ).scalar_one()
        return Answer((wait,), talk.safe_cursor(conn, conversation_id, seen, last), final=False)

    def _write(
        self, conn: Connection, pending: Pending, replies: Sequence[Reply], later: bool, due: datetime
    ) -> int:
        last, name = 0, pending.conversation_id
        more: dict[str, Any] = {"later": later, "inbox_id": pending.inbox_id, "due": due}
        for reply in replies:
            last = self._append(conn, name, "library", reply.to_json(), **more)
        return last or talk.last_id(conn, name)

    def _append(
        self,
        conn: Connection,
        conversation_id: str,
        sender: str,
        body: Mapping[str, Any],
        *,
        later: bool,
        inbox_id: int | None = None,
        key: str | None = None,
        due: datetime | None = None,
    ) -> int:
        sealed, now = self._letters.seal(body), self._clock.now()
        more: dict[str, Any] = {"inbox_id": inbox_id, "later": later, "key": key, "due": due}
        return talk.append(conn, conversation_id, sender, sealed, now, **more)

    def _due(self, channel: str, received_at: datetime) -> datetime:
        """When an answer is pushed, if it was not collected."""
        return max(self._clock.now(), received_at + timedelta(seconds=self._graces.get(channel, 0)))

    def _stored(
        self, conn: Connection, conversation: Row[Any], inbox_id: int, *, final: bool = True
    ) -> Answer:
        rows = talk.answers(conn, inbox_id)
        last = rows[-1].id if rows else talk.last_id(conn, conversation.id)
        cursor = talk.safe_cursor(conn, conversation.id, conversation.seen, last)
        heard = voices.heard(conn, inbox_id, self._open)
        return Answer(tuple(self._letters.reply(row) for row in rows), cursor, heard, final=final)

    def _standing(self, row: Row[Any]) -> Standing:
        heard = self._letters.open(row.heard) if row.heard else None
        choices = list(row.choices or ())
        return Standing(row.channel, choices, row.human_since, row.human_told, row.turns, heard, row.voices)


def _find(conn: Connection, inbound: Inbound) -> Row[Any] | None:
    query = select(inbox).where(
        inbox.c.conversation_id == inbound.conversation_id, inbox.c.message_id == inbound.message_id
    )
    return conn.execute(query).one_or_none()


def _changes(conversation: Row[Any], outcome: Outcome, now: datetime, keep: bool) -> dict[str, Any]:
    changes: dict[str, Any] = {"last_seen_at": now, "turns": conversation.turns + 1}
    if outcome.choices is not None:
        changes["choices"] = outcome.choices
    if outcome.human is not None:
        since = conversation.human_since or now
        changes.update(human_since=since if outcome.human else None, human_told=False)
    if outcome.told:
        changes["human_told"] = True
    if outcome.voices is not None:
        changes["voices"] = outcome.voices
    if not keep:
        changes.update(lease_owner=None, lease_until=None)
    return changes


def _after(standing: Standing, changes: dict[str, Any]) -> Standing:
    """The standing for the next message of the same lease."""
    names = ("choices", "human_since", "human_told", "turns", "voices")
    return replace(standing, **{name: changes[name] for name in names if name in changes})


def _shown(content: dict[str, Any], choices: Sequence[dict[str, Any]]) -> str:
    """What the talk shows of a message: its words, or the title of the choice that was pressed."""
    pressed = (choice["title"] for choice in choices if choice["payload"] == content.get("payload"))
    return str(content.get("text") or next(pressed, ""))
