"""Under which keys a title and its authors are looked up."""

import re
from dataclasses import dataclass
from functools import lru_cache

from integrations.search.tantivy_index.folding import HAN, fold, soften

_BRACKETED = re.compile(r"[(\[【〔〈<][^)\]】〕〉>]*[)\]】〕〉>]")
_SUBTITLE = re.compile(r"[:/|丨=]|——|--| - |─")
_SPACE = re.compile(r"\s+")
_SEPARATOR = re.compile(r"[;,、/&|]|\band\b|\s和\s|\t")
_ROLE = re.compile(
    r"\s*(?:等?(?:编着|主编|编译|编绘|编写|译注|校注|选编|着|编|译|绘|撰|辑)|等|[\s]+(?:图|文|口述|整理|改编))$"
)
_DOT = re.compile(r"[·・•.‧∙]")
_MIN_LATIN_SURNAME = 4


@dataclass(frozen=True, slots=True)
class TitleKeys:
    """Folded. `full` is the whole title, `main` what stands before a bracket or subtitle (else the same)."""

    full: str
    main: str


def title_keys(title: str) -> TitleKeys:
    """The keys of one title; both empty when nothing can be looked up (only punctuation)."""
    full = fold(title)
    bare = _BRACKETED.sub(" ", soften(title)).strip()
    head = _SUBTITLE.split(bare, maxsplit=1)[0].strip()
    if HAN.search(head):
        first = _SPACE.split(head, maxsplit=1)[0]
        head = first if len(first) > 1 and HAN.search(first) else head
    main = fold(head)
    return TitleKeys(full, main if len(main) > 1 or main == full else full)


@lru_cache(maxsize=1024)
def author_names(author: str) -> tuple[str, ...]:
    """Names without country, role or bracket, softened: `[英] 乔治·奥威尔 著；董乐山 译` gives two."""
    bare = _BRACKETED.sub(" ", soften(author))
    names: list[str] = []
    for piece in _SEPARATOR.split(bare):
        words = _SPACE.split(piece.strip())
        apart = words if len(words) > 1 and all(HAN.search(word) for word in words) else [piece.strip()]
        names.extend(_without_role(word) for word in apart)
    return tuple(dict.fromkeys(name for name in names if len(name) > 1))


def _without_role(name: str) -> str:
    shorter = _ROLE.sub("", name).strip()
    return shorter if len(fold(shorter)) > 1 else name


def author_keys(author: str) -> tuple[str, ...]:
    """Folded names, and for foreign names the surname too (马尔克斯, orwell)."""
    keys: list[str] = []
    for name in author_names(author):
        keys.append(fold(name))
        last = fold((_DOT if HAN.search(name) else _SPACE).split(name)[-1])
        if len(last) >= (2 if HAN.search(last) else _MIN_LATIN_SURNAME):
            keys.append(last)
    return tuple(dict.fromkeys(key for key in keys if len(key) > 1))
