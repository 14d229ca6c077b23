"""A clock that stands until it is moved."""

from datetime import datetime, timedelta

from lending.calendar import CHINA


def china(text: str) -> datetime:
    """A moment on China's clock, from "2025-03-05 10:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


class FakeClock:
    """`Clock` for tests."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def forward(self, **step: float) -> datetime:
        """Move on by a timedelta given in words: `forward(hours=48)`."""
        self.at += timedelta(**step)
        return self.at

    def set(self, at: datetime) -> None:
        """Jump to a moment."""
        self.at = at
