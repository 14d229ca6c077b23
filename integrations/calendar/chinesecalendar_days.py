"""The `DayTable` of chinesecalendar: the State Council's yearly notices from 2004 to the last one."""

from datetime import date

import chinese_calendar


class ChineseCalendarDays:
    """Published days only: a year not yet known answers None, where the package itself would raise."""

    def is_working_day(self, day: date) -> bool | None:
        """Make-up Saturdays and Sundays are working days, holidays are not."""
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            return None
