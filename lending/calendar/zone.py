"""China's clock: one zone, UTC+8, no daylight saving since 1991."""

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_LAST_SECOND = time(23, 59, 59)


def _china() -> tzinfo:
    try:
        return ZoneInfo("Asia/Shanghai")
    except ZoneInfoNotFoundError:  # no zone database here; the offset is the same for the years we serve
        return timezone(timedelta(hours=8), "Asia/Shanghai")


CHINA = _china()


def local(at: datetime) -> datetime:
    """The same moment on China's clock. A naive datetime is refused (ValueError)."""
    if at.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return at.astimezone(CHINA)


def local_date(at: datetime) -> date:
    """The date in China at this moment."""
    return local(at).date()


def moment(day: date, minute: int = 0) -> datetime:
    """Minute `minute` (0..1440) of a day in China, as aware UTC. 1440 is midnight at the end of the day."""
    midnight = datetime.combine(day, time(0), CHINA).astimezone(UTC)
    return midnight + timedelta(minutes=minute)


def end_of_day(day: date) -> datetime:
    """The last second of a day in China, as aware UTC: it still carries that day's date when shown."""
    return datetime.combine(day, _LAST_SECOND, CHINA).astimezone(UTC)
