"""What may be said: chunks of speech with their sound, from the words file, the talk and the catalogue."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path

import opencc
import yaml

Syllables = Callable[[str], Sequence[str]]
"""One entry a character of a plain text: pinyin without tone, else the character."""

WORDS = Path(__file__).with_name("words.yml")


class Kind(StrEnum):
    """What a chunk is in a sentence."""

    PIECE = "piece"
    """A part that recognisers often miss."""
    FILLER = "filler"
    """Nothing; left out."""
    BEFORE_TITLE = "before_title"
    AFTER_TITLE = "after_title"
    BEFORE_PLACE = "before_place"
    AFTER_PLACE = "after_place"
    TITLE = "title"
    AUTHOR = "author"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Something said in one go. `said` is what is written for it (for a filler: what is left out)."""

    kind: Kind
    said: str
    sound: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """A title that may be meant."""

    title: str
    author: str = ""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words file, sounded once. numbers: said only where there are choices."""

    sentences: tuple[tuple[str, tuple[str, ...]], ...]
    numbers: tuple[str, ...]
    chunks: tuple[Chunk, ...]
    never_said: tuple[str, ...]
    prompt: tuple[str, ...]


@cache
def _file() -> Mapping[str, Sequence[str]]:
    loaded = yaml.safe_load(WORDS.read_text("utf-8"))
    return {name: tuple(map(str, words)) for name, words in loaded.items()}


@lru_cache(maxsize=4)
def vocabulary(syllables: Syllables) -> Vocabulary:
    """What the words file holds."""
    words = _file()
    kinds = {"pieces": Kind.PIECE, "fillers": Kind.FILLER} | {
        kind.value: kind
        for kind in (Kind.BEFORE_TITLE, Kind.AFTER_TITLE, Kind.BEFORE_PLACE, Kind.AFTER_PLACE)
    }
    chunks = [
        Chunk(kind, word, tuple(syllables(word))) for name, kind in kinds.items() for word in words[name]
    ]
    sentences = tuple((sentence, tuple(syllables(sentence))) for sentence in words["sentences"])
    return Vocabulary(
        sentences, tuple(words["numbers"]), tuple(chunks), tuple(words["never_said"]), tuple(words["prompt"])
    )


@cache
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def plain(text: str) -> str:
    """Simplified characters, half-width letters and digits, no spaces between them."""
    return str(_simplifier().convert(unicodedata.normalize("NFKC", text))).strip()


def letters(text: str) -> str:
    """Only what is spoken, in lower case."""
    return "".join(letter for letter in plain(text).lower() if letter.isalnum())


def main_title(title: str) -> str:
    """What people call a book: before a bracket, colon or space (三体：死神永生 → 三体)."""
    for at, letter in enumerate(plain(title)):
        if at > 1 and letter in ":：(（[【 —-":
            return plain(title)[:at].strip()
    return plain(title)


def author_names(author: str) -> list[str]:
    """Names without country and role, foreign ones by surname too (加西亚·马尔克斯 → 马尔克斯)."""
    names: list[str] = []
    for part in plain(author).replace("；", ";").replace("、", ";").replace(",", ";").split(";"):
        bare = part.partition("]")[2] if part.startswith("[") else part
        bare = bare.partition(")")[2] if bare.startswith("(") else bare
        name = bare.strip().rstrip("著译编绘").strip()
        names += [name, name.replace("•", "·").rpartition("·")[2]] if "·" in name else [name]
    return [name for name in dict.fromkeys(names) if len(letters(name)) > 1]


def book_chunks(books: Iterable[Book], syllables: Syllables) -> list[Chunk]:
    """Titles in 《》 and authors as they are written in the catalogue."""
    found: dict[tuple[Kind, str], Chunk] = {}
    for book in books:
        for title in {main_title(book.title), book.title}:
            if spoken := letters(title):
                chunk = Chunk(Kind.TITLE, f"《{main_title(title)}》", tuple(syllables(spoken)))
                found.setdefault((Kind.TITLE, title), chunk)
        for name in author_names(book.author):
            found.setdefault((Kind.AUTHOR, name), Chunk(Kind.AUTHOR, name, tuple(syllables(letters(name)))))
    return list(found.values())


def place_chunks(places: Iterable[str], syllables: Syllables) -> list[Chunk]:
    """Names of lockers and branches, with and without what all of them are called."""
    names = [plain(place) for place in places]
    shorter = [
        short for name in names for end in ("自助柜", "分馆") if (short := name.removesuffix(end)) != name
    ]
    return [
        Chunk(Kind.PLACE, name, tuple(syllables(letters(name))))
        for name in dict.fromkeys([*names, *shorter])
        if len(letters(name)) > 1
    ]
