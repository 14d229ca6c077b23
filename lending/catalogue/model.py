"""Titles as readers see them, and pages of search results."""

from dataclasses import dataclass
from typing import NamedTuple

from lending.ports import IndexedTitle, Match, Spotted

__all__ = [
    "Availability",
    "BranchShelf",
    "Filters",
    "Hit",
    "IndexedTitle",
    "Match",
    "SearchPage",
    "Spotted",
    "Title",
]


@dataclass(frozen=True, slots=True)
class Title:
    """A bibliographic record. `year` as printed; `subjects` parted by “;”."""

    id: int
    title: str
    author: str = ""
    publisher: str = ""
    year: str = ""
    isbn13: str | None = None
    call_number: str = ""
    subjects: str = ""
    summary: str = ""
    large_print: bool = False
    children: bool = False
    adult_only: bool = False
    language: str = ""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader narrows a search to."""

    available_now: bool = False
    branch_id: str | None = None
    large_print: bool = False
    children: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A title found. `available`: copies on the shelf, promised to nobody, now (in the branch asked for)."""

    title: Title
    available: int
    score: float
    match: Match


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of hits, best first. `confidence` 0..1: how sure we are that one of our books is meant."""

    hits: tuple[Hit, ...]
    total: int
    page: int
    match: Match
    confidence: float


class BranchShelf(NamedTuple):
    """How many copies stand free in one branch."""

    branch_id: str
    branch_name: str
    on_shelf: int


@dataclass(frozen=True, slots=True)
class Availability:
    """`total` copies in use (no withdrawn or missing ones), `on_shelf` free now, `waiting` readers."""

    total: int
    on_shelf: int
    by_branch: tuple[BranchShelf, ...]
    waiting: int
