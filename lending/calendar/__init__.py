"""The library's time: working days, opening hours and cut-offs, in China's time zone (standard 6.1.2, 6.2).

Every moment that comes out is aware UTC; every rule about days and hours is applied in Asia/Shanghai.
"""

from lending.calendar.opening import HoursError, OpeningHours, Span
from lending.calendar.overrides import EVERYWHERE, NO_OVERRIDES, WORK, DayOverride, Overrides
from lending.calendar.working import WorkingCalendar
from lending.calendar.zone import CHINA, end_of_day, local, local_date, moment

__all__ = [
    "CHINA",
    "EVERYWHERE",
    "NO_OVERRIDES",
    "WORK",
    "DayOverride",
    "HoursError",
    "OpeningHours",
    "Overrides",
    "Span",
    "WorkingCalendar",
    "end_of_day",
    "local",
    "local_date",
    "moment",
]
