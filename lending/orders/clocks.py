"""When an order will be there and how long it lies there; never in closed hours of its place (6.1.2,
6.2.2)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lending.calendar import WorkingCalendar, local_date, moment
from lending.orders.model import Method
from lending.pickup.model import PickupPoint
from lending.policy import KindPolicy, Policy

DELIVERY_WORKING_DAYS = 1
"""A parcel packed today is there on the next working day."""
REMINDER_MINUTE = 9 * 60
"""Readers are reminded on the last day at nine, not at midnight."""
LOOK_BACK_DAYS = 14


@dataclass(frozen=True, slots=True)
class Clocks:
    """The calendar and the policy, asked about orders."""

    calendar: WorkingCalendar
    policy: Policy

    def promised_by(
        self,
        submitted: datetime,
        point: PickupPoint | None,
        *,
        on_the_spot: bool,
        now: datetime | None = None,
    ) -> datetime:
        """The moment promised: the next batch, processing, and a day on the road unless the books are there
        already.

        Never later than the acquisition limit from `submitted`, unless the place has no open hour until then.
        """
        rules = self.policy.orders
        days = rules.processing_working_days + (0 if on_the_spot else DELIVERY_WORKING_DAYS)
        batch = self.calendar.next_cutoff(submitted, rules.cutoffs)
        limit = self.calendar.add_working_days(submitted, rules.acquisition_working_days)
        goal = min(self.calendar.add_working_days(batch, days), limit)
        if now is not None and goal < now:
            goal = max(now, limit)
        return goal if point is None else self._open_hours(goal, max(goal, limit), now or submitted, point)

    def round_by(self, goal: datetime) -> datetime:
        """The townships' weekly round from `goal` on (6.1.4); after a holiday the next working day."""
        ahead = (self.policy.delivery.round_weekday - local_date(goal).isoweekday()) % 7
        while not self.calendar.is_working_day(local_date(goal) + timedelta(days=ahead)):
            ahead += 1
        return goal + timedelta(days=ahead)

    def _open_hours(self, goal: datetime, limit: datetime, after: datetime, point: PickupPoint) -> datetime:
        opens = self.calendar.next_open(point.hours, goal, point.id)
        if opens <= limit:
            return opens
        return self._last_open(limit, after, point) or opens

    def _last_open(self, limit: datetime, after: datetime, point: PickupPoint) -> datetime | None:
        """The last open moment of a place up to `limit` and after `after`."""
        for back in range(LOOK_BACK_DAYS):
            day = local_date(limit) - timedelta(days=back)
            for start, end in reversed(self.calendar.opening(point.hours, day, point.id)):
                if moment(day, start) <= limit:
                    last = min(limit, moment(day, end))
                    return last if last > after else None
        return None

    def hold_until(self, at: datetime, method: Method, point: PickupPoint, kind: KindPolicy) -> datetime:
        """When an order that lies ready goes back: at closing time of an open day."""
        if method is Method.LOCKER:
            return self.calendar.add_open_days(point.hours, at, kind.hold_open_days_locker, point.id)
        return self.calendar.end_of_open_day(
            point.hours, at + timedelta(days=kind.hold_days_branch), point.id
        )

    def reminders(self, at: datetime, hold_until: datetime) -> list[datetime]:
        """When to remind: after the policy's hours, and on the morning of the last day."""
        second = at + timedelta(hours=self.policy.pickup.remind_after_hours)
        last = moment(local_date(hold_until), REMINDER_MINUTE)
        return [when for when in (second, last) if at < when < hold_until and (when is last or when < last)]


def hold_days(method: Method, kind: KindPolicy) -> int:
    """Days an order lies ready, as readers are told; 0 at the door."""
    days = {Method.LOCKER: kind.hold_open_days_locker, Method.BRANCH: kind.hold_days_branch, Method.HOME: 0}
    return days[method]
