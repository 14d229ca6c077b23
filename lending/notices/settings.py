"""What a reader wants to be told: topics that may be declined, and whether at night too."""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lending.notices.rules import RULES, Topic, rule
from lending.ports import Clock
from lending.storage import notice_settings as rows
from lending.storage.base import Connection, Database

NIGHT = "at_night"
"""The row that stands for “at night too”."""

NARROW_FIRST = ("fixed", Topic.RETURNS, Topic.PICKUP, Topic.PROGRESS, Topic.DUE)
"""A word belongs to the first of these that knows it: 还书回执 is no 还书."""

WORDS = Path(__file__).with_name("words.toml")


@dataclass(frozen=True, slots=True)
class Wishes:
    """A reader's wishes. declined: kinds of notices, as rows say."""

    declined: frozenset[str] = frozenset()
    night: bool = False

    def wants(self, kind: str) -> bool:
        """Whether a notice of this kind is told; those outside a topic always are."""
        return rule(kind).topic is None or kind not in self.declined

    @property
    def topics(self) -> Mapping[Topic, bool]:
        """Each topic, and whether any of its kinds is told."""
        return {topic: any(self.wants(kind) for kind in kinds(topic)) for topic in Topic}


class NoticeSettings:
    """Rows by reader and kind; a kind without a row is told."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def of(self, reader_id: int) -> Wishes:
        """The reader's wishes."""
        with self._database.read() as conn:
            return wishes(conn, reader_id)

    def want(self, reader_id: int, topics: Collection[Topic], wanted: bool) -> Wishes:
        """Turn topics on or off; again is the same."""
        with self._database.begin() as conn:
            for kind in (str(kind) for topic in topics for kind in kinds(topic)):
                rows.put(conn, reader_id, kind, wanted, self._clock.now())
            return wishes(conn, reader_id)

    def want_at_night(self, reader_id: int, wanted: bool) -> Wishes:
        """Tell this reader at night too, or not."""
        with self._database.begin() as conn:
            rows.put(conn, reader_id, NIGHT, wanted, self._clock.now())
            return wishes(conn, reader_id)


def wishes(conn: Connection, reader_id: int | None) -> Wishes:
    """A reader's wishes in the caller's transaction; nobody in particular wants everything, by day."""
    said = rows.of_reader(conn, reader_id) if reader_id is not None else {}
    night = said.pop(NIGHT, False)
    return Wishes(frozenset(kind for kind, wanted in said.items() if not wanted), night)


def kinds(topic: Topic) -> list[str]:
    """The kinds of a topic."""
    return [str(kind) for kind, rule_ in RULES.items() if rule_.topic is topic]


@dataclass(frozen=True, slots=True)
class Meant:
    """What a message about notices is about: topics; `fixed`: one that cannot be declined; `night`."""

    topics: tuple[Topic, ...] = ()
    fixed: bool = False
    night: bool = False


def meant(text: str) -> Meant:
    """By words.toml; nothing for a message that names no topic."""
    words = _words()
    rest, named = text, set()
    for group in NARROW_FIRST:
        for word in (word for word in words[group] if word in rest):
            named.add(group)
            rest = rest.replace(word, " ")
    topics = tuple(topic for topic in Topic if topic in named)
    return Meant(topics, "fixed" in named, any(word in text for word in words["night"]))


@cache
def _words() -> Mapping[str, tuple[str, ...]]:
    loaded = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    return {name: tuple(words) for name, words in loaded.items()}
