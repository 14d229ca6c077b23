"""A callback's XML as a dict, with limits: no DTD, no entities, few levels, no doubled field.

Expat is used as it is: what a callback needs is one flat element with a little inside, and a
general parser would hand a doubled field on as a list.
"""

from collections.abc import Mapping
from typing import Any
from xml.parsers import expat

BODY_LIMIT = 64 * 1024
"""Bytes of a callback, before anything looks at them. The longest true message is a text of some KB."""
DEPTH_LIMIT = 8
ELEMENT_LIMIT = 500


class Unreadable(Exception):
    """Not the XML of a callback. The reason is for the log."""


Fields = dict[str, Any]
"""Texts, or Fields inside, or a list where an inner element is repeated."""


class _Reader:
    def __init__(self) -> None:
        self.root: Fields | None = None
        self._open: list[tuple[str, Fields, list[str]]] = []
        self._count = 0
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._doctype
        self.parser = parser

    def _doctype(self, *_: Any) -> None:
        raise Unreadable("document type or entity")

    def _start(self, name: str, _attributes: Mapping[str, str]) -> None:
        self._count += 1
        if self._count > ELEMENT_LIMIT:
            raise Unreadable("too many elements")
        if len(self._open) >= DEPTH_LIMIT:
            raise Unreadable("too deep")
        if not self._open and name != "xml":
            raise Unreadable("root is not xml")
        self._open.append((name, {}, []))

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1][2].append(text)

    def _end(self, name: str) -> None:
        _, inside, texts = self._open.pop()
        if not self._open:
            self.root = inside
            return
        value: Any = inside or "".join(texts)
        above = self._open[-1][1]
        if name not in above:
            above[name] = value
        elif len(self._open) == 1:
            raise Unreadable(f"doubled field {name[:40]}")
        elif isinstance(above[name], list):
            above[name].append(value)
        else:
            above[name] = [above[name], value]


def read(body: bytes | str) -> Fields:
    """The fields of `<xml>…</xml>`. Raises `Unreadable`."""
    reader = _Reader()
    raw = body if isinstance(body, bytes) else body.encode("utf-8", "replace")
    if len(raw) > BODY_LIMIT:
        raise Unreadable("too large")
    try:
        reader.parser.Parse(raw, True)
    except (expat.ExpatError, UnicodeError, LookupError, ValueError) as error:
        raise Unreadable(f"not XML: {error}"[:80]) from None
    if reader.root is None:
        raise Unreadable("empty")
    return reader.root


def text(fields: Mapping[str, Any], name: str) -> str:
    """A required text. Raises `Unreadable` when it is missing, empty or no text."""
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Unreadable(f"{name} is missing")
    return value.strip()


def optional(fields: Mapping[str, Any], name: str) -> str:
    """A text, or nothing when it is missing or no text."""
    value = fields.get(name)
    return value.strip() if isinstance(value, str) else ""


def number(fields: Mapping[str, Any], name: str) -> float:
    """A required finite number. Raises `Unreadable`."""
    try:
        value = float(text(fields, name))
    except ValueError:
        raise Unreadable(f"{name} is no number") from None
    if value != value or value in (float("inf"), float("-inf")):
        raise Unreadable(f"{name} is no number")
    return value
