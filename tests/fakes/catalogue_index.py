"""`CatalogueIndex` in memory: finds what is written out, knows no sound and no typing errors."""

from collections.abc import Iterable

from lending.catalogue.isbn import find_isbns
from lending.catalogue.keys import folded
from lending.ports import IndexAnswer, IndexedTitle, IndexHit, Match, Spotted

_SCORES = {
    Match.ISBN: 1.0,
    Match.EXACT_TITLE: 1.0,
    Match.AUTHOR_TITLE: 0.98,
    Match.AUTHOR: 0.93,
    Match.TITLE: 0.85,
    Match.CONTAINED: 0.7,
    Match.SUBJECT: 0.6,
}


class InMemoryIndex:
    """Compares each title with the message: slow and plain, so that tests of other things need no files."""

    def __init__(self, titles: Iterable[IndexedTitle] = ()) -> None:
        self._titles = {entry.id: entry for entry in titles}

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
        hits = []
        for entry in self._titles.values():
            if (available_now and not entry.available) or (large_print and not entry.large_print):
                continue
            if (children and not entry.children) or (entry.adult_only and not include_adult):
                continue
            if branch_id is not None and branch_id not in entry.branches:
                continue
            match = _match(text, entry)
            if match is not Match.NONE:
                hits.append(IndexHit(entry.id, _SCORES[match], match))
        hits.sort(key=lambda hit: (-hit.score, hit.title_id))
        return IndexAnswer(tuple(hits[:limit]), len(hits), hits[0].score if hits else 0.0)

    def spot(self, text: str) -> Spotted:
        if isbns := find_isbns(text):
            return Spotted("isbn", isbns[0], True, 1.0)
        message = folded(text)
        for entry in self._titles.values():
            if message and message == folded(entry.title):
                return Spotted("title", entry.title, True, 1.0)
        for entry in self._titles.values():
            if message and message == folded(entry.author):
                return Spotted("author", entry.author, True, 1.0)
        return Spotted("none")

    def extend(self, titles: Iterable[IndexedTitle]) -> int:
        fresh = {entry.id: entry for entry in titles}
        self._titles |= fresh
        return len(fresh)

    def rebuild(self, titles: Iterable[IndexedTitle]) -> int:
        self._titles = {entry.id: entry for entry in titles}
        return len(self._titles)

    def count(self) -> int:
        return len(self._titles)


def _match(text: str, entry: IndexedTitle) -> Match:
    message, title, author = folded(text), folded(entry.title), folded(entry.author)
    if entry.isbn13 and entry.isbn13 in find_isbns(text):
        return Match.ISBN
    if not message:
        return Match.NONE
    if message == title:
        return Match.EXACT_TITLE
    if author and author in message:
        return Match.AUTHOR_TITLE if title in message else Match.AUTHOR
    if len(message) > 1 and message in title:
        return Match.TITLE
    if len(title) > 1 and title in message:
        return Match.CONTAINED
    return Match.SUBJECT if len(message) > 1 and message in folded(entry.subjects) else Match.NONE
