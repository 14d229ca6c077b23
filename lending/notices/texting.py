"""Short messages to readers whom no conversation reaches: whose telephone, within which limits, once each.

The limits are the operators' (Aliyun, help.aliyun.com 2881383, per telephone, signature and template, days
rolling 24 hours, every submission counts); kept here, so that they hold for every adapter and replica.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lending.notices.outbox import backoff
from lending.ports import Clock, PortUnavailable, Sms, SmsRefused, Vault
from lending.storage import sms as rows
from lending.storage.base import Database
from lending.storage.notices import Notice

log = logging.getLogger(__name__)
MOST_ATTEMPTS = 5
DAY = timedelta(hours=24)


class Category(StrEnum):
    """What operators tell apart."""

    CODE = "code"
    """A code that somebody asked for."""
    NOTICE = "notice"
    """Anything else a reader is told."""


LIMITS: Mapping[Category, tuple[tuple[timedelta, int], ...]] = {
    Category.CODE: ((timedelta(minutes=1), 1), (timedelta(hours=1), 5), (DAY, 10)),
    Category.NOTICE: ((DAY, 50),),
}
"""At most so many within so long, for one telephone."""


class Texted(StrEnum):
    """What became of a short message."""

    SENT = "sent"
    LATER = "later"
    """Over a limit, or the operator does not answer: try again."""
    NEVER = "never"
    """No telephone that can be texted, or the operator refuses it."""


@dataclass(frozen=True, slots=True)
class Texting:
    """`phone`: a reader's telephone in clear; asking writes an audit row (reader id, who, why)."""

    database: Database
    clock: Clock
    vault: Vault
    phone: Callable[[int, str, str], str]
    sms: Sms

    def tell(self, notice: Notice, facts: Mapping[str, str]) -> Texted:
        """Text a notice; its kind is the template, its key keeps it from being texted twice."""
        if notice.reader_id is None:
            return Texted.NEVER
        key = f"sms:{notice.key}"
        return self.send(notice.reader_id, notice.kind, facts, key, Category.NOTICE, notice.id)

    def send(
        self,
        reader_id: int,
        template: str,
        facts: Mapping[str, str],
        key: str,
        category: Category = Category.NOTICE,
        notice_id: int | None = None,
    ) -> Texted:
        """The same key is handed over once, or again only while the operator has not said yes or no."""
        now = self.clock.now()
        with self.database.read() as conn:
            known = rows.by_key(conn, key)
        if known is not None and known["state"] != rows.SENDING:
            return Texted.SENT if known["state"] == rows.SENT else Texted.NEVER
        if known is not None and known["again_at"] is not None and known["again_at"] > now:
            return Texted.LATER
        phone = self.phone(reader_id, "sms", key)
        about = {"notice_id": notice_id, "reader_id": reader_id, "template": template, "category": category}
        if not _mobile(phone):
            return self._never(key, about | {"phone_print": ""}, "no mobile telephone")
        print_ = self.vault.fingerprint(f"sms|{phone}")
        if self._prepare(key, about | {"phone_print": print_}, category) is None:
            return Texted.LATER
        return self._hand_over(phone, template, facts, key)

    def _prepare(self, key: str, values: Mapping[str, object], category: Category) -> int | None:
        """Count this submission before it is made; None when a limit forbids it now."""
        now = self.clock.now()
        with self.database.begin() as conn:
            rows.add(conn, {"key": key, "submitted_at": now, **values})
            times = rows.submitted(conn, str(values["phone_print"]), category, now - DAY)
            free = next_free(times, category, now)
            if free is not None:
                rows.change(conn, key, again_at=free)
                return None
            rows.change(conn, key, submitted_at=now)
            return rows.count_attempt(conn, key, now + backoff(1))

    def _hand_over(self, phone: str, template: str, facts: Mapping[str, str], key: str) -> Texted:
        try:
            proof = self.sms.send(phone, template, facts, key)
        except SmsRefused as refused:
            return self._mark(key, rows.REFUSED, str(refused))
        except PortUnavailable as silent:
            log.warning("the short message service does not answer: %s", silent)
            return self._again(key)
        return self._mark(key, rows.SENT, proof)

    def _mark(self, key: str, state: str, proof: str) -> Texted:
        with self.database.begin() as conn:
            rows.change(conn, key, state=state, sent_at=self.clock.now(), proof=proof[:200], again_at=None)
        return Texted.SENT if state == rows.SENT else Texted.NEVER

    def _again(self, key: str) -> Texted:
        with self.database.read() as conn:
            known = rows.by_key(conn, key)
        attempts = int(known["attempts"]) if known else MOST_ATTEMPTS
        if attempts >= MOST_ATTEMPTS:
            return self._mark(key, rows.REFUSED, "unavailable")
        with self.database.begin() as conn:
            rows.change(conn, key, again_at=self.clock.now() + backoff(attempts))
        return Texted.LATER

    def _never(self, key: str, values: Mapping[str, object], why: str) -> Texted:
        with self.database.begin() as conn:
            rows.add(conn, {"key": key, "submitted_at": self.clock.now(), **values})
        return self._mark(key, rows.REFUSED, why)


def next_free(times: list[datetime], category: Category, now: datetime) -> datetime | None:
    """When the next submission is allowed; None: now. `times`: those of the last day, oldest first."""
    waits = [
        recent[-most] + window
        for window, most in LIMITS[category]
        if len(recent := [at for at in times if at > now - window]) >= most
    ]
    return max(waits, default=None)


def _mobile(phone: str) -> bool:
    return len(phone) == 11 and phone.isdecimal() and phone.startswith("1")
