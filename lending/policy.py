"""Every number a library may choose, read once from one TOML file and checked strictly (RULES, clause 4.2).

The same object decides and is told to readers, so a refusal and the public policy page cannot disagree.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Annotated

from lending.calendar.opening import OpeningHours
from lending.errors import PolicyError
from lending.notices.kinds import NoticeKind
from lending.readers.model import ReaderKind
from lending.strict import MisfitError, ReadBy, Within, build


@dataclass(frozen=True, slots=True)
class Library:
    """Name, telephone and usual opening hours of the library as a whole (7.2.1)."""

    name: str
    phone: str
    supervision_phone: str
    hours: Annotated[OpeningHours, ReadBy(OpeningHours.parse)]


@dataclass(frozen=True, slots=True)
class Words:
    """Words that stand beside a family name: 王 + reader_suffix, or + child_suffix for a child."""

    reader_suffix: str
    child_suffix: str


@dataclass(frozen=True, slots=True)
class Orders:
    """Parcels, baskets and batches. `cutoffs`: an order before one goes with that batch."""

    parcel_volumes: Annotated[int, Within(1, 50)]
    basket_volumes: Annotated[int, Within(1, 200)]
    cutoffs: tuple[time, ...]
    processing_working_days: Annotated[int, Within(1, 30)]
    acquisition_working_days: Annotated[int, Within(1, 60)]
    warn_at: Annotated[tuple[float, ...], Within(0.0, 1.0)]
    fees_owed_limit_fen: Annotated[int, Within(0, 1_000_000)]


@dataclass(frozen=True, slots=True)
class Pickup:
    """Codes, reminders and what a missed pickup leads to (6.1.3)."""

    code_digits: Annotated[int, Within(4, 10)]
    proxy_code_valid_hours: Annotated[int, Within(1, 720)]
    remind_after_hours: Annotated[int, Within(1, 720)]
    nearby_points: Annotated[int, Within(1, 20)]
    missed_forgiven: Annotated[int, Within(0, 20)]
    missed_suspends_at: Annotated[int, Within(1, 50)]
    missed_within_days: Annotated[int, Within(1, 3650)]
    suspension_days: Annotated[int, Within(1, 3650)]


@dataclass(frozen=True, slots=True)
class Delivery:
    """Door delivery: `base_fen` for up to `base_volumes`, `extra_fen` for each volume more; where to.

    round_weekday: the day of the townships' weekly round, 1 Monday … 7 Sunday (6.1.4).
    """

    base_fen: Annotated[int, Within(0, 100_000)]
    base_volumes: Annotated[int, Within(1, 50)]
    extra_fen: Annotated[int, Within(0, 100_000)]
    round_weekday: Annotated[int, Within(1, 7)]
    districts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Returns:
    """Giving back: the fee of a door pickup, the windows a courier comes in, how long a drop code holds."""

    door_base_fen: Annotated[int, Within(0, 100_000)]
    door_base_volumes: Annotated[int, Within(1, 50)]
    door_extra_fen: Annotated[int, Within(0, 100_000)]
    windows: tuple[str, ...]
    drop_code_valid_days: Annotated[int, Within(1, 60)]


@dataclass(frozen=True, slots=True)
class Overdue:
    """Overdue fees: `fen_per_day` a volume and day, never more than `most_fen` a volume."""

    fen_per_day: Annotated[int, Within(0, 10_000)]
    most_fen: Annotated[int, Within(0, 1_000_000)]


@dataclass(frozen=True, slots=True)
class Loans:
    """Reminders so many days before a loan is due (0 is the day itself), at a time of day in China."""

    remind_days_before: Annotated[tuple[int, ...], Within(0, 60)]
    remind_at: time


@dataclass(frozen=True, slots=True)
class Notices:
    """When readers are told (7.2). `quiet_from` to `quiet_until`, in China's clock, nothing is told unasked;
    whoever spoke within `talking_minutes` is asked for. What no conversation could take is kept `keep_days`.
    `sms_kinds` go as a short message when after `sms_after_minutes` the reader has not got them."""

    quiet_from: time
    quiet_until: time
    talking_minutes: Annotated[int, Within(0, 1440)]
    keep_days: Annotated[int, Within(1, 365)]
    sms_after_minutes: Annotated[int, Within(0, 2880)]
    sms_kinds: tuple[str, ...]

    def quiet(self, at: time) -> bool:
        """Whether a time of day lies in the quiet hours."""
        start, end = self.quiet_from, self.quiet_until
        return start <= at < end if start <= end else at >= start or at < end


@dataclass(frozen=True, slots=True)
class Reservations:
    """How long an offered copy is kept, and how many reservations one reader may hold."""

    keep_open_days: Annotated[int, Within(1, 60)]
    most_per_reader: Annotated[int, Within(1, 200)]


@dataclass(frozen=True, slots=True)
class Binding:
    """Binding a card: wrong PINs allowed in a window, and children under an age."""

    wrong_pins: Annotated[int, Within(1, 100)]
    window_minutes: Annotated[int, Within(1, 1440)]
    guardian_below_age: Annotated[int, Within(0, 21)]
    consent_allows_child: bool


@dataclass(frozen=True, slots=True)
class Cases:
    """Complaints and suggestions (8.1.3): working days until an answer is due."""

    due_working_days: Annotated[int, Within(1, 90)]


@dataclass(frozen=True, slots=True)
class Survey:
    """The yearly survey (8.1.2): the share of satisfied readers wanted."""

    target: Annotated[float, Within(0.0, 1.0)]


@dataclass(frozen=True, slots=True)
class Indicators:
    """Limits: refusals (6.2.3), distance of lockers (5.1), notice of a pause (7.2.1), training (5.2)."""

    refusal_open: Annotated[float, Within(0.0, 1.0)]
    refusal_closed: Annotated[float, Within(0.0, 1.0)]
    locker_radius_km: Annotated[float, Within(0.1, 100.0)]
    locker_apart_km: Annotated[float, Within(0.1, 200.0)]
    pause_notice_days: Annotated[int, Within(0, 90)]
    training_valid_days: Annotated[int, Within(1, 3650)]


@dataclass(frozen=True, slots=True)
class KindPolicy:
    """What one kind of reader may do. Days of holds are open days of the place."""

    card_limit: Annotated[int, Within(1, 500)]
    loan_days: Annotated[int, Within(1, 365)]
    renewals: Annotated[int, Within(0, 10)]
    renewal_days: Annotated[int, Within(1, 365)]
    hold_open_days_locker: Annotated[int, Within(1, 60)]
    hold_days_branch: Annotated[int, Within(1, 90)]
    door_free: bool
    adult_titles: bool
    low_cells: bool
    weekly_round: bool
    most_choices: Annotated[int, Within(1, 20)]


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy in force; see docs/policy.md for every key."""

    version: str
    library: Library
    words: Words
    orders: Orders
    pickup: Pickup
    delivery: Delivery
    returns: Returns
    overdue: Overdue
    loans: Loans
    notices: Notices
    reservations: Reservations
    binding: Binding
    cases: Cases
    survey: Survey
    indicators: Indicators
    kinds: Mapping[ReaderKind, KindPolicy]

    @classmethod
    def load(cls, path: Path) -> "Policy":
        """Read and check a policy file. PolicyError is one sentence: the file, the key, what is wanted."""
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
            policy = build(cls, table)
            policy.check()
        except OSError as missing:
            raise PolicyError(f"The policy file {path.name} cannot be read: {missing.strerror}.") from missing
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
            raise PolicyError(f"The policy file {path.name} is not valid TOML: {broken}.") from broken
        except MisfitError as misfit:
            raise PolicyError(f"In the policy file {path.name}, {misfit}.") from misfit
        return policy

    def check(self) -> None:
        """Raise MisfitError when figures contradict one another."""
        if self.pickup.missed_suspends_at <= self.pickup.missed_forgiven:
            raise MisfitError("pickup.missed_suspends_at", "must be larger than pickup.missed_forgiven")
        if self.orders.acquisition_working_days < self.orders.processing_working_days:
            raise MisfitError(
                "orders.acquisition_working_days", "must not be less than orders.processing_working_days"
            )
        if list(self.orders.cutoffs) != sorted(set(self.orders.cutoffs)):
            raise MisfitError("orders.cutoffs", "must be in the order of the day, each once")
        if self.notices.quiet(self.loans.remind_at):
            raise MisfitError("loans.remind_at", "must not lie in the quiet hours of notices")
        for kind in self.notices.sms_kinds:
            if kind.partition(".")[0] not in set(NoticeKind):
                raise MisfitError("notices.sms_kinds", f'must be kinds of notices, not "{kind}"')
        for window in self.returns.windows:
            if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", window):
                raise MisfitError("returns.windows", f'must be windows such as "09:00-12:00", not "{window}"')

    # The figures asked for most, by their short names.

    @property
    def phone(self) -> str:
        """The library's telephone."""
        return self.library.phone

    @property
    def parcel_volumes(self) -> int:
        """Volumes that go in one parcel."""
        return self.orders.parcel_volumes

    @property
    def cutoffs(self) -> tuple[time, ...]:
        """Times of day of the batches, earliest first, China's clock."""
        return self.orders.cutoffs

    @property
    def processing_working_days(self) -> int:
        """Staff receipt to book found (6.2.1)."""
        return self.orders.processing_working_days

    @property
    def acquisition_working_days(self) -> int:
        """Submitting to having the book (6.2.2)."""
        return self.orders.acquisition_working_days

    @property
    def case_due_working_days(self) -> int:
        """Working days until a complaint or suggestion is answered (8.1.3)."""
        return self.cases.due_working_days

    @property
    def survey_target(self) -> float:
        """Share of satisfied readers wanted, 0..1 (8.1.2)."""
        return self.survey.target

    @property
    def reservation_keep_days(self) -> int:
        """Open days an offered copy is kept."""
        return self.reservations.keep_open_days

    def for_kind(self, kind: ReaderKind | str) -> KindPolicy:
        """What a kind of reader may do."""
        return self.kinds[ReaderKind(kind)]

    def delivery_fee(self, volumes: int, kind: ReaderKind | str) -> int:
        """Fee of delivering volumes to the door, in fen; asked again with fewer when part is refused."""
        fee = self.delivery
        return self._door(volumes, kind, fee.base_fen, fee.base_volumes, fee.extra_fen)

    def return_fee(self, volumes: int, kind: ReaderKind | str) -> int:
        """Fee of fetching volumes at the door, in fen."""
        fee = self.returns
        return self._door(volumes, kind, fee.door_base_fen, fee.door_base_volumes, fee.door_extra_fen)

    def _door(self, volumes: int, kind: ReaderKind | str, base: int, base_volumes: int, extra: int) -> int:
        if volumes <= 0 or self.for_kind(kind).door_free:
            return 0
        return base + max(0, volumes - base_volumes) * extra

    def overdue_fen(self, days: int) -> int:
        """Overdue fee of one volume after so many days, in fen."""
        return min(max(0, days) * self.overdue.fen_per_day, self.overdue.most_fen)

    def parcels(self, volumes: int) -> int:
        """How many parcels the volumes go in."""
        return -(-volumes // self.orders.parcel_volumes)
