"""When a courier comes to the door: the next window of the policy that has not begun."""

from datetime import datetime, time, timedelta

from lending.calendar import local
from lending.policy import Policy


def next_windows(policy: Policy, at: datetime, count: int = 3) -> list[str]:
    """Windows to choose from, soonest first: "2025-03-04 14:00-18:00", China's clock."""
    now = local(at)
    days = [now.date() + timedelta(days=step) for step in range(count + 1)]
    windows = [(day, window) for day in days for window in sorted(policy.returns.windows)]
    free = [f"{day} {window}" for day, window in windows if day > now.date() or _begins(window) > now.time()]
    return free[:count]


def _begins(window: str) -> time:
    return time.fromisoformat(window.partition("-")[0])
