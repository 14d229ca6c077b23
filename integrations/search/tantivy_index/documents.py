"""A title as the index keeps it: exact keys, overlapping grams, flags, and what reranking needs."""

from dataclasses import dataclass
from functools import lru_cache

import tantivy

from integrations.search.tantivy_index import phonetics
from integrations.search.tantivy_index.folding import HAN, fold, soften
from integrations.search.tantivy_index.names import author_keys, author_names, title_keys
from lending.ports import IndexedTitle

VERSION = 100 + phonetics.VERSION
"""Format of the index. Raise the hundreds when fields or keys change; an older index is then rebuilt."""

TITLE, AUTHOR, SUBJECT, ISBN = "t", "a", "s", "n"
TITLE_SOUND, AUTHOR_SOUND, TITLE_COARSE, AUTHOR_COARSE = "p", "q", "c", "d"
TITLE_LETTERS, AUTHOR_LETTERS, TITLE_INITIALS = "w", "v", "i"
"""First character of a term in the `key` field: what kind of key it is."""

_FIELD, _ITEM = "\x1f", "\x1e"
_SHORT_TITLE = 5
"""Titles up to this length also get skip grams, since one wrong character can break all their bigrams."""


def schema() -> tantivy.Schema:
    """The tantivy schema of one generation."""
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", stored=False, indexed=True, fast=True)
    builder.add_text_field("key", tokenizer_name="raw", index_option="basic")
    for name in ("grams", "sounds", "coarse", "letters"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    for name in ("available", "large_print", "children", "adult_only"):
        builder.add_integer_field(name, stored=False, indexed=True, fast=True)
    builder.add_text_field("branch", tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("kept", stored=True)
    return builder.build()


@dataclass(frozen=True, slots=True)
class Form:
    """One way to name something: as written, as it sounds, as it sounds coarsely. All three equally long."""

    text: str
    sound: str
    coarse: str

    @classmethod
    def of(cls, folded: str) -> "Form":
        return cls.heard(folded, phonetics.sound(folded))

    @classmethod
    def heard(cls, folded: str, sound: str) -> "Form":
        return cls(folded, sound, phonetics.coarsen(sound))


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is kept of a title to judge how well it fits a message. `titles` starts with the whole title."""

    title_id: int
    title: str
    author: str
    isbn: str
    titles: tuple[Form, ...]
    authors: tuple[Form, ...]
    spelled: str
    spelled_authors: tuple[str, ...]
    initials: str
    subjects: tuple[str, ...]


def bigrams(text: str) -> list[str]:
    """Overlapping pairs of characters."""
    return [text[at : at + 2] for at in range(len(text) - 1)]


def skip_grams(text: str) -> list[str]:
    """Pairs with one character left out between them, marked so that they never equal a bigram."""
    return [f"{text[at]}_{text[at + 2]}" for at in range(len(text) - 2)]


def trigrams(text: str) -> list[str]:
    """Overlapping triples, with the start marked."""
    marked = f"^{text}"
    return [marked[at : at + 3] for at in range(len(marked) - 2)]


def char_grams(softened: str) -> list[str]:
    """Bigrams of characters, and whole words of other scripts."""
    grams: list[str] = []
    for word in _words(softened):
        grams.extend(bigrams(word) if HAN.match(word) else [word])
    return grams


def _words(softened: str) -> list[str]:
    """Runs of Chinese characters and runs of other letters, in order."""
    runs: list[str] = []
    current, was_han = "", False
    for char in softened:
        is_han = HAN.match(char) is not None
        if current and (is_han != was_han or not char.isalnum()):
            runs.append(current)
            current = ""
        if char.isalnum():
            current += char
            was_han = is_han
    return [*runs, current] if current else runs


def subject_terms(subjects: str) -> tuple[str, ...]:
    """Folded subject headings of `中国文学；小说--当代`, each part on its own."""
    apart = soften(subjects)
    for separator in (";", ",", "、", "/", "--", "|", "-", "·"):
        apart = apart.replace(separator, _ITEM)
    return tuple(dict.fromkeys(key for key in map(fold, apart.split(_ITEM)) if len(key) > 1))


def to_document(entry: IndexedTitle) -> tantivy.Document:
    """Everything the index keeps of one title."""
    keys = title_keys(entry.title)
    full = Form.of(keys.full)
    mains = () if keys.main == keys.full else (_part_of(full, keys.main),)
    authors = tuple(Form.of(key) for key in author_keys(entry.author))
    subjects = subject_terms(entry.subjects)
    spelled = phonetics.spelled(keys.full)
    spelled_authors = tuple(phonetics.spelled(fold(name)) for name in author_names(entry.author))
    document = tantivy.Document()
    document.add_integer("id", entry.id)
    _add_keys(document, entry, (full, *mains), authors, subjects)
    for letters in dict.fromkeys((spelled, *(phonetics.spelled(main.text) for main in mains))):
        document.add_text("key", TITLE_LETTERS + letters)
    for letters in spelled_authors:
        document.add_text("key", AUTHOR_LETTERS + letters)
    names = [Form.of(fold(name)) for name in author_names(entry.author)]
    document.add_text(
        "grams", " ".join([*char_grams(soften(entry.title)), *char_grams(soften(entry.author))])
    )
    skips = [
        gram for form in (full, *mains) if len(form.text) <= _SHORT_TITLE for gram in skip_grams(form.sound)
    ]
    document.add_text(
        "sounds", " ".join([*skips, *(gram for form in (full, *names) for gram in bigrams(form.sound))])
    )
    document.add_text("coarse", " ".join(gram for form in (full, *names) for gram in bigrams(form.coarse)))
    document.add_text(
        "letters", " ".join(gram for word in (spelled, *spelled_authors) for gram in trigrams(word))
    )
    _add_flags(document, entry)
    initials = phonetics.initials(keys.full)
    document.add_bytes(
        "kept", _pack(entry, (full, *mains), authors, spelled, spelled_authors, initials, subjects)
    )
    return document


def _part_of(whole: Form, part: str) -> Form:
    """The sound of a part is cut from the whole where it can be, so that both read heteronyms alike."""
    at = whole.text.find(part)
    return Form.heard(part, whole.sound[at : at + len(part)]) if at >= 0 else Form.of(part)


def _add_keys(
    document: tantivy.Document,
    entry: IndexedTitle,
    titles: tuple[Form, ...],
    authors: tuple[Form, ...],
    subjects: tuple[str, ...],
) -> None:
    keys = [ISBN + entry.isbn13] if entry.isbn13 else []
    for form in titles:
        keys += [TITLE + form.text, TITLE_SOUND + form.sound, TITLE_COARSE + form.coarse]
        keys.append(TITLE_INITIALS + phonetics.initials(form.text))
    for form in authors:
        keys += [AUTHOR + form.text, AUTHOR_SOUND + form.sound, AUTHOR_COARSE + form.coarse]
    keys += [SUBJECT + term for term in subjects]
    for key in dict.fromkeys(keys):
        document.add_text("key", key)


def _add_flags(document: tantivy.Document, entry: IndexedTitle) -> None:
    document.add_integer("available", entry.available)
    document.add_integer("large_print", int(entry.large_print))
    document.add_integer("children", int(entry.children))
    document.add_integer("adult_only", int(entry.adult_only))
    for branch in entry.branches:
        document.add_text("branch", branch)


def _pack(
    entry: IndexedTitle,
    titles: tuple[Form, ...],
    authors: tuple[Form, ...],
    spelled: str,
    spelled_authors: tuple[str, ...],
    initials: str,
    subjects: tuple[str, ...],
) -> bytes:
    parts = [str(entry.id), entry.title, entry.author, entry.isbn13]
    for forms in (titles, authors):
        parts += [_ITEM.join(form.text for form in forms), _ITEM.join(form.sound for form in forms)]
    parts += [spelled, _ITEM.join(spelled_authors), initials, _ITEM.join(subjects)]
    return _FIELD.join(part.replace(_FIELD, " ") for part in parts).encode()


@lru_cache(maxsize=8192)
def unpack(kept: bytes) -> Candidate:
    """The candidate that `to_document` kept."""
    (
        title_id,
        title,
        author,
        isbn,
        texts,
        sounds,
        names,
        name_sounds,
        spelled,
        spelled_authors,
        initials,
        subjects,
    ) = kept.decode().split(_FIELD)
    return Candidate(
        title_id=int(title_id),
        title=title,
        author=author,
        isbn=isbn,
        titles=_forms(texts, sounds),
        authors=_forms(names, name_sounds),
        spelled=spelled,
        spelled_authors=_items(spelled_authors),
        initials=initials,
        subjects=_items(subjects),
    )


def _items(joined: str) -> tuple[str, ...]:
    return tuple(joined.split(_ITEM)) if joined else ()


def _forms(texts: str, sounds: str) -> tuple[Form, ...]:
    return tuple(Form.heard(text, sound) for text, sound in zip(_items(texts), _items(sounds), strict=True))
