"""What the library tells everybody (7.2.1): news, pauses a week ahead, emergencies at once, days closed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lending.calendar import EVERYWHERE, WORK, DayOverride, local_date
from lending.calendar.overrides import OverrideSource
from lending.policy import Policy
from lending.ports import Clock
from lending.storage import announcements as rows
from lending.storage.base import Database

SHOWN = 50
CLOSED_AHEAD = timedelta(days=30)
"""Closing days so near are shown beside the announcements."""


class AnnouncementRefused(ValueError):
    """An announcement that may not be made so; the message says why, for staff."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """pause_from, pause_until: when the service pauses, if it does. emergency: why it was announced late."""

    id: int
    title: str
    text: str
    published_at: datetime
    pause_from: datetime | None = None
    pause_until: datetime | None = None
    emergency: str | None = None
    shown_until: datetime | None = None
    by: str = ""
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """A day on which a place is closed, or open at other hours. place: "" for the whole library."""

    day: str
    place: str
    hours: str
    note: str


class Announcements:
    """Added, shown, withdrawn; every step keeps who did it."""

    def __init__(self, database: Database, clock: Clock, policy: Policy, days: OverrideSource) -> None:
        self._database = database
        self._clock = clock
        self._policy = policy
        self._days = days

    def add(
        self,
        title: str,
        text: str,
        by: str,
        *,
        pause_from: datetime | None = None,
        pause_until: datetime | None = None,
        emergency: str | None = None,
        shown_until: datetime | None = None,
    ) -> Announcement:
        """Publish. AnnouncementRefused for an empty one, for a pause that ends before it begins, and for one
        that begins sooner than the policy's days from now without an emergency's reason (7.2.1)."""
        now = self._clock.now()
        values = {"title": " ".join(title.split()), "text": text.strip(), "by": by, "published_at": now}
        if not values["title"] or not values["text"]:
            raise AnnouncementRefused("an announcement needs a title and a text")
        self._check_pause(now, pause_from, pause_until, emergency)
        values |= {"pause_from": pause_from, "pause_until": pause_until, "emergency": emergency or None}
        values["shown_until"] = shown_until or pause_until
        with self._database.begin() as conn:
            announcement_id = rows.add(conn, values)
            return next(one for one in _made(rows.all_of(conn, SHOWN)) if one.id == announcement_id)

    def shown(self) -> list[Announcement]:
        """Those in force, newest first."""
        with self._database.read() as conn:
            return list(_made(rows.shown(conn, self._clock.now(), SHOWN)))

    def all(self) -> list[Announcement]:
        """Withdrawn and past ones too, newest first."""
        with self._database.read() as conn:
            return list(_made(rows.all_of(conn, SHOWN)))

    def withdraw(self, announcement_id: int, by: str) -> bool:
        """Take it back; it stays on record. False when there is none in force."""
        with self._database.begin() as conn:
            return rows.withdraw(conn, announcement_id, self._clock.now(), by)

    def closed_days(self) -> list[Closed]:
        """Closing days and special hours of the next weeks, soonest first, from the own calendar."""
        today = local_date(self._clock.now())
        days = self._days.current().by_day.values()
        near = [one for one in days if one.scope != WORK and today <= one.day <= today + CLOSED_AHEAD]
        return [_closed(one) for one in sorted(near, key=lambda one: (one.day, one.scope)) if _tells(one)]

    def _check_pause(
        self, now: datetime, start: datetime | None, end: datetime | None, emergency: str | None
    ) -> None:
        if start is None:
            if end is not None:
                raise AnnouncementRefused("a pause needs a beginning")
            return
        if end is not None and end <= start:
            raise AnnouncementRefused("a pause ends after it begins")
        days = self._policy.indicators.pause_notice_days
        if not emergency and start < now + timedelta(days=days):
            raise AnnouncementRefused(
                f"a pause is announced {days} days ahead (7.2.1); say why this one is an emergency"
            )


def _tells(day: DayOverride) -> bool:
    return not day.working_or_open or bool(day.hours)


def _closed(day: DayOverride) -> Closed:
    place = "" if day.scope == EVERYWHERE else day.scope
    return Closed(day.day.isoformat(), place, day.hours if day.working_or_open else "", day.note)


def _made(found: Iterable[Mapping[Any, Any]]) -> Iterable[Announcement]:
    names = Announcement.__slots__
    return (Announcement(**{name: row[name] for name in names}) for row in found)
