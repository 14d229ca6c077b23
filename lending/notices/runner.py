"""Runs due timers, each in its own transaction, safely in several processes at once."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from lending.notices.outbox import backoff
from lending.ports import Clock
from lending.storage import notices as rows
from lending.storage.base import Connection, Database
from lending.storage.notices import Timer

log = logging.getLogger(__name__)

Handler = Callable[[Connection, Timer], None]
"""Does what the timer stands for through the connection given: its writes and “done” are one transaction.
It must not open a transaction of its own (on SQLite that would wait for itself)."""

LEASE = timedelta(minutes=2)
"""How long one run may hold a timer; a process that dies gives it back after this."""


class TimerRunner:
    """`run_due()` is called every few seconds, by as many processes as there are.

    A handler that raises undoes its writes; the timer stays with `attempts` + 1 and comes again after a
    back-off (30 s doubling to 1 h). A kind without a handler is treated the same: a newer version may run it.
    """

    def __init__(self, database: Database, clock: Clock, handlers: Mapping[str, Handler]) -> None:
        self._database = database
        self._clock = clock
        self._handlers = handlers

    def run_due(self, limit: int = 50) -> int:
        """Run what is due; the number of timers done."""
        now = self._clock.now()
        with self._database.read() as look:
            if not rows.due_timers(look, now, 1):
                return 0
        with self._database.begin() as conn:
            claimed = rows.claim_timers(conn, now, limit, LEASE)
        return sum(self._run(timer, now + LEASE) for timer in claimed)

    def _run(self, timer: Timer, claimed_until: datetime) -> bool:
        try:
            with self._database.begin() as conn:
                if not rows.finish_timer(conn, timer.id, self._clock.now(), claimed_until):
                    return False
                self._handlers[timer.kind](conn, timer)
            return True
        except Exception:
            log.exception("timer %s (%s) failed, attempt %d", timer.key, timer.kind, timer.attempts + 1)
            self._postpone(timer, claimed_until)
            return False

    def _postpone(self, timer: Timer, claimed_until: datetime) -> None:
        with self._database.begin() as conn:
            next_at = self._clock.now() + backoff(timer.attempts + 1)
            rows.postpone_timer(conn, timer.id, next_at, claimed_until)
