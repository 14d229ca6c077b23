"""Wrong PINs, counted in the database so that every replica agrees.

An attempt is written down as wrong *before* the PIN is looked at, and taken back when it was right: however
many are made at the same moment, no more than the policy allows are ever looked at.
"""

import math
from datetime import datetime, timedelta

from lending.errors import Code, LendingError
from lending.policy import Policy
from lending.ports import Clock, Vault
from lending.storage import readers as rows
from lending.storage.base import Connection, Database


class PinAttempts:
    """`reserve` before the PIN is checked, `take_back` when it was right or could not be checked."""

    def __init__(self, database: Database, clock: Clock, policy: Policy, vault: Vault) -> None:
        self._database = database
        self._clock = clock
        self._policy = policy
        self._vault = vault

    def reserve(self, conversation_id: str, card: str) -> datetime:
        """Count one attempt of the card and the conversation; its moment.

        LendingError pin_locked(retry_after_seconds) when either has no attempt left, right PIN or not.
        """
        now = self._clock.now()
        with self._database.begin() as conn:
            recent = {
                subject: self._recent(conn, subject, now) for subject in self._subjects(conversation_id, card)
            }
            waits = [self._wait(times, now) for times in recent.values()]
            if max(waits) > 0:
                raise LendingError(Code.PIN_LOCKED, retry_after_seconds=max(waits))
            for subject, times in recent.items():
                rows.set_attempts(conn, subject, [*times, now.timestamp()])
        return now

    def take_back(self, conversation_id: str, card: str, at: datetime) -> None:
        """The attempt of that moment was not a wrong PIN."""
        with self._database.begin() as conn:
            for subject in self._subjects(conversation_id, card):
                times = rows.lock_attempts(conn, subject)
                if at.timestamp() in times:
                    times.remove(at.timestamp())
                rows.set_attempts(conn, subject, times)

    def _subjects(self, conversation_id: str, card: str) -> list[str]:
        """Always locked in the same order. The card as a fingerprint: what was typed may be anything."""
        return sorted((f"card:{self._vault.fingerprint(card)}", f"conversation:{conversation_id}"))

    def _recent(self, conn: Connection, subject: str, now: datetime) -> list[float]:
        window = timedelta(minutes=self._policy.binding.window_minutes)
        since = (now - window).timestamp()
        return sorted(at for at in rows.lock_attempts(conn, subject) if at > since)

    def _wait(self, times: list[float], now: datetime) -> int:
        """Seconds until the subject may try again, 0 when it may now."""
        allowed = self._policy.binding.wrong_pins
        if len(times) < allowed:
            return 0
        free_at = times[-allowed] + self._policy.binding.window_minutes * 60
        return max(1, math.ceil(free_at - now.timestamp()))
