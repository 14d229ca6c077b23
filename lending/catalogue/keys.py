"""How one bibliographic record is told from another."""

import re
import unicodedata
from hashlib import sha256

_NOISE = re.compile(r"[\W_]+")


def folded(text: str) -> str:
    """NFKC, lower case, letters and digits only."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text).lower())


def record_key(title: str, author: str, isbn13: str | None) -> str:
    """The ISBN, or a hash of folded title and author if there is none: importing twice finds it again."""
    if isbn13:
        return f"isbn:{isbn13}"
    named = f"{folded(title) or title.strip()}\n{folded(author)}"
    return f"name:{sha256(named.encode()).hexdigest()[:48]}"
