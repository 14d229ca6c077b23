"""The demo library's data files, read and checked."""

import csv
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lending.strict import build

HERE = Path(__file__).parent
LIBRARY_FILE = HERE / "library.toml"
TITLES_FILE = HERE / "titles.csv"


@dataclass(frozen=True, slots=True)
class ShelfMarks:
    """Formats by stack, and the share of copies in the closed stack."""

    open: str
    closed: str
    closed_share: float


@dataclass(frozen=True, slots=True)
class Passwords:
    """What everybody knows: good on loopback only (see `app.demo.guard`)."""

    pin: str
    staff: str


@dataclass(frozen=True, slots=True)
class Account:
    """A staff account."""

    login: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class _Place:
    """A place of the library. Degrees GCJ-02; hours in the notation of `OpeningHours`."""

    id: str
    name: str
    address: str
    latitude: float
    longitude: float
    hours: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Branch(_Place):
    """A branch."""

    phone: str


@dataclass(frozen=True, slots=True)
class Locker(_Place):
    """A locker and its cells, the first `low_cells` of them within reach from a wheelchair."""

    cells: int
    low_cells: int


@dataclass(frozen=True, slots=True)
class AllOut:
    """A title of which every copy is lent."""

    title: str
    copies: int


@dataclass(frozen=True, slots=True)
class Copies:
    """Titles with many copies, with exactly one, and with all of them lent."""

    many: tuple[str, ...]
    single: tuple[str, ...]
    all_out: tuple[AllOut, ...]


@dataclass(frozen=True, slots=True)
class HomeAddress:
    """Where a reader has books brought to."""

    district: str
    street: str


@dataclass(frozen=True, slots=True)
class DemoReader:
    """An invented reader. suspended_days: from the day of seeding; owed_fen: an overdue fee from the past."""

    card: str
    kind: str
    name: str
    phone: str
    birth_year: int
    guardian: str = ""
    consent: bool = False
    suspended_days: int = 0
    owed_fen: int = 0
    addresses: tuple[HomeAddress, ...] = ()


@dataclass(frozen=True, slots=True)
class DemoLoan:
    """A loan begun so many days before seeding; `renewed`: the one renewal is used."""

    card: str
    title: str
    days_ago: int
    renewed: bool = False


@dataclass(frozen=True, slots=True)
class DemoReservation:
    """A reader in the queue for a title that is out."""

    card: str
    title: str


@dataclass(frozen=True, slots=True)
class DemoLibrary:
    """Everything but the titles."""

    shelf_marks: ShelfMarks
    passwords: Passwords
    staff: tuple[Account, ...]
    branches: tuple[Branch, ...]
    lockers: tuple[Locker, ...]
    copies: Copies
    readers: tuple[DemoReader, ...]
    loans: tuple[DemoLoan, ...]
    reservations: tuple[DemoReservation, ...]


@lru_cache(maxsize=1)
def demo_library() -> DemoLibrary:
    """The library file; `lending.strict.MisfitError` names what does not fit."""
    return build(DemoLibrary, tomllib.loads(LIBRARY_FILE.read_text(encoding="utf-8")))


def demo_titles() -> Iterator[dict[str, str]]:
    """Rows of the titles file: title, author, publisher, year, isbn, subjects, call_number, summary,
    large_print, children, adult_only (0 or 1), language."""
    with TITLES_FILE.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
