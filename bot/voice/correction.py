"""Corrects what was heard towards what makes sense here, by sound.

A sentence is read as chunks known to be likely (commands, titles, authors, places) with plain characters
between them; the reading that costs least wins, over all the recogniser's alternatives. A chunk costs how far
it sounds from what was heard, less where it is expected (a title after 我想借, a place after 送到); a plain
character costs a little, so that what is not known stays as it was heard.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from bot.voice.lexicon import (
    Book,
    Chunk,
    Kind,
    Syllables,
    book_chunks,
    letters,
    place_chunks,
    plain,
    vocabulary,
)
from bot.voice.sounds import apart, whole, within

FindBooks = Callable[[str], Sequence[Book]]
"""Titles that sound or look like a text, best first; a few."""

PLAIN = 0.30
"""What a character costs that belongs to no chunk."""
_BASE = 0.12
_UNEXPECTED, _EXPECTED = 0.25, -0.15
_MOST: Mapping[Kind, float] = {
    Kind.TITLE: 0.22,
    Kind.AUTHOR: 0.18,
    Kind.PLACE: 0.24,
    Kind.PIECE: 0.18,
    Kind.FILLER: 0.0,
}
"""How far a syllable of a chunk may be off on average."""
_MOST_EXPECTED = 0.34
_MOST_FUNCTION, _MOST_LONG_FUNCTION = 0.10, 0.16
_SENTENCE = 0.20
_SHORT_SENTENCE = 0.27
_CHOSEN = 0.30
"""As `_MOST` for whole sentences: any, those of two syllables, those that pick from choices on offer."""
_RANK = 0.08
"""What each place further down among the alternatives costs."""
_SHORTER = 0.15
_FIRST_APART = 0.45
_LONGEST = 80
_OF = re.compile("写的|的")
_PICKING = ("第", "选", "就", "最后", "借第", "我要第")
_MARKS = "，。,.？?！!；;：:、"


@dataclass(frozen=True, slots=True)
class Corrected:
    """cost: a mean per syllable, 0 when all is exactly as expected, PLAIN when nothing was recognised."""

    text: str
    cost: float


@dataclass(frozen=True, slots=True)
class _Step:
    """The best way to have read so far: its cost, the chunk or character taken last, and where it began."""

    cost: float
    said: str
    start: int
    before: str


class Corrector:
    """Corrects by the library's places and books. `places` is asked each time; `find_books` may block."""

    def __init__(
        self, syllables: Syllables, places: Callable[[], Iterable[str]], find_books: FindBooks
    ) -> None:
        self._syllables, self._places, self._find_books = syllables, places, find_books

    def correct(
        self,
        readings: Sequence[str],
        *,
        choices: Sequence[str] = (),
        books: Sequence[Book] = (),
        places: Sequence[str] = (),
    ) -> Corrected:
        """The sentence meant. readings: what was heard, best first, not empty; choices: titles of what is on
        offer; books: likely ones; places: likely ones. Blocks for some 50 ms."""
        heard = [plain(text) for text in readings[:5]]
        found = [*books, *self._books_in(heard)]
        named = place_chunks([*places, *self._places()], self._syllables)
        lexicon = _Lexicon(
            [*vocabulary(self._syllables).chunks, *named, *book_chunks(found, self._syllables)]
        )
        longest = len(letters(heard[0]))
        best: tuple[float, Corrected] | None = None
        for rank, text in enumerate(dict.fromkeys(heard)):
            corrected = self._one(text, lexicon, choices)
            size = max(1, len(letters(text)))
            total = corrected.cost * size + _RANK * min(rank, 3) + _SHORTER * max(0, longest - size)
            if best is None or total < best[0] - 1e-9:
                best = (total, corrected)
        return best[1] if best else Corrected("", PLAIN)

    def _books_in(self, heard: Sequence[str]) -> list[Book]:
        """What the catalogue finds in the three best readings, whole and stripped."""
        asked = dict.fromkeys(query for text in heard[:3] for query in self._queries(letters(text)) if query)
        return [book for query in asked for book in self._find_books(query)]

    def _queries(self, spoken: str) -> Sequence[str]:
        """我想借鱼花的活这有没有 → the same, 鱼花的活这有没有, 鱼花的活这, and its parts 鱼花, 活这."""
        spoken = spoken[:_LONGEST]
        sound = tuple(self._syllables(spoken))
        first = max((end for end, _ in self._found(Kind.BEFORE_TITLE, sound, 0)), default=0)
        last = next(
            (at for at in range(first + 2, len(sound)) if any(self._found(Kind.AFTER_TITLE, sound, at))), None
        )
        bare = spoken[first:last]
        return [spoken, spoken[first:], bare, *(part for part in _OF.split(bare) if len(part) > 1)]

    def _found(self, kind: Kind, sound: Sequence[str], at: int) -> Iterable[tuple[int, float]]:
        for chunk in vocabulary(self._syllables).chunks:
            if chunk.kind is kind and len(chunk.sound) > 1:
                yield from within(chunk.sound, sound, at, _MOST_FUNCTION * len(chunk.sound))

    def _one(self, text: str, lexicon: "_Lexicon", choices: Sequence[str]) -> Corrected:
        spoken, marks = _marked(text)
        sound = tuple(self._syllables(spoken))
        if not sound:
            return Corrected("", PLAIN)
        sentence = self._sentence(sound, choices)
        read = _read(spoken, sound, marks, lexicon)
        if sentence is not None and sentence.cost <= read.cost:
            return sentence
        return read

    def _sentence(self, sound: tuple[str, ...], choices: Sequence[str]) -> Corrected | None:
        """A whole sentence that is often said, or the title of a choice."""
        known = vocabulary(self._syllables).sentences
        numbers = vocabulary(self._syllables).numbers if choices else ()
        offered = [(said, tuple(self._syllables(letters(said)))) for said in (*choices, *numbers)]
        denials = _denials(sound)
        found: list[tuple[float, str]] = []
        for said, its in [*known, *offered]:
            picks = bool(choices) and (said in choices or said.startswith(_PICKING))
            share = _CHOSEN if picks else _SHORT_SENTENCE if len(its) == 2 else _SENTENCE
            most = share * len(its)
            if _denials(its) == denials and (distance := whole(its, sound, most)) <= most:
                found.append((max(0.0, distance - (_UNEXPECTED if picks else 0.0)), said))
        if not found:
            return None
        distance, said = min(found)
        return Corrected(said, distance / len(sound))


def _denials(sound: Iterable[str]) -> Counter[str]:
    """How often 不, 没, 别 is said: a sentence is never corrected into its opposite."""
    return Counter(syllable for syllable in sound if syllable in {"bu", "mei", "bie"})


class _Lexicon:
    """Chunks by their first syllable."""

    def __init__(self, chunks: Iterable[Chunk]) -> None:
        self._by_first: dict[str, list[Chunk]] = defaultdict(list)
        for chunk in dict.fromkeys(chunks):
            if chunk.sound:
                self._by_first[chunk.sound[0]].append(chunk)

    def beginning(self, syllable: str) -> Iterable[Chunk]:
        for first, chunks in self._by_first.items():
            if apart(first, syllable) <= _FIRST_APART:
                yield from chunks


def _marked(text: str) -> tuple[str, frozenset[int]]:
    """The spoken characters, and before which of them a pause was heard."""
    spoken, pauses = "", set()
    for letter in text.lower():
        if letter.isalnum():
            spoken += letter
        elif letter in _MARKS and spoken:
            pauses.add(len(spoken))
    return spoken[:_LONGEST], frozenset(pauses)


def _read(spoken: str, sound: tuple[str, ...], marks: frozenset[int], lexicon: _Lexicon) -> Corrected:
    """The cheapest reading. A state is where we are and what kind of chunk was said last."""
    best: list[dict[str, _Step]] = [{} for _ in range(len(spoken) + 1)]
    best[0][""] = _Step(0.0, "", 0, "")
    for at in range(len(spoken)):
        chunks = [chunk for chunk in lexicon.beginning(sound[at]) if _may_stand(chunk, spoken, at, marks)]
        ends = [(chunk, within(chunk.sound, sound, at, _most(chunk, True))) for chunk in chunks]
        for state, step in list(best[at].items()):
            _offer(best[at + 1], "", _Step(step.cost + PLAIN, spoken[at], at, state))
            for chunk, reached in ends:
                expected = _expected(chunk.kind, state)
                most = _most(chunk, expected)
                for end, distance in reached:
                    if distance <= most:
                        cost = step.cost + distance + _base(chunk, expected, at == 0)
                        said = _said(chunk, spoken[at:end], distance)
                        after = state if chunk.kind is Kind.FILLER else chunk.kind.value
                        _offer(best[end], after, _Step(cost, said, at, state))
    return _traced(best, marks)


def _may_stand(chunk: Chunk, spoken: str, at: int, marks: frozenset[int]) -> bool:
    """Fillers are left out only as they are written, and short ones only before a pause."""
    if chunk.kind is not Kind.FILLER:
        return True
    end = at + len(chunk.said)
    before_a_pause = end in marks or end == len(spoken)
    return spoken[at:end] == chunk.said and (len(chunk.said) > 1 or before_a_pause)


def _most(chunk: Chunk, expected: bool) -> float:
    size = len(chunk.sound)
    if size == 1:
        return 0.0
    share = _MOST.get(chunk.kind, _MOST_LONG_FUNCTION)
    if size == 2 and chunk.kind not in {Kind.TITLE, Kind.AUTHOR, Kind.PLACE}:
        share = _MOST_FUNCTION
    if expected and chunk.kind in {Kind.TITLE, Kind.AUTHOR, Kind.PLACE}:
        share = _MOST_EXPECTED
    return share * size


def _expected(kind: Kind, state: str) -> bool:
    if kind in {Kind.TITLE, Kind.AUTHOR}:
        return state in {Kind.BEFORE_TITLE, Kind.AUTHOR} or (state == Kind.AFTER_TITLE and kind is Kind.TITLE)
    if kind is Kind.PLACE:
        return state == Kind.BEFORE_PLACE
    return kind is Kind.AFTER_TITLE and state in {Kind.TITLE, Kind.AUTHOR}


def _base(chunk: Chunk, expected: bool, first: bool) -> float:
    """Whoever begins with a book or a place most likely means it."""
    if chunk.kind not in {Kind.TITLE, Kind.AUTHOR, Kind.PLACE}:
        return _BASE
    if expected:
        return _BASE + _EXPECTED
    return _BASE if first else _BASE + _UNEXPECTED


def _said(chunk: Chunk, heard: str, distance: float) -> str:
    """Function words of one syllable and exact ones stay as they were heard."""
    if chunk.kind is Kind.FILLER:
        return ""
    return heard if len(chunk.sound) == 1 and distance == 0 else chunk.said


def _offer(states: dict[str, _Step], state: str, step: _Step) -> None:
    if state not in states or step.cost < states[state].cost:
        states[state] = step


def _traced(best: Sequence[Mapping[str, _Step]], marks: frozenset[int]) -> Corrected:
    """Back from the cheapest end to the beginning; pauses stay between chunks."""
    state, step = min(best[-1].items(), key=lambda item: item[1].cost)
    at, parts, cost = len(best) - 1, [], step.cost
    while at > 0:
        step = best[at][state]
        parts.append(("，" if step.start in marks and step.start else "") + step.said)
        at, state = step.start, step.before
    text = "".join(reversed(parts))
    return Corrected(_tidy(text), max(0.0, cost) / (len(best) - 1))


def _tidy(text: str) -> str:
    lead = len(list(takewhile(lambda letter: letter in _MARKS, text)))
    return text[lead:].rstrip(_MARKS).replace("，，", "，")
