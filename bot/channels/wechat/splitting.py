"""Text in pieces that the platform takes: at most 2,048 bytes of UTF-8, cut between sentences."""

import re

TEXT_LIMIT = 2048
"""Bytes of one text, passive or by custom/send (45002 above it)."""

_CUTS = (
    re.compile(r"\n{2,}"),
    re.compile(r"\n"),
    re.compile(r"(?<=[。！？!?；;…])[”’」』）)]*"),
    re.compile(r"(?<=[，,、：:])"),
    re.compile(r"(?<=\s)"),
)
"""Where to cut, the best first."""
_GLUE = re.compile(r"[\u0300-\u036f\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")
"""Characters that belong to the one before them."""
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def size(text: str) -> int:
    """Bytes on the wire."""
    return len(text.encode())


def harmless(text: str) -> str:
    """Without characters that XML cannot carry."""
    return _FORBIDDEN.sub("", text)


def split(text: str, limit: int = TEXT_LIMIT) -> list[str]:
    """Pieces of at most `limit` bytes, none empty; joined they are the text, but for blanks at the cuts."""
    left = harmless(text).strip()
    pieces = []
    while size(left) > limit:
        at = _cut(left, limit)
        pieces.append(left[:at].rstrip())
        left = left[at:].lstrip()
    if left:
        pieces.append(left)
    return [piece for piece in pieces if piece]


def _cut(text: str, limit: int) -> int:
    most = len(text.encode()[:limit].decode("utf-8", "ignore"))
    for pattern in _CUTS:
        ends = [found.end() for found in pattern.finditer(text, 0, most + 1) if 0 < found.end() <= most]
        if ends and ends[-1] * 3 >= most:
            return ends[-1]
    at = most
    while at > 1 and at < len(text) and (_GLUE.match(text, at) or text[at - 1] == "\u200d"):
        at -= 1
    return at if at > 1 else max(most, 1)
