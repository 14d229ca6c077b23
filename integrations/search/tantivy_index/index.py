"""The catalogue index on tantivy: exact keys, then grams of writing and sound, then reranking."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import tantivy
from tantivy import Occur, Query

from integrations.search.tantivy_index import documents as kinds
from integrations.search.tantivy_index import message as messages
from integrations.search.tantivy_index import phonetics
from integrations.search.tantivy_index.documents import (
    Candidate,
    bigrams,
    char_grams,
    schema,
    skip_grams,
    trigrams,
)
from integrations.search.tantivy_index.message import Message
from integrations.search.tantivy_index.scoring import judge
from integrations.search.tantivy_index.spotting import spot
from integrations.search.tantivy_index.store import Store
from integrations.search.tantivy_index.verdict import NOTHING, Verdict
from integrations.search.tantivy_index.windows import Heard
from lending.ports import IndexAnswer, IndexedTitle, IndexHit, Match, Spotted

GRAM_CANDIDATES = 100
"""How many titles the gram search hands to reranking."""
FEW_CANDIDATES = 40
"""The same once the message is understood for sure: only for what stands beside it (三体 → 三体全集)."""
SHORT_CORE = 8
"""Up to this length one swapped or stray character may break every bigram."""
MAX_SUBJECT = 6
"""The longest subject heading looked for inside a sentence."""
SURE = 0.97
"""From this score on nothing has to be guessed."""
MAX_SPAN = 16
"""The longest stretch of a message looked up as a key (longer titles are found by their grams)."""
MIN_SCORE = 0.5
"""A hit below this has nothing to do with the message."""
SHARE_OF_BEST = 0.62
"""Hits much worse than the best one are left out."""
PLAINLY_SAID = 0.72
"""From this score on a title, an author or a subject is said as written: beside it, guesses are noise."""
NOTHING_FOUND = IndexAnswer((), 0, 0.0)
_LOOSE = {Match.TYPO, Match.PINYIN}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of one search."""

    available_now: bool = False
    branch_id: str | None = None
    large_print: bool = False
    children: bool = False
    include_adult: bool = True

    def clauses(self) -> list[tuple[Occur, Query]]:
        """What every hit must fulfil, as tantivy clauses."""
        must: list[Query] = []
        if self.available_now:
            must.append(Query.range_query(_SCHEMA, "available", tantivy.FieldType.Integer, lower_bound=1))
        if self.branch_id is not None:
            must.append(Query.term_query(_SCHEMA, "branch", self.branch_id))
        for name, on in (("large_print", self.large_print), ("children", self.children)):
            if on:
                must.append(Query.term_query(_SCHEMA, name, 1))
        if not self.include_adult:
            must.append(Query.term_query(_SCHEMA, "adult_only", 0))
        return [(Occur.Must, query) for query in must]


_SCHEMA = schema()


class TantivyIndex:
    """`CatalogueIndex` in a directory that several processes open and one at a time writes."""

    def __init__(self, directory: Path) -> None:
        self._store = Store(directory)
        phonetics.load()

    def extend(self, titles: Iterable[IndexedTitle]) -> int:
        return self._store.extend(titles)

    def rebuild(self, titles: Iterable[IndexedTitle]) -> int:
        return self._store.rebuild(titles)

    def count(self) -> int:
        """Titles indexed; 0 when there is no index of this format yet."""
        searcher = self._store.searcher()
        return searcher.num_docs if searcher else 0

    def spot(self, text: str) -> Spotted:
        searcher = self._store.searcher()
        return spot(searcher, messages.read(text)) if searcher else Spotted("none")

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
    ) -> IndexAnswer:
        searcher = self._store.searcher()
        message = messages.read(text)
        if searcher is None or not (message.text or message.isbns):
            return NOTHING_FOUND
        wanted = Wanted(available_now, branch_id, large_print, children, include_adult)
        return _Search(searcher, wanted, limit).answer(message)


class _Search:
    """One search over one snapshot."""

    def __init__(self, searcher: tantivy.Searcher, wanted: Wanted, limit: int) -> None:
        self._searcher = searcher
        self._must = wanted.clauses()
        self._limit = limit

    def answer(self, message: Message) -> IndexAnswer:
        if message.isbns:
            return self._by_isbn(message.isbns)
        if message.quoted:
            quoted = self._best(replace(message, text=message.quoted[0]))
            if quoted.confidence >= 0.6:
                return quoted
        return self._best(message)

    def _by_isbn(self, isbns: Sequence[str]) -> IndexAnswer:
        queries = self._any_key([kinds.ISBN + isbn for isbn in isbns], self._limit)
        found = [candidate for query, limit in queries for candidate in self._fetch(query, limit)]
        hits = tuple(IndexHit(candidate.title_id, 1.0, Match.ISBN) for candidate in found)
        return IndexAnswer(hits, len(hits), 1.0)

    def _best(self, message: Message) -> IndexAnswer:
        heard = Heard(message)
        judged: dict[int, tuple[Verdict, Candidate]] = {}
        for query, limit in self._key_queries(heard):
            self._judge(heard, query, limit, judged)
        sure = any(verdict.score >= SURE for verdict, _ in judged.values())
        grams = _gram_query(heard, written_only=sure)
        if grams is not None:
            self._judge(heard, grams, FEW_CANDIDATES if sure else GRAM_CANDIDATES, judged)
        ranked = sorted(
            judged.values(), key=lambda pair: (-pair[0].score, len(pair[1].title), pair[1].title_id)
        )
        return _cut(ranked, self._limit)

    def _judge(
        self, heard: Heard, query: Query, limit: int, judged: dict[int, tuple[Verdict, Candidate]]
    ) -> None:
        for candidate in self._fetch(query, limit):
            if candidate.title_id not in judged:
                judged[candidate.title_id] = (judge(heard, candidate), candidate)

    def _key_queries(self, heard: Heard) -> Iterator[tuple[Query, int]]:
        """Whole keys that stand in the message: trimmed, spans, letters, author with title."""
        message = heard.message
        whole = [message.text[start:end] for start, end in message.trimmings]
        named = [kind + text for text in whole if len(text) > 1 for kind in (kinds.AUTHOR, kinds.SUBJECT)]
        titles, authors = self._spans(heard)
        yield from self._any_key([kinds.TITLE + text for text in whole], self._limit)
        yield from self._any_key(named, self._limit)
        if heard.spelled:
            yield from self._any_key(_letter_keys(heard), 40)
        for author in authors[:5]:
            for query, _ in self._any_key(titles[:24], 10):
                yield Query.boolean_query([(Occur.Must, _key(author)), (Occur.Must, query)]), 10
        for key in titles[:4]:
            yield _key(key), 20
        for key in authors[:2]:
            yield _key(key), 60
        yield from self._any_key(_subject_keys(heard), self._limit)

    def _any_key(self, keys: Sequence[str], limit: int) -> Iterator[tuple[Query, int]]:
        """One query for all the keys that exist, or none at all."""
        found = [_key(key) for key in keys if self._searcher.doc_freq("key", key)]
        if found:
            yield Query.boolean_query([(Occur.Should, query) for query in found]), limit

    def _spans(self, heard: Heard) -> tuple[list[str], list[str]]:
        """Title keys and author keys heard inside the message, the surest first."""
        titles: list[tuple[float, str]] = []
        authors: list[tuple[float, str]] = []
        whole, content = heard.whole, heard.message.content
        for start, end in _stretches(heard):
            if not any(content[start:end]):
                continue
            form = kinds.Form(whole.text[start:end], whole.sound[start:end], whole.coarse[start:end])
            for found, keys in ((titles, _TITLE_GRAINS), (authors, _AUTHOR_GRAINS)):
                best = self._surest(form, keys)
                if best is not None:
                    found.append(((end - start) * best[0], best[1]))
        return [key for _, key in sorted(titles, reverse=True)], [
            key for _, key in sorted(authors, reverse=True)
        ]

    def _surest(self, form: kinds.Form, grains: tuple[str, str, str]) -> tuple[float, str] | None:
        written, heard, half_heard = grains
        if not self._searcher.doc_freq("key", half_heard + form.coarse):
            return None  # what agrees in writing or sound agrees in coarse sound too
        if self._searcher.doc_freq("key", written + form.text):
            return 1.0, written + form.text
        if self._searcher.doc_freq("key", heard + form.sound):
            return 0.7, heard + form.sound
        return 0.5, half_heard + form.coarse

    def _fetch(self, query: Query, limit: int) -> list[Candidate]:
        filtered = Query.boolean_query([(Occur.Must, query), *self._must]) if self._must else query
        found = self._searcher.search(filtered, limit, count=False)
        return [kinds.unpack(self._searcher.doc(address)["kept"][0]) for _, address in found.hits]


_TITLE_GRAINS = (kinds.TITLE, kinds.TITLE_SOUND, kinds.TITLE_COARSE)
_AUTHOR_GRAINS = (kinds.AUTHOR, kinds.AUTHOR_SOUND, kinds.AUTHOR_COARSE)


def _key(key: str) -> Query:
    return Query.term_query(_SCHEMA, "key", key, "basic")


def _stretches(heard: Heard) -> Iterator[tuple[int, int]]:
    length = len(heard.message.text)
    for start in range(length):
        for end in range(start + 2, min(length, start + MAX_SPAN) + 1):
            if not heard.splits_word(start, end):
                yield start, end


def _subject_keys(heard: Heard) -> list[str]:
    """Stretches that may be subject headings: short, and not made of filler alone."""
    text, content = heard.message.text, heard.message.content
    spans = [(start, end) for start, end in _stretches(heard) if end - start <= MAX_SUBJECT]
    return [kinds.SUBJECT + text[start:end] for start, end in spans if content[start] and content[end - 1]]


def _letter_keys(heard: Heard) -> list[str]:
    typed, raw = heard.spelled, heard.core.text
    return [kinds.TITLE_LETTERS + typed, kinds.AUTHOR_LETTERS + typed, kinds.TITLE_INITIALS + raw]


def _gram_query(heard: Heard, *, written_only: bool) -> Query | None:
    """Titles sharing pieces of writing or sound with the core of the message."""
    core = heard.core
    terms = [("grams", gram) for gram in char_grams(core.text)]
    if heard.spelled:
        terms += [("letters", gram) for gram in trigrams(heard.spelled)]
    elif not written_only:
        terms += [("sounds", gram) for gram in (*bigrams(core.sound), *skip_grams(core.sound))]
        terms += [("coarse", gram) for gram in bigrams(core.coarse)]
        if len(core.sound) <= SHORT_CORE:
            terms += [("sounds", gram) for gram in _disordered(core.sound)]
    should = [
        (Occur.Should, Query.term_query(_SCHEMA, field, gram, "freq")) for field, gram in dict.fromkeys(terms)
    ]
    return Query.boolean_query(should) if should else None


def _disordered(sound: str) -> Iterator[str]:
    """What the grams would be if a character were too many, too few, or swapped with the next."""
    yield from (gram.replace("_", "") for gram in skip_grams(sound))
    yield from (f"{gram[0]}_{gram[1]}" for gram in bigrams(sound))


def _cut(ranked: Sequence[tuple[Verdict, Candidate]], limit: int) -> IndexAnswer:
    """Keep what is near the best; beside what is plainly said, guesses are noise."""
    best = ranked[0][0] if ranked else NOTHING
    floor = max(MIN_SCORE, SHARE_OF_BEST * best.score)
    plainly = best.score >= PLAINLY_SAID and best.match not in _LOOSE
    kept = [
        IndexHit(candidate.title_id, round(min(1.0, verdict.score), 4), verdict.match)
        for verdict, candidate in ranked
        if verdict.score >= floor
        and not (plainly and verdict.match in _LOOSE and (best.score >= SURE or not verdict.plain))
    ]
    sure = max((verdict.confidence for verdict, _ in ranked[: min(5, len(kept))]), default=0.0)
    return IndexAnswer(tuple(kept[:limit]), len(kept), round(min(1.0, sure), 3))
