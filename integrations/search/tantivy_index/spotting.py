"""Is a message, as a whole, one of our titles, an author or an ISBN? A few look-ups, far below 2 ms."""

import tantivy
from tantivy import Query

from integrations.search.tantivy_index import documents as kinds
from integrations.search.tantivy_index import phonetics
from integrations.search.tantivy_index.folding import fold
from integrations.search.tantivy_index.message import WORDS, Message
from integrations.search.tantivy_index.names import author_names
from lending.catalogue.isbn import normal_isbn
from lending.ports import Spotted

NOTHING = Spotted("none")
_SCHEMA = kinds.schema()
_MIN_LETTERS = 5
"""Shorter runs of letters are words of greeting more often than pinyin of a title."""


def spot(searcher: tantivy.Searcher, message: Message) -> Spotted:
    """See `CatalogueIndex.spot`. Deterministic: the longest reading wins, a title before an author."""
    if message.isbns:
        whole = normal_isbn(message.text) == message.isbns[0]
        return Spotted("isbn", message.isbns[0], whole, 1.0)
    for start, end in message.trimmings:
        found = _spot_part(searcher, message, start, end)
        if found is not None:
            return found
    if message.marked:
        return _spot_marked(searcher, message)
    return NOTHING


def _spot_part(searcher: tantivy.Searcher, message: Message, start: int, end: int) -> Spotted | None:
    text = message.text[start:end]
    untouched = (start, end) == (0, len(message.text))
    if len(text) == 1 and not (untouched or message.is_named(end)):
        return None
    common = WORDS.is_common(text) and not (message.is_named(end) or message.quoted)
    if common and not untouched:
        return None
    if message.is_authored(end) and (name := _author(searcher, text)):
        return Spotted("author", name, True, 1.0)
    if title := _title(searcher, kinds.TITLE + text):
        return Spotted("title", title, True, 0.5 if common else 1.0)
    if len(text) > 1 and (name := _author(searcher, text)):
        return Spotted("author", name, True, 0.5 if common else 1.0)
    return _spot_letters(searcher, text) if text.isascii() and text.isalpha() else None


def _spot_letters(searcher: tantivy.Searcher, text: str) -> Spotted | None:
    if len(text) < _MIN_LETTERS:
        return None
    title = _title(searcher, kinds.TITLE_LETTERS + phonetics.merge_letters(text))
    return Spotted("title", title, True, 0.8) if title else None


def _spot_marked(searcher: tantivy.Searcher, message: Message) -> Spotted:
    """A title between 《》 is meant as one, whether we have it or not."""
    known = _title(searcher, kinds.TITLE + fold(message.marked))
    whole = fold(message.marked) == message.text
    return Spotted("title", known or message.marked, whole, 1.0 if known else 0.8)


def _title(searcher: tantivy.Searcher, key: str) -> str | None:
    candidate = _first(searcher, key)
    return candidate.title if candidate else None


def _author(searcher: tantivy.Searcher, key: str) -> str | None:
    """The name as written in the catalogue, or the part of it that the key stands for."""
    candidate = _first(searcher, kinds.AUTHOR + key)
    if candidate is None:
        return None
    names = author_names(candidate.author)
    return next((name for name in names if fold(name) == key), key)


def _first(searcher: tantivy.Searcher, key: str) -> kinds.Candidate | None:
    if not searcher.doc_freq("key", key):
        return None
    hits = searcher.search(Query.term_query(_SCHEMA, "key", key), 1, count=False).hits
    return kinds.unpack(searcher.doc(hits[0][1])["kept"][0]) if hits else None
