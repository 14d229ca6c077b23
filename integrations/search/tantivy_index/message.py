"""What a message says besides the title: politeness, quotes, ISBNs, signs that a book is meant or not."""

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from integrations.search.tantivy_index.folding import fold
from lending.catalogue.isbn import find_isbns

MAX_CHARS = 48
"""Folded characters read of a message; nobody names a book later than that."""
_QUOTED = re.compile(r"[《〈「『“\"‘']([^《〈「『“\"‘'》〉」』”’]{1,60})[》〉」』”\"’']")
_BOOK_MARKED = re.compile(r"《([^《》]{1,80})》?")


class Words:
    """The lists of words.toml, compiled."""

    def __init__(self, path: Path) -> None:
        lists = tomllib.loads(path.read_text(encoding="utf-8"))
        self.before = frozenset(lists["before"])
        self.after = frozenset(lists["after"])
        self.named = frozenset(lists["named"])
        self.authored = frozenset(lists["authored"])
        self.everyday = frozenset(lists["everyday"])
        self.neutral = _any_of(lists["neutral"])
        self.cues = _any_of(lists["cues"])
        self.service = _any_of(lists["service"])

    def is_common(self, text: str) -> bool:
        """Is folded text an everyday word, or made of words that name no book?"""
        if text.isascii():
            return len(text) < 4
        return text in self.everyday or not self.neutral.sub("", self.service.sub("", text))


def _any_of(phrases: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True)))


WORDS = Words(Path(__file__).with_name("words.toml"))
_LONGEST = max(len(word) for word in WORDS.before | WORDS.after)


@dataclass(frozen=True)
class Message:
    """A message, folded. `text` may hold a title anywhere; `core` is what politeness leaves."""

    text: str
    isbns: tuple[str, ...]
    quoted: tuple[str, ...]
    marked: str
    """The first 《…》 as written, empty if none."""

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where the message may begin once politeness is trimmed, in ascending order (0 among them)."""
        reached = {0}
        for at in range(len(self.text)):
            if at in reached:
                reached |= {at + n for n in range(1, _LONGEST + 1) if self.text[at : at + n] in WORDS.before}
        return tuple(sorted(at for at in reached if at < len(self.text)))

    @cached_property
    def ends(self) -> tuple[int, ...]:
        """Where the message may end, in descending order (its length among them)."""
        reached = {len(self.text)}
        for at in range(len(self.text), 0, -1):
            if at in reached:
                reached |= {
                    at - n
                    for n in range(1, _LONGEST + 1)
                    if n <= at and self.text[at - n : at] in WORDS.after
                }
        return tuple(sorted((at for at in reached if at > 0), reverse=True))

    @cached_property
    def trimmings(self) -> tuple[tuple[int, int], ...]:
        """Every (start, end) that trimming can leave, longest first; the untrimmed message is the first."""
        pairs = [(start, end) for start in self.starts for end in self.ends if start < end]
        return tuple(sorted(pairs, key=lambda pair: (pair[0] - pair[1], pair[0])))

    @cached_property
    def core(self) -> tuple[int, int]:
        """The shortest trimming that leaves at least two characters and no mere filler."""
        for start, end in reversed(self.trimmings):
            if end - start > 1 and WORDS.neutral.sub("", self.text[start:end]):
                return start, end
        return 0, len(self.text)

    @cached_property
    def content(self) -> tuple[bool, ...]:
        """For each character: does it say something (True), or is it a neutral word (False)?"""
        says = [True] * len(self.text)
        for match in WORDS.neutral.finditer(self.text):
            says[match.start() : match.end()] = [False] * (match.end() - match.start())
        return tuple(says)

    @cached_property
    def asks_for_book(self) -> bool:
        return bool(self.quoted) or WORDS.cues.search(self.text) is not None

    @cached_property
    def not_service(self) -> float:
        """0.25..1: how little of the message is made of words of another wish (续借, 几点…)."""
        service = sum(len(match.group()) for match in WORDS.service.finditer(self.text))
        return max(0.25, 1.0 - 1.6 * service / len(self.text)) if self.text else 1.0

    def is_named(self, end: int) -> bool:
        """Is what was trimmed after `end` an ending like 这本书?"""
        return any(self.text[end:].startswith(word) for word in WORDS.named)

    def is_authored(self, end: int) -> bool:
        """Is what was trimmed after `end` an ending like 写的书?"""
        return any(self.text[end:].startswith(word) for word in WORDS.authored)


@lru_cache(maxsize=256)
def read(text: str) -> Message:
    """Take a message apart. Never fails, whatever the text."""
    quoted = tuple(key for key in (fold(match.group(1)) for match in _QUOTED.finditer(text)) if key)
    marked = _BOOK_MARKED.search(text)
    return Message(
        text=fold(text[: MAX_CHARS * 4])[:MAX_CHARS],
        isbns=find_isbns(text[:2000]),
        quoted=quoted,
        marked=marked.group(1).strip() if marked else "",
    )
