"""What loans, returns and reservations look like from outside. Money is fen, times are aware UTC."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lending.errors import Code
from lending.pickup.model import PickupPoint


@dataclass(frozen=True, slots=True)
class LoanView:
    """A loan as its reader sees it. `why_not`: the rule that forbids renewing, None when `renewable`.

    due: the last second of the day it is due. overdue_fen: running up until the book is handed over.
    """

    id: int
    title_id: int
    title: str
    due: datetime
    renewable: bool
    why_not: Code | None
    overdue_days: int
    overdue_fen: int
    returning: bool
    renewals_left: int = 0


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One fee. `settled_later`: still running up, charged when the book is back."""

    title: str
    amount_fen: int
    running: bool


@dataclass(frozen=True, slots=True)
class Fees:
    """overdue_fen: running up on books still out; owed_fen: charged for books that are back, not paid yet."""

    overdue_fen: int
    owed_fen: int
    lines: tuple[FeeLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Returned:
    """A book that came back. `kept_for`: the reservation it now waits for, None when it is on the shelf."""

    loan_id: int
    title: str
    overdue_days: int
    overdue_fen: int
    kept_for: int | None


class ReturnMethod(StrEnum):
    """How books go back (6.1.1)."""

    HOME = "home"
    """Fetched at the door by a courier."""
    LOCKER = "locker"
    """Put into a cell that opens with the drop code."""
    BRANCH = "branch"
    """Handed in at the counter."""


class ReturnState(StrEnum):
    """Where a return is."""

    BOOKED = "booked"
    """Agreed; the books are still with the reader and the overdue clock runs."""
    HANDED_OVER = "handed_over"
    """The courier or the locker has them; the clock stands (5.4)."""
    RECEIVED = "received"
    """Back in the library."""
    FAILED = "failed"
    """Did not work out; the books are with the reader and the clock runs again."""
    CANCELLED = "cancelled"
    """Taken back by the reader, or not used in time."""


class ClockNote(StrEnum):
    """When the overdue clock of a return stops; told to the reader."""

    AT_SCAN = "clock_stops_at_scan"
    """At the courier's pickup scan."""
    AT_DROP = "clock_stops_at_drop"
    """When the books lie in the cell."""
    AT_COUNTER = "clock_stops_at_counter"
    """When the counter takes them."""
    STOPPED = "clock_stopped"
    """It stands."""


@dataclass(frozen=True, slots=True)
class ReturnView:
    """A return as its reader sees it.

    window: "2025-03-04 14:00-18:00", China's clock, door only. code: digits for the locker while `booked`.
    """

    number: str
    state: ReturnState
    method: ReturnMethod
    loans: tuple[LoanView, ...]
    point: PickupPoint | None
    window: str | None
    code: str | None
    fee_fen: int
    note: ClockNote
    tracking: str | None = None


class ReservationState(StrEnum):
    """Where a reservation is."""

    WAITING = "waiting"
    """In the queue."""
    READY = "ready"
    """A copy is kept for the reader until `ready_until`."""
    FULFILLED = "fulfilled"
    """Ordered or lent."""
    EXPIRED = "expired"
    """The copy was not ordered in time; it went to the next reader."""
    CANCELLED = "cancelled"
    """Taken back by the reader."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """A place in a queue. position: 1 for the first, 0 when a copy is ready."""

    id: int
    title_id: int
    title: str
    position: int
    ready_until: datetime | None
    state: ReservationState
