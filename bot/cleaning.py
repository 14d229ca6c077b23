"""What a reader typed, made harmless: no control characters, plain width, never a payload."""

import re
import unicodedata

TEXT_LIMIT = 2000
"""Longest text that is understood, in characters."""

_SPACES = re.compile(r"\s+")
_WIDE = {code: code - 0xFEE0 for code in range(0xFF10, 0xFF5B) if chr(code).isalnum()}
_WIDE[0xFF0F] = ord("/")
_KEPT_JOINERS = frozenset("\u200d\ufe0f")


def clean(text: str) -> str:
    """One line of text. Full-width letters and digits become plain; Chinese punctuation stays as it is.

    A leading “/” is dropped: it would act as a button's payload, and what is typed never does.
    """
    kept = "".join(char for char in text.translate(_WIDE) if _wanted(char))
    line = _SPACES.sub(" ", kept).strip()
    while line.startswith("/"):
        line = line.lstrip("/ ")
    return line


def _wanted(char: str) -> bool:
    if char.isspace() or char in _KEPT_JOINERS:
        return True
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def wordless(line: str) -> bool:
    """Whether no letter, character or digit is left: nothing, punctuation, emoji."""
    return not any(char.isalnum() for char in line)
