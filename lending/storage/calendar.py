"""Rows of the library's own days: closing days, special hours, and days that staff work or do not."""

from datetime import date, datetime, timedelta

from sqlalchemy import Boolean, Column, Connection, Date, String, Table, delete, insert, select

from lending.calendar import DayOverride, OpeningHours, Overrides, local_date
from lending.ports import Clock
from lending.storage.base import Database, UtcDateTime, metadata

KEEP = timedelta(seconds=15)
"""How long what was read is used before another replica's change is looked for."""

PAST_DAYS = 400
"""Days further back than this are not read: no clock runs that long."""

day_overrides = Table(
    "day_overrides",
    metadata,
    Column("day", Date, primary_key=True),
    Column("scope", String(40), primary_key=True),
    Column("working_or_open", Boolean, nullable=False),
    Column("hours", String(100), nullable=False, default=""),
    Column("note", String(200), nullable=False, default=""),
    Column("by", String(120), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)


class StoredOverrides:
    """An `OverrideSource` over the table; a change holds here at once, in other replicas within seconds."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._read_at: datetime | None = None
        self._held = Overrides()

    def current(self) -> Overrides:
        """What is in force."""
        now = self._clock.now()
        if self._read_at is None or not timedelta(0) <= now - self._read_at < KEEP:
            self._held, self._read_at = self._load(now), now
        return self._held

    def set(self, override: DayOverride, by: str) -> None:
        """Write a day, in place of what stood for it. HoursError for hours that cannot be read."""
        if override.hours:
            OpeningHours.parse(override.hours)
        with self._database.begin() as conn:
            _delete(conn, override.day, override.scope)
            values = {
                "working_or_open": override.working_or_open,
                "hours": override.hours,
                "note": override.note,
            }
            keys = {"day": override.day, "scope": override.scope, "by": by, "at": self._clock.now()}
            conn.execute(insert(day_overrides).values(**keys, **values))
        self._read_at = None

    def remove(self, day: date, scope: str) -> bool:
        """The day is as published again; False when nothing stood for it."""
        with self._database.begin() as conn:
            removed = _delete(conn, day, scope)
        self._read_at = None
        return removed

    def _load(self, now: datetime) -> Overrides:
        since = local_date(now) - timedelta(days=PAST_DAYS)
        columns = [day_overrides.c[name] for name in ("day", "scope", "working_or_open", "hours", "note")]
        with self._database.read() as conn:
            found = conn.execute(select(*columns).where(day_overrides.c.day >= since)).all()
        return Overrides.of(DayOverride(*row) for row in found)


def _delete(conn: Connection, day: date, scope: str) -> bool:
    mine = (day_overrides.c.day == day, day_overrides.c.scope == scope)
    return conn.execute(delete(day_overrides).where(*mine)).rowcount == 1
