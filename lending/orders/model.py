"""What baskets and orders look like from outside. Money is fen, times are aware UTC."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lending.orders.states import LineState, OrderState
from lending.pickup.model import PickupPoint


class Method(StrEnum):
    """How the books reach the reader (6.1.1)."""

    LOCKER = "locker"
    """A cell of a self-service locker."""
    BRANCH = "branch"
    """The counter of a branch."""
    HOME = "home"
    """The door, by courier."""


class Refusal(StrEnum):
    """Why a line is refused; `events` keep it as the reason code of 3.4."""

    ALL_OUT = "all_out"
    """Every copy is lent or promised."""
    NO_COPY = "no_copy"
    """The library has no copy in use."""
    MISSING = "missing"
    """Not on its shelf, and no other copy left."""
    DAMAGED = "damaged"
    """Found, but not fit to lend, and no other copy left."""


@dataclass(frozen=True, slots=True)
class BasketLine:
    """One title wanted."""

    title_id: int
    title: str
    author: str


@dataclass(frozen=True, slots=True)
class Basket:
    """What a conversation has gathered. `nonce` changes with every change: it names exactly what was
    confirmed."""

    nonce: str
    lines: tuple[BasketLine, ...] = ()
    method: Method | None = None
    point_id: str | None = None
    address_id: int | None = None


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Ways on for a title that cannot be had now (5.3): queue, another edition, another library, purchase."""

    title_id: int
    title: str
    reserve: bool
    """The library owns copies: one can wait for them."""
    waiting: int
    """Readers in the queue already."""
    editions: tuple[BasketLine, ...]
    """Other editions of the same work with a copy free now, at most three."""
    interlibrary: bool
    """No copy of ours will come back: ask another library, or suggest a purchase."""


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One title of the basket, as it could be had now. reason: a `Refusal` when not obtainable, else ""."""

    title_id: int
    title: str
    obtainable: bool
    from_branch: str | None = None
    reason: str = ""
    alternatives: Alternatives | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What confirming would mean, from live data. `fee_fen` and `parcels` count the obtainable lines only."""

    nonce: str
    lines: tuple[QuoteLine, ...]
    method: Method
    point: PickupPoint | None
    address_label: str | None
    fee_fen: int
    promised_by: datetime
    parcels: int
    hold_days: int
    loan_days: int

    @property
    def obtainable(self) -> tuple[QuoteLine, ...]:
        """The lines that would be ordered."""
        return tuple(line for line in self.lines if line.obtainable)


@dataclass(frozen=True, slots=True)
class LineView:
    """One title of an order. `reason` only when refused."""

    id: int
    title_id: int
    title: str
    state: LineState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as its reader sees it. `pickup_code` only while it lies available at a point."""

    number: str
    state: OrderState
    method: Method
    promised_by: datetime
    lines: tuple[LineView, ...]
    pickup_code: str | None
    pickup_point: PickupPoint | None
    address_label: str | None
    fee_fen: int
    parcels: int
    placed_at: datetime
    available_at: datetime | None
    hold_until: datetime | None
    changeable: bool
    cancellable: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """The answer to a confirmation; the same again when the same basket is confirmed twice."""

    order: OrderView
    refused: tuple[QuoteLine, ...] = ()


@dataclass(frozen=True, slots=True)
class ProxyCode:
    """A one-time pickup code for a helper (6.1.3)."""

    code: str
    expires_at: datetime
