"""Of each kind of notice: may it go at night, may the reader decline it, when is it too late to tell it.

docs/notices.md shows this table; a test keeps the two alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from lending.calendar import local, moment
from lending.notices.kinds import NoticeKind
from lending.policy import Policy
from lending.storage.notices import Notice


class Topic(StrEnum):
    """What a reader can turn off in one word. Notices outside a topic are always told."""

    PROGRESS = "progress"
    """Where an order is before it lies ready."""
    PICKUP = "pickup"
    """Reminders that books still wait at a locker or branch."""
    DUE = "due"
    """Reminders before loans end."""
    RETURNS = "returns"
    """Receipts for books given back."""


@dataclass(frozen=True, slots=True)
class Rule:
    """topic: what turns it off, None: cannot be declined. at_once: does not wait for the morning.

    late_after: the fact in `data` that says until when it is worth telling.
    """

    topic: Topic | None = None
    at_once: bool = False
    late_after: str | None = None


RULES: Mapping[NoticeKind, Rule] = {
    NoticeKind.ORDER_FOUND: Rule(Topic.PROGRESS),
    NoticeKind.ORDER_PACKED: Rule(Topic.PROGRESS),
    NoticeKind.ORDER_SHIPPED: Rule(Topic.PROGRESS),
    NoticeKind.ORDER_AVAILABLE: Rule(late_after="until"),
    NoticeKind.ORDER_REFUSED_LINE: Rule(),
    NoticeKind.ORDER_CANCELLED: Rule(),
    NoticeKind.PICKUP_REMINDER: Rule(Topic.PICKUP, late_after="until"),
    NoticeKind.PICKUP_PROBLEM: Rule(),
    NoticeKind.HOLD_EXPIRED: Rule(),
    NoticeKind.RESERVATION_READY: Rule(late_after="until"),
    NoticeKind.RESERVATION_EXPIRED: Rule(),
    NoticeKind.RETURN_SCANNED: Rule(Topic.RETURNS, at_once=True),
    NoticeKind.RETURN_RECEIVED: Rule(Topic.RETURNS),
    NoticeKind.RETURN_FAILED: Rule(),
    NoticeKind.LOAN_DUE: Rule(Topic.DUE, late_after="due"),
    NoticeKind.HELPER_JOINED: Rule(),
    NoticeKind.HELPER_ENDED: Rule(),
    NoticeKind.HELPER_COPY: Rule(late_after="until"),
    NoticeKind.CASE_UPDATE: Rule(),
}
"""What cannot be declined: the pickup code, whatever changes or ends an order or a kept copy, a return that
did not come about (the fee runs on), and the steps of a complaint (8.1.3 wants them told)."""

_NO_RULE = Rule()


def rule(kind: str) -> Rule:
    """The rule of a kind; one that this version does not know waits for the morning and is always told."""
    try:
        return RULES[NoticeKind(kind)]
    except (KeyError, ValueError):
        return _NO_RULE


def label(kind: str, data: Mapping[str, Any]) -> str:
    """The kind as the policy's `sms_kinds` names it: `loan_due.0`, `pickup_reminder.last`, else the kind."""
    if kind == NoticeKind.LOAN_DUE and data.get("days") is not None:
        return f"{kind}.{data['days']}"
    if kind == NoticeKind.PICKUP_REMINDER and data.get("last"):
        return f"{kind}.last"
    return kind


def too_late(notice: Notice, now: datetime) -> bool:
    """Whether nobody is helped by it any more."""
    fact = rule(notice.kind).late_after
    value = notice.data.get(fact) if fact else None
    if not isinstance(value, str):
        return False
    try:
        return datetime.fromisoformat(value) < now
    except (TypeError, ValueError):
        return False


def quiet_until(policy: Policy, now: datetime) -> datetime | None:
    """The end of the quiet hours that `now` lies in (in China's clock), None by day."""
    start, end = policy.notices.quiet_from, policy.notices.quiet_until
    at = local(now)
    minute = at.hour * 60 + at.minute
    begin, finish = start.hour * 60 + start.minute, end.hour * 60 + end.minute
    if begin <= finish:
        return moment(at.date(), finish) if begin <= minute < finish else None
    if minute >= begin:
        return moment(at.date() + timedelta(days=1), finish)
    return moment(at.date(), finish) if minute < finish else None


def may_go(policy: Policy, notice: Notice, now: datetime, *, night: bool, spoke_at: datetime | None) -> bool:
    """By day always; at night when the reader said so, is talking to us, or waits at a locker's door.

    spoke_at: when the reader last said something.
    """
    if quiet_until(policy, now) is None or night or rule(notice.kind).at_once:
        return True
    talking = timedelta(minutes=policy.notices.talking_minutes)
    return spoke_at is not None and now - spoke_at <= talking
