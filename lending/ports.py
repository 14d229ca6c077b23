"""What the library needs from outside, as small protocols; adapters live in `integrations/<port>/<vendor>`.

Every port has one contract test (`tests/integrations`) that each adapter passes, the local one and the
fake too. Calls are synchronous and may block: callers in async code use a thread. An adapter that cannot
reach its system raises `PortUnavailable`; whatever it was asked may be asked again with the same key.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class PortUnavailable(Exception):
    """The system behind a port did not answer in time; asking again with the same key is safe."""


class Clock(Protocol):
    """The time of day, so that tests can set it."""

    def now(self) -> datetime:
        """An aware UTC datetime."""
        ...


class DayTable(Protocol):
    """Which days the state declares working days."""

    def is_working_day(self, day: date) -> bool | None:
        """True or False as published, None for a year not yet published."""
        ...


class Vault(Protocol):
    """Encryption of personal fields at rest (standard 4.3)."""

    def seal(self, plain: str) -> str:
        """Cipher text, different each time."""
        ...

    def open(self, sealed: str) -> str:
        """The plain text; raises ValueError when the key does not fit."""
        ...

    def fingerprint(self, plain: str) -> str:
        """A keyed hash for exact look-ups, the same each time."""
        ...


# --- catalogue ---


@dataclass(frozen=True, slots=True)
class IndexedTitle:
    """What the index knows of a title. `available` is the number of copies on the shelf when indexed."""

    id: int
    title: str
    author: str
    publisher: str = ""
    year: str = ""
    isbn13: str = ""
    subjects: str = ""
    available: int = 0
    large_print: bool = False
    children: bool = False
    adult_only: bool = False
    branches: tuple[str, ...] = ()


class Match(StrEnum):
    """How a hit was found, best first."""

    ISBN = "isbn"
    EXACT_TITLE = "exact_title"
    AUTHOR_TITLE = "author_title"
    AUTHOR = "author"
    TITLE = "title"
    CONTAINED = "contained"
    TYPO = "typo"
    PINYIN = "pinyin"
    SUBJECT = "subject"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class IndexHit:
    """One title found. `score` 0..1, comparable within one answer."""

    title_id: int
    score: float
    match: Match


@dataclass(frozen=True, slots=True)
class IndexAnswer:
    """Hits best first (at most the limit), how many there are in all, and how sure we are (0..1)."""

    hits: tuple[IndexHit, ...]
    total: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Spotted:
    """Whether a message is, as a whole or in part, one of our titles, an author or an ISBN.

    kind: "isbn" | "title" | "author" | "none"; value: as in the catalogue; whole: nothing else is said.
    """

    kind: str
    value: str = ""
    whole: bool = False
    confidence: float = 0.0


class CatalogueIndex(Protocol):
    """Full-text search over the titles, rebuilt or extended while it serves."""

    def search(
        self,
        text: str,
        *,
        limit: int = 50,
        available_now: bool = False,
        branch_id: str | None = None,
        large_print: bool = False,
        children: bool = False,
        include_adult: bool = True,
    ) -> IndexAnswer: ...

    def spot(self, text: str) -> Spotted: ...

    def extend(self, titles: Iterable[IndexedTitle]) -> int:
        """Add or replace titles by id; visible to readers when it returns. Number of titles written."""
        ...

    def rebuild(self, titles: Iterable[IndexedTitle]) -> int:
        """Replace the whole index without a moment in which search finds nothing."""
        ...

    def count(self) -> int: ...


# --- circulation ---


@dataclass(frozen=True, slots=True)
class VerifiedReader:
    """What the library system tells of a reader whose card and PIN fit."""

    card: str
    kind: str
    name: str
    phone: str = ""
    birth_year: int | None = None


@dataclass(frozen=True, slots=True)
class FoundCopy:
    """A copy that could be promised now. stack: "open" | "closed"."""

    copy_id: int
    barcode: str
    title_id: int
    branch_id: str
    stack: str
    shelf_mark: str


@dataclass(frozen=True, slots=True)
class CheckedOut:
    """A loan as the library system booked it."""

    loan_ref: str
    due: datetime


class Circulation(Protocol):
    """The library system (ILS): readers, copies, loans. Changes take a key and are idempotent under it."""

    def verify_reader(self, card: str, pin: str) -> VerifiedReader | None:
        """None when card and PIN do not fit."""
        ...

    def find_copies(self, title_id: int) -> Sequence[FoundCopy]:
        """Copies on the shelf and promised to nobody, nearest to leaving first."""
        ...

    def reserve_copy(self, copy_id: int, card: str, key: str) -> bool:
        """Hold the copy for a reader; False when someone else was first."""
        ...

    def release_copy(self, copy_id: int, key: str) -> None: ...

    def check_out(self, copy_id: int, card: str, due: datetime, key: str) -> CheckedOut: ...

    def check_in(self, copy_id: int, key: str) -> None: ...

    def renew(self, copy_id: int, card: str, due: datetime, key: str) -> CheckedOut: ...

    def fees_owed(self, card: str) -> int:
        """Fees the library system holds against the card, in fen."""
        ...


# --- logistics ---


class ShipmentState(StrEnum):
    """Where a shipment is."""

    BOOKED = "booked"
    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Place:
    """An end of a journey: a branch, a locker, or a reader's door (address text only goes to the courier)."""

    kind: str
    id: str
    address: str = ""
    name: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Scan:
    """One courier event."""

    at: datetime
    state: ShipmentState
    where: str = ""


@dataclass(frozen=True, slots=True)
class Shipment:
    """A booked journey and its scans, oldest first."""

    tracking: str
    state: ShipmentState
    scans: tuple[Scan, ...] = ()


class Logistics(Protocol):
    """Couriers, out and back (standard 5.4). Booking is idempotent under the key."""

    def quote(self, start: Place, end: Place, volumes: int) -> int:
        """What the courier charges the library, in fen."""
        ...

    def ship(self, start: Place, end: Place, volumes: int, key: str) -> Shipment: ...

    def pick_up_return(self, start: Place, end: Place, volumes: int, window: str, key: str) -> Shipment: ...

    def cancel(self, tracking: str) -> bool:
        """False when it is too late."""
        ...

    def track(self, tracking: str) -> Shipment: ...


# --- lockers ---


@dataclass(frozen=True, slots=True)
class CellEvent:
    """What a locker reported. what: "opened" | "closed" | "taken" | "put_in" | "fault"."""

    at: datetime
    locker_id: str
    cell: str
    what: str


class LockerBank(Protocol):
    """Lockers and their cells. A cell belongs to one key at a time."""

    def free_cells(self, locker_id: str) -> int:
        """0 when the locker is out of service."""
        ...

    def reserve(self, locker_id: str, key: str, *, low: bool = False) -> str | None:
        """A cell's number held for the key (the same key gets the same cell), or None when full or closed."""
        ...

    def release(self, locker_id: str, key: str) -> None: ...

    def open(self, locker_id: str, key: str) -> bool:
        """Open the cell held for the key; False when the door did not open."""
        ...

    def events(self, locker_id: str, since: datetime) -> Sequence[CellEvent]: ...


# --- telling readers ---


class SmsRefused(Exception):
    """This short message can never be sent (bad number, unknown template); the reason holds no number."""


class Sms(Protocol):
    """Short messages through an operator. The same key is sent once wherever the operator can tell."""

    def send(self, phone: str, template: str, facts: Mapping[str, str], key: str) -> str:
        """The operator's id of the message.

        phone: 11 digits. template: our name of the operator's template; facts fill it, as ready texts.
        Raises SmsRefused, or PortUnavailable when it may be tried again under the same key.
        """
        ...


# --- readers ---


class PinHasher(Protocol):
    """Slow, salted hashes of PINs."""

    def hash(self, pin: str) -> str:
        """A hash to keep; different each time."""
        ...

    def verify(self, hashed: str, pin: str) -> bool:
        """Whether the PIN belongs to the hash; False, never an error, for a hash that cannot be read."""
        ...


# --- speech ---


@dataclass(frozen=True, slots=True)
class Heard:
    """What a recogniser made of a recording.

    text: empty when nobody spoke; alternatives: other readings, best first; confidence 0..1;
    language: ISO 639-1 ("zh"), empty when not known.
    """

    text: str
    alternatives: tuple[str, ...] = ()
    confidence: float = 0.0
    language: str = ""


class Speech(Protocol):
    """Understands and makes speech. Waves are WAV files of 16-bit samples, one channel.

    Both calls may take seconds and use every core; `bot.voice.pool` gives them a process of their own.
    An adapter that can do only one of the two raises `PortUnavailable` for the other.
    """

    def listen(self, wave: bytes, prompt: str = "") -> Heard:
        """What is said in a wave of 16 kHz. prompt: likely words, as running text; may be ignored."""
        ...

    def speak(self, text: str) -> bytes:
        """The text as a wave, of the voice's own sample rate."""
        ...
