"""What the library tells by itself: due notices become messages, once each, and wake who waits."""

import json
from typing import Any

import structlog
from sqlalchemy import Connection

from bot.deps import ReadersDesk
from bot.metrics import Metrics
from bot.replies import Choice, Reply
from bot.store import sessions, talk
from bot.store.turns import Turns
from bot.telling import Teller
from lending.notices import outbox
from lending.ports import Clock, Vault
from lending.storage.notices import Notice

log = structlog.get_logger(__name__)
AT_ONCE = 50


class Outbox:
    """Hands out notices. Every call blocks."""

    def __init__(
        self, turns: Turns, readers: ReadersDesk, vault: Vault, teller: Teller, clock: Clock, metrics: Metrics
    ) -> None:
        self._database = turns.database
        self._readers = readers
        self._vault = vault
        self._teller = teller
        self._clock = clock
        self._metrics = metrics

    def sweep(self) -> list[str]:
        """Tell what is due; the conversations that were spoken to."""
        told = (self._try(notice) for notice in self._claimed())
        return [conversation_id for conversation_id in told if conversation_id is not None]

    def _claimed(self) -> list[Notice]:
        now = self._clock.now()
        with self._database.read() as conn:
            if not outbox.due(conn, now, 1):
                return []
        with self._database.begin() as conn:
            return outbox.claim(conn, now, AT_ONCE)

    def _try(self, notice: Notice) -> str | None:
        try:
            return self._hand_out(notice)
        except Exception:
            self._metrics.error("notice")
            log.exception("notice_failed", notice=notice.id, kind=notice.kind)
            return None

    def _hand_out(self, notice: Notice) -> str | None:
        """Message and mark are one transaction, and the message is keyed: nothing is told twice or lost."""
        conversation_id = self._where(notice)
        with self._database.begin() as conn:
            if conversation_id is None or not sessions.exists(conn, conversation_id):
                outbox.mark_failed(conn, notice.id, self._clock.now())
                self._metrics.notice("undeliverable")
                return None
            fresh = self._tell(conn, conversation_id, notice)
            outbox.mark_sent(conn, notice.id, self._clock.now())
        self._metrics.notice("told" if fresh else "again")
        return conversation_id

    def _tell(self, conn: Connection, conversation_id: str, notice: Notice) -> bool:
        key = f"notice:{notice.id}"
        talk.lock(conn, conversation_id)
        if talk.known(conn, key):
            return False
        sealed = self._vault.seal(json.dumps(self.reply(notice).to_json(), ensure_ascii=False))
        talk.append(conn, conversation_id, "library", sealed, self._clock.now(), later=True, key=key)
        return True

    def _where(self, notice: Notice) -> str | None:
        """The conversation named, or the reader's last used one."""
        if notice.conversation_id:
            return notice.conversation_id
        if notice.reader_id is None:
            return None
        found = self._readers.conversations_of(notice.reader_id)
        if not found:
            return None
        with self._database.read() as conn:
            return sessions.last_seen(conn, list(found))

    def reply(self, notice: Notice) -> Reply:
        """The notice as a typed reply: data carries its facts and its kind as “notice”."""
        facts: dict[str, Any] = dict(notice.data)
        choices = tuple(Choice(str(one["title"]), str(one["payload"])) for one in facts.pop("choices", ()))
        text = self._teller.notice(notice.kind, facts)
        return Reply("notice", text, choices, {"notice": notice.kind, **_public(facts)})


def _public(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if not name.startswith("_")}
