"""What the library tells by itself: due notices become messages, once each, in order, at a decent hour."""

import json
from collections.abc import Callable
from datetime import timedelta
from enum import Enum

import structlog
from sqlalchemy import Connection

from bot.deps import ReadersDesk
from bot.metrics import Metrics
from bot.notices import NoticeWords
from bot.replies import Reply
from bot.store import talk, told
from bot.store.turns import Turns
from bot.telling import Teller
from lending.notices import outbox, rules, settings
from lending.policy import Policy
from lending.ports import Clock, Vault
from lending.storage.notices import DECLINED, GIVEN_UP, NOBODY, QUIET, STALE, Notice, Recipient

log = structlog.get_logger(__name__)
AT_ONCE = 50
LOOK_AGAIN = timedelta(hours=1)
"""A reader without a conversation is looked at again so often; a new conversation is seen at once."""
KEEP_DAYS, TALKING_MINUTES = 14, 30
"""When no policy is given."""


class Step(Enum):
    """What came of looking at a reader's next notice."""

    TOLD = "told"
    """It stands in the conversation; the next one may follow."""
    DROPPED = "dropped"
    """Declined, too late or given up; the next one may follow."""
    REST = "rest"
    """Nothing (more) may go now."""


class Outbox:
    """Hands out notices, one reader after the other. Every call blocks.

    One notice is one transaction: message, delivery and mark together, and the message is keyed, so nothing
    is told twice or lost whoever sweeps; the reader's conversation is locked, so nothing overtakes.
    """

    def __init__(
        self,
        turns: Turns,
        readers: ReadersDesk,
        vault: Vault,
        teller: Teller,
        clock: Clock,
        metrics: Metrics,
        policy: Policy | None = None,
    ) -> None:
        self._database = turns.database
        self._readers = readers
        self._vault = vault
        self._words = NoticeWords(teller)
        self._clock = clock
        self._metrics = metrics
        self._policy = policy

    def sweep(self) -> list[str]:
        """Tell what is due; the conversations that were spoken to."""
        spoken: dict[str, None] = {}
        for recipient in self._whom():
            self._tell_all(recipient, spoken.setdefault)
        return list(spoken)

    def reply(self, notice: Notice) -> Reply:
        """The notice as a typed reply: data carries its facts and its kind as “notice”."""
        return self._words.reply(notice)

    def _whom(self) -> list[Recipient]:
        now = self._clock.now()
        minutes = self._policy.notices.talking_minutes if self._policy else TALKING_MINUTES
        with self._database.read() as conn:
            due = outbox.recipients(conn, now, AT_ONCE)
            woken = told.woken(conn, now, now - timedelta(minutes=minutes), AT_ONCE)
        return list(dict.fromkeys([*due, *woken]))

    def _tell_all(self, recipient: Recipient, spoken: Callable[[str], object]) -> None:
        """One notice after the other until none may go."""
        try:
            places = self._places(recipient)
        except Exception:
            self._metrics.error("notice")
            log.exception("notice_failed", reader=recipient.reader_id is not None)
            return
        step = Step.TOLD
        while step is not Step.REST:
            with self._database.read() as conn:
                place = told.best_place(conn, places)
            if place is None:
                step = self._nobody(recipient)
                continue
            step = self._next(recipient, place)
            if step is Step.TOLD:
                spoken(place.conversation_id)

    def _places(self, recipient: Recipient) -> list[str]:
        if recipient.reader_id is None:
            return [recipient.conversation_id or ""]
        return list(self._readers.conversations_of(recipient.reader_id))

    def _next(self, recipient: Recipient, place: told.Place) -> Step:
        failed: Notice | None = None
        try:
            with self._database.begin() as conn:
                talk.lock(conn, place.conversation_id)
                waiting = outbox.due_of(conn, recipient, self._clock.now())
                failed = waiting[0] if waiting else None
                return self._decide(conn, waiting, place) if waiting else Step.REST
        except Exception:
            self._metrics.error("notice")
            log.exception("notice_failed", notice=failed.id if failed else None)
            return self._put_off(recipient, failed)

    def _decide(self, conn: Connection, waiting: list[Notice], place: told.Place) -> Step:
        """The first is told or dropped, or all wait. What may not wait takes along what stands before it."""
        first, now = waiting[0], self._clock.now()
        wishes = settings.wishes(conn, first.reader_id)
        if not wishes.wants(first.kind):
            return self._drop(conn, first, DECLINED)
        if rules.too_late(first, now):
            return self._drop(conn, first, STALE)
        if self._policy is not None and not any(
            rules.may_go(self._policy, one, now, night=wishes.night, spoke_at=place.spoke_at)
            for one in waiting
            if wishes.wants(one.kind)
        ):
            outbox.hold(conn, waiting, rules.quiet_until(self._policy, now) or now, QUIET, now)
            return Step.REST
        if first.again_at is not None and first.again_at > now and first.held not in (QUIET, NOBODY):
            outbox.hold(conn, waiting[1:], first.again_at, first.held or QUIET, now)
            return Step.REST
        self._tell(conn, first, place)
        return Step.TOLD

    def _tell(self, conn: Connection, notice: Notice, place: told.Place) -> None:
        key, now = told.notice_key(notice.id), self._clock.now()
        fresh = not talk.known(conn, key)
        if fresh:
            sealed = self._vault.seal(json.dumps(self.reply(notice).to_json(), ensure_ascii=False))
            talk.append(
                conn, place.conversation_id, "library", sealed, now, later=True, key=key, notice=notice.kind
            )
        outbox.mark_sent(conn, notice.id, now, self._words.version(notice.kind), place.conversation_id)
        self._metrics.notice("told" if fresh else "again")

    def _drop(self, conn: Connection, notice: Notice, state: str) -> Step:
        outbox.end(conn, notice.id, state)
        self._metrics.notice(state)
        return Step.DROPPED

    def _put_off(self, recipient: Recipient, failed: Notice | None) -> Step:
        """It comes again later, and what stands behind it waits with it; given up in the end."""
        if failed is None:
            return Step.REST
        now = self._clock.now()
        with self._database.begin() as conn:
            again = outbox.mark_failed(conn, failed.id, now)
            if again is None:
                self._metrics.notice("given_up")
                return Step.DROPPED
            rest = [one for one in outbox.due_of(conn, recipient, now) if one.id != failed.id]
            outbox.hold(conn, rest, again, "behind", now)
        return Step.REST

    def _nobody(self, recipient: Recipient) -> Step:
        """No conversation can be reached: kept until there is one, for as long as the policy says."""
        now = self._clock.now()
        keep = timedelta(days=self._policy.notices.keep_days if self._policy else KEEP_DAYS)
        with self._database.begin() as conn:
            waiting = outbox.due_of(conn, recipient, now)
            for one in waiting:
                if one.held == NOBODY and one.held_at is not None and now - one.held_at > keep:
                    self._drop(conn, one, GIVEN_UP)
                elif rules.too_late(one, now):
                    self._drop(conn, one, STALE)
            outbox.hold(conn, waiting, now + LOOK_AGAIN, NOBODY, now)
        self._metrics.notice("undeliverable")
        return Step.REST
