"""One spelling for what readers spell in many ways: width, case, old or new characters, accents."""

import re
import unicodedata
from functools import cache, lru_cache

import opencc

HAN = re.compile(r"[㐀-䶿一-鿿豈-﫿〇]")
"""A Chinese character."""

_NOISE = re.compile(r"[\W_]+")
_ACCENTED = re.compile(r"[À-ɏ]")
_CJK_RANGES = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00))
_VARIANTS = {"著": "着", "锺": "钟", "妳": "你", "祂": "他", "牠": "它", "甦": "苏", "〇": "零"}
"""Pairs that OpenCC leaves apart because they are both simplified, but that readers and catalogues mix."""


@cache
def _simplified() -> dict[int, str]:
    """Character by character, so that a word folds alike wherever it stands (phrase tables would not)."""
    traditional = [chr(point) for first, end in _CJK_RANGES for point in range(first, end)]
    converted = opencc.OpenCC("t2s").convert("\n".join(traditional)).split("\n")
    table = {ord(old): new for old, new in zip(traditional, converted, strict=True) if old != new}
    return table | {ord(old): new for old, new in _VARIANTS.items()}


@lru_cache(maxsize=1024)
def soften(text: str) -> str:
    """NFKC, lower case, simplified, no accents; punctuation and spaces stay to tell words apart."""
    plain = unicodedata.normalize("NFKC", text).lower()
    if _ACCENTED.search(plain):
        apart = unicodedata.normalize("NFD", plain)
        plain = unicodedata.normalize("NFC", "".join(ch for ch in apart if unicodedata.category(ch) != "Mn"))
    return plain.translate(_simplified())


def fold(text: str) -> str:
    """The letters, digits and characters of `soften(text)`, nothing between them."""
    return _NOISE.sub("", soften(text))
