"""What readers ask, made from titles: each kind of query with what counts as found."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import opencc
from pypinyin import lazy_pinyin

from integrations.search.tantivy_index.folding import HAN, fold
from integrations.search.tantivy_index.phonetics import sound, syllables
from lending.catalogue.isbn import check_digit_13
from lending.ports import IndexedTitle

Found = Callable[[IndexedTitle], bool]
FRAMES = (
    "我想借{}这本书",
    "有没有{}",
    "请问{}还能借吗",
    "帮我找一下{}谢谢",
    "我妈妈想看{}有吗",
    "那本{}在不在馆",
)
_TRADITIONAL = opencc.OpenCC("s2t")


@dataclass(frozen=True, slots=True)
class Query:
    """A query and whether a hit answers it."""

    kind: str
    text: str
    is_found: Found


def isbn_of(number: int) -> str:
    """An ISBN for the title of that number (the listings have none)."""
    first = f"9787{number:08d}"
    return first + check_digit_13(first)


class QueryMaker:
    """Queries about titles of one catalogue, the same for the same seed."""

    def __init__(self, titles: Sequence[IndexedTitle], seed: int = 7) -> None:
        self._titles = titles
        self._random = random.Random(seed)
        self._alike = _alike(titles)

    def make(self, each: int) -> Iterator[Query]:
        """`each` queries of every kind."""
        kinds: dict[str, Callable[[IndexedTitle], str | None]] = {
            "exact": lambda one: one.title,
            "partial": self._partial,
            "author": lambda one: one.author if len(fold(one.author)) > 1 else None,
            "author + title": lambda one: f"{one.author}{_said(one)}" if one.author and _said(one) else None,
            "isbn": lambda one: self._random.choice((one.isbn13, _hyphened(one.isbn13))),
            "typo": self._typo,
            "traditional": lambda one: _TRADITIONAL.convert(_said(one)) if _said(one) else None,
            "pinyin": lambda one: "".join(lazy_pinyin(_han(one.title))) if _han(one.title) else None,
            "initials": self._initials,
            "homophone": lambda one: self._misheard(_said(one)),
            "homophone, author + title": self._misheard_both,
            "sentence": self._framed,
        }
        for kind, write in kinds.items():
            yield from self._some(kind, write, each)

    def _some(self, kind: str, write: Callable[[IndexedTitle], str | None], each: int) -> Iterator[Query]:
        made = 0
        while made < each:
            one = self._random.choice(self._titles)
            text = write(one)
            if text:
                made += 1
                yield Query(kind, text, _finder(kind, one, text))

    def _partial(self, one: IndexedTitle) -> str | None:
        said = _said(one)
        if not said or len(said) < 6:
            return None
        length = max(4, len(said) * 2 // 3)
        start = self._random.choice((0, len(said) - length))
        return said[start : start + length]

    def _typo(self, one: IndexedTitle) -> str | None:
        """One character replaced, left out, doubled or swapped with the next."""
        said = _said(one)
        if not said or len(said) < 4:
            return None
        at = self._random.randrange(len(said) - 1)
        stray = chr(self._random.randrange(0x4E00, 0x9FA5))
        return self._random.choice(
            (
                said[:at] + stray + said[at + 1 :],
                said[:at] + said[at + 1 :],
                said[:at] + said[at] + said[at:],
                said[:at] + said[at + 1] + said[at] + said[at + 2 :],
            )
        )

    def _initials(self, one: IndexedTitle) -> str | None:
        said = _han(one.title)
        return "".join(entry[0] for entry in lazy_pinyin(said)) if len(said) > 3 else None

    def _misheard(self, said: str) -> str | None:
        """Half of the characters, at least one, as another of the same sound (accents included)."""
        if len(said) < 3:
            return None
        wrong = set(self._random.sample(range(len(said)), (len(said) + 1) // 2))
        heard = "".join(self._other(char) if at in wrong else char for at, char in enumerate(said))
        return heard if heard != said else None

    def _other(self, char: str) -> str:
        return self._random.choice(self._alike.get(sound(char), [char]))

    def _misheard_both(self, one: IndexedTitle) -> str | None:
        author, said = fold(one.author), _said(one)
        if not said or not 2 <= len(author) <= 4 or not HAN.match(author):
            return None
        together = self._misheard(author + said)
        return f"{together[: len(author)]}写的{together[len(author) :]}" if together else None

    def _framed(self, one: IndexedTitle) -> str | None:
        said = _said(one)
        return self._random.choice(FRAMES).format(said) if said else None


def _alike(titles: Sequence[IndexedTitle]) -> dict[str, list[str]]:
    """Characters of the catalogue by their sound."""
    seen = sorted({char for one in titles[:200_000] for char in fold(one.title) if HAN.match(char)})
    alike: dict[str, list[str]] = defaultdict(list)
    for char in seen:
        alike[sound(char)].append(char)
    return alike


def _said(one: IndexedTitle) -> str:
    """The title as it would be said, when it is Chinese and of ordinary length; else empty."""
    folded = fold(one.title)
    return folded if 2 <= len(folded) <= 16 and all(HAN.match(char) for char in folded) else ""


def _han(text: str) -> str:
    folded = fold(text)
    return folded if 3 <= len(folded) <= 12 and all(HAN.match(char) for char in folded) else ""


def _hyphened(isbn: str) -> str:
    return f"{isbn[:3]}-{isbn[3]}-{isbn[4:8]}-{isbn[8:12]}-{isbn[12]}"


def _finder(kind: str, one: IndexedTitle, text: str) -> Found:
    """By author: a book of the author. By part: a title with that part. Else: a title so called."""
    title, author, asked = fold(one.title), fold(one.author), fold(text)
    if kind == "author":
        return lambda hit: author in fold(hit.author) or fold(hit.title) == asked
    if kind == "partial":
        return lambda hit: asked in fold(hit.title)
    if kind == "initials":
        return lambda hit: "".join(entry[0] for entry in syllables(fold(hit.title))) == asked
    if kind == "pinyin":
        return lambda hit: fold(hit.title).startswith(title) or "".join(syllables(fold(hit.title))) == asked
    return lambda hit: title in fold(hit.title)
