"""Readers on push channels: one conversation for each user of a platform."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, select, update

from bot.store import sessions
from bot.store.letters import Letters
from bot.store.tables import conversations
from lending.ports import Clock, Vault
from lending.storage.base import Database


class Peers:
    """Finds, makes and changes them. Of the platform's name of a user a keyed fingerprint stands in clear."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._letters = Letters(vault)
        self._clock = clock

    def find(self, channel: str, user: str) -> str | None:
        """The conversation of a user."""
        with self._database.read() as conn:
            row = self._row(conn, channel, user)
        return None if row is None else str(row.id)

    def known(self, channel: str, user: str, address: str, facts: Mapping[str, Any]) -> str | None:
        """The conversation of a user of whom nothing is new; None when `open` has something to write."""
        with self._database.read() as conn:
            row = self._row(conn, channel, user)
        return None if row is None or self._differs(row, address, facts) else str(row.id)

    def open(
        self, channel: str, user: str, address: str, facts: Mapping[str, Any], source: str | None
    ) -> str:
        """The conversation of a user, made when there is none, reachable at this address with these facts."""
        with self._database.begin() as conn:
            row = self._row(conn, channel, user) or self._make(conn, channel, user, source)
            values = {"address": self._letters.seal_text(address), "unreachable": None}
            told = {"facts": {**(row.facts or {}), **facts}}
            conn.execute(update(conversations).where(conversations.c.id == row.id).values(**values, **told))
            return str(row.id)

    def change(self, conversation_id: str, changes: Mapping[str, Any]) -> None:
        """Change facts; None takes one away."""
        who = conversations.c.id == conversation_id
        with self._database.begin() as conn:
            query = select(conversations.c.facts).where(who).with_for_update()
            merged = {**(conn.execute(query).scalar_one() or {}), **changes}
            kept = {name: value for name, value in merged.items() if value is not None}
            conn.execute(update(conversations).where(who).values(facts=kept))

    def _make(self, conn: Connection, channel: str, user: str, source: str | None) -> Row[Any]:
        name = self._name(channel, user)
        made = sessions.open_conversation(conn, channel, name, self._clock.now(), source=source)
        return conn.execute(select(conversations).where(conversations.c.id == made)).one()

    def _row(self, conn: Connection, channel: str, user: str) -> Row[Any] | None:
        mine = sessions.digest(self._name(channel, user))
        query = select(conversations).where(conversations.c.channel == channel)
        return conn.execute(query.where(conversations.c.user_hash == mine)).first()

    def _differs(self, row: Row[Any], address: str, facts: Mapping[str, Any]) -> bool:
        if row.unreachable is not None or row.address is None:
            return True
        known = row.facts or {}
        return self._letters.open_text(row.address) != address or any(
            known.get(name) != value for name, value in facts.items()
        )

    def _name(self, channel: str, user: str) -> str:
        return self._vault.fingerprint(f"{channel}:{user}")
