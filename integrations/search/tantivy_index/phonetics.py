"""How text sounds, coarsely enough for speech recognisers and southern accents.

A *code* string has one private-use character for each character of the folded text, so that positions in
the text and in its sound agree. Two grains: `sound` merges zh/z ch/c sh/s, -ng/-n and n-/l-; `coarsen` also
drops the final nasal and merges r-/l-, f-/h- and ie/üe (于滑雪的活镇 for 余华写的活着). Latin letters stand
for themselves.
"""

import gc
import re
import unicodedata
from functools import cache, lru_cache

from pypinyin import lazy_pinyin
from pypinyin.phrases_dict import phrases_dict
from pypinyin.pinyin_dict import pinyin_dict

from integrations.search.tantivy_index.folding import HAN

VERSION = 1
"""Part of the index format: raise it when a code changes."""

_INITIALS = (
    "",
    "b",
    "p",
    "m",
    "f",
    "d",
    "t",
    "l",
    "g",
    "k",
    "h",
    "j",
    "q",
    "x",
    "r",
    "z",
    "c",
    "s",
    "y",
    "w",
)
_FINALS = (
    *("", "a", "ai", "an", "ao", "e", "ei", "en", "er", "i", "ia", "ian", "iao", "ie", "in", "io", "iu"),
    *(
        "o",
        "on",
        "ou",
        "ion",
        "u",
        "ua",
        "uai",
        "uan",
        "ue",
        "ui",
        "un",
        "uo",
        "v",
        "van",
        "ve",
        "vn",
        "m",
        "n",
    ),
)
_FIRST = 0xE000
_STEP = 64
_COARSE_INITIAL = {"r": "l", "f": "h"}
_COARSE_FINAL = {
    "an": "a",
    "en": "e",
    "in": "i",
    "ian": "ia",
    "uan": "ua",
    "un": "u",
    "van": "ua",
    "vn": "i",
    "v": "i",
    "ei": "e",
    "ie": "e",
    "ve": "e",
    "ue": "e",
    "uo": "o",
}
_SYLLABLE = re.compile(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw]?)(.*)")
_MERGED = {"zh": "z", "ch": "c", "sh": "s", "n": "l"}
_LETTER_MERGES = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"))
_LONGEST_PHRASE = 8
_DIGITS = dict(
    zip("0123456789", ("ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu"), strict=True)
)


def _code(initial: str, final: str) -> str:
    return chr(_FIRST + _INITIALS.index(initial) * _STEP + _FINALS.index(final))


@lru_cache(maxsize=4096)
def _sound_of(syllable: str) -> str:
    """The code of one plain pinyin syllable (ü written v)."""
    match = _SYLLABLE.fullmatch(syllable)
    if match is None:
        return "?"
    initial, final = match.groups()
    if initial in {"j", "q", "x", "y"} and final.startswith("u"):
        final = "v" + final[1:]
    final = final.removesuffix("g") if final.endswith("ng") else final
    if final not in _FINALS:
        return "?"
    return _code(_MERGED.get(initial, initial), final)


@cache
def _coarse_table() -> dict[int, str]:
    table = {}
    for initial in _INITIALS:
        for final in _FINALS:
            coarse = _code(_COARSE_INITIAL.get(initial, initial), _COARSE_FINAL.get(final, final))
            table[ord(_code(initial, final))] = coarse
    return table


@cache
def load() -> None:
    """Load the tables, half a second, before the first reader waits for them.

    They are a few hundred thousand objects that stay for good. Frozen, they are not looked through at every
    full collection of garbage, which stopped one search in some hundreds for 30 to 90 ms.
    """
    sound("长")
    gc.collect()
    gc.freeze()


@lru_cache(maxsize=32_768)
def _alone(char: str) -> str:
    """How a character reads outside any phrase."""
    return str(lazy_pinyin(char, v_to_u=False)[0])


@cache
def _phrases() -> tuple[frozenset[str], dict[str, tuple[str, ...]]]:
    """Characters that some phrase reads otherwise than alone, and the readings of the phrases they stand in.

    Only these need context; looking them up here is twenty times faster than `lazy_pinyin` on every title.
    """
    plain = {
        phrase: tuple(_toneless(reading[0]) for reading in readings)
        for phrase, readings in phrases_dict.items()
        if len(readings) == len(phrase) <= _LONGEST_PHRASE
    }
    shifty = frozenset(
        char
        for phrase, readings in plain.items()
        for char, reading in zip(phrase, readings, strict=True)
        if ord(char) in pinyin_dict and reading != _alone(char)
    )
    return shifty, {phrase: readings for phrase, readings in plain.items() if not shifty.isdisjoint(phrase)}


def _toneless(reading: str) -> str:
    letters = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(letter for letter in letters if letter.isascii())


@lru_cache(maxsize=4096)
def syllables(folded: str) -> tuple[str, ...]:
    """One entry a character: pinyin without tones for Chinese characters and digits, else the character."""
    shifty, phrases = _phrases()
    if shifty.isdisjoint(folded):
        return tuple(map(_read, folded))
    spoken: list[str] = []
    while len(spoken) < len(folded):
        at = len(spoken)
        spoken.extend(_phrase_at(folded, at, phrases) or (_read(folded[at]),))
    return tuple(spoken)


def _phrase_at(folded: str, at: int, phrases: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The readings of the longest phrase that begins here."""
    for length in range(min(_LONGEST_PHRASE, len(folded) - at), 1, -1):
        readings = phrases.get(folded[at : at + length])
        if readings is not None:
            return readings
    return ()


@lru_cache(maxsize=32_768)
def _read(char: str) -> str:
    return _alone(char) if HAN.match(char) else _DIGITS.get(char, char)


def sound(folded: str) -> str:
    """The code string of folded text, as long as the text."""
    return "".join(map(_sound_in, folded, syllables(folded)))


@lru_cache(maxsize=65_536)
def _sound_in(char: str, entry: str) -> str:
    return _sound_of(entry) if HAN.match(char) or char in _DIGITS else char


def coarsen(codes: str) -> str:
    """The coarser grain of a code string."""
    return codes.translate(_coarse_table())


def merge_letters(letters: str) -> str:
    """Latin letters with the same merges as `sound`, for pinyin typed without tone or space."""
    for old, new in _LETTER_MERGES:
        letters = letters.replace(old, new)
    return letters


def spelled(folded: str) -> str:
    """All in letters: pinyin for characters, letters and digits as they are (平凡的世界 → pinfandesijie)."""
    parts = [
        entry if HAN.match(char) else char for char, entry in zip(folded, syllables(folded), strict=True)
    ]
    return merge_letters("".join(parts))


def initials(folded: str) -> str:
    """First letters (平凡的世界 → pfdsj)."""
    parts = [
        entry[:1] if HAN.match(char) else char for char, entry in zip(folded, syllables(folded), strict=True)
    ]
    return "".join(parts)
