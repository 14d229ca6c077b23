"""MARC 21 and CNMARC (ISO 2709) in UTF-8 or GBK.

CNMARC fields: 200 $a title $e subtitle $h $i part $f author · 210 $c publisher $d date · 010 $a ISBN ·
606 $a $x subjects · 690 $a class · 905 $d $e call number · 330 $a summary · 101 $a language · 100 $a/17
readership · 106 $a form. MARC 21: 245, 100/700, 260/264, 020, 650, 084/090/050, 520, 008.
"""

import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pymarc

from integrations.imports import opening
from integrations.imports.model import SHOWN_CHARS, BadRecord, ImportRefused, Record

_END = b"\x1d"
_LEADER = re.compile(rb"\s*[0-9]{5}[a-z ].{18}", re.DOTALL)
_YEAR = re.compile(r"(?<![0-9])(1[0-9]{3}|20[0-9]{2})(?![0-9])")
_EDGES = " /:;,.=　／：；，"
_YOUNG_CNMARC, _GROWN_CNMARC, _YOUNG_MARC21 = "abcd", "km", "abcdj"
"""Readership: UNIMARC 100 $a/17-19 (Chinese records mostly carry “em”, for adults), MARC 21 008/22."""
_LARGE_PRINT = "d"
_LONGEST_RECORD = 99_999

FIELDS = frozenset(
    {"title", "author", "publisher", "year", "isbn", "subjects", "call_number", "summary", "language"}
    | {"large_print", "children"}
)
"""What a MARC record says of a title."""


def is_marc(head: bytes) -> bool:
    """Does a file begin like ISO 2709?"""
    return _LEADER.match(head) is not None and (_END in head or len(head) == opening.SAMPLE_BYTES)


class MarcFile:
    """One file of MARC records."""

    fields = FIELDS

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        if not is_marc(opening.sample(path)):
            raise ImportRefused(f"{path} is not a file of MARC records (ISO 2709).")
        self._path = path
        self._encodings = (opening.known_encoding(encoding),) if encoding else opening.CANDIDATES

    def __iter__(self) -> Iterator[Record | BadRecord]:
        with opening.opened(self._path) as stream:
            for number, chunk in enumerate(_chunks(stream), start=1):
                yield self._read(number, chunk)

    def _read(self, number: int, chunk: bytes) -> Record | BadRecord:
        if len(chunk) > _LONGEST_RECORD or not chunk.endswith(_END):
            return BadRecord(number, "does not end where a record must", _shown(chunk))
        reasons: list[str] = []
        for encoding in self._encodings:
            try:
                return Record(number, _values(_parse(chunk, encoding)))
            except UnicodeDecodeError:
                reasons.append(f"is not written in {encoding}")
            except Exception as error:  # noqa: BLE001 (pymarc raises whatever the bytes provoke)
                reasons.append(f"is no MARC record: {str(error) or type(error).__name__}")
        return BadRecord(number, "; ".join(dict.fromkeys(reasons)), _shown(chunk))


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Cut at record terminators, not at the lengths records claim: one wrong length spoils one record."""
    rest = b""
    for block in iter(lambda: stream.read(1 << 16), b""):
        *whole, rest = (rest + block).split(_END)
        yield from (chunk.lstrip(b"\r\n\x00 ") + _END for chunk in whole)
    if rest.strip(b"\r\n\x00\x1a "):
        yield rest


def _shown(chunk: bytes) -> str:
    text = chunk[24 : 24 + 4 * SHOWN_CHARS].decode("utf-8", errors="replace")
    return "".join(char if char.isprintable() else " " for char in text)[:SHOWN_CHARS]


def _parse(chunk: bytes, encoding: str) -> pymarc.Record:
    """Leader position 9 is often wrong: the encoding tried is the one that counts."""
    plain = chunk[:9] + b" " + chunk[10:]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pymarc.Record(plain, to_unicode=True, file_encoding=encoding)


def _values(record: pymarc.Record) -> dict[str, str]:
    values = _cnmarc(record) if record.get_fields("200") and not record.get_fields("245") else _marc21(record)
    return {name: value.strip() for name, value in values.items()}


def _cnmarc(record: pymarc.Record) -> dict[str, str]:
    general, form = _first(record, "100", "a"), _first(record, "106", "a")
    title = _join(_first(record, "200", "a"), _first(record, "200", "e"), ": ")
    part = " ".join(filter(None, (_first(record, "200", "h"), _first(record, "200", "i"))))
    return {
        "title": _join(title, part, " "),
        "author": _first(record, "200", "f") or _first(record, "701", "a") or _first(record, "711", "a"),
        "publisher": _first(record, "210", "c") or _first(record, "214", "c"),
        "year": _year(_first(record, "210", "d") or _first(record, "214", "d") or general[9:13]),
        "isbn": _first(record, "010", "a"),
        "subjects": _subjects(record, ("600", "606", "607", "610")),
        "call_number": _call_number(record),
        "summary": _first(record, "330", "a"),
        "language": _first(record, "101", "a"),
        "large_print": "1" if form[:1] == _LARGE_PRINT else "",
        "children": "1" if _is_young(general[17:20]) else "",
    }


def _is_young(readership: str) -> bool:
    return not set(readership).isdisjoint(_YOUNG_CNMARC) and set(readership).isdisjoint(_GROWN_CNMARC)


def _marc21(record: pymarc.Record) -> dict[str, str]:
    fixed = record["008"].data or "" if "008" in record else ""
    title = _join(_first(record, "245", "a"), _first(record, "245", "b"), ": ")
    part = " ".join(filter(None, (_first(record, "245", "n"), _first(record, "245", "p"))))
    return {
        "title": _join(title, part, " "),
        "author": _first(record, "100", "a") or _first(record, "245", "c") or _first(record, "700", "a"),
        "publisher": _first(record, "264", "b") or _first(record, "260", "b"),
        "year": _year(_first(record, "264", "c") or _first(record, "260", "c") or fixed[7:11]),
        "isbn": _first(record, "020", "a"),
        "subjects": _subjects(record, ("600", "650", "651", "653")),
        "call_number": next(
            (found for tag in ("090", "084", "093", "050", "082") if (found := _first(record, tag, "a"))), ""
        ),
        "summary": _first(record, "520", "a"),
        "language": _first(record, "041", "a") or fixed[35:38].strip(),
        "large_print": "1" if fixed[23:24] == _LARGE_PRINT else "",
        "children": "1" if fixed[22:23] and fixed[22:23] in _YOUNG_MARC21 else "",
    }


def _first(record: pymarc.Record, tag: str, code: str) -> str:
    for field in record.get_fields(tag):
        for value in field.get_subfields(code):
            if value.strip(_EDGES):
                return str(value.strip(_EDGES))
    return ""


def _join(first: str, second: str, between: str) -> str:
    return f"{first}{between}{second}" if first and second else first or second


def _year(text: str) -> str:
    found = _YEAR.search(text)
    return found.group(1) if found else ""


def _subjects(record: pymarc.Record, tags: tuple[str, ...]) -> str:
    headings = [
        "--".join(value.strip(_EDGES) for value in field.get_subfields("a", "x") if value.strip(_EDGES))
        for field in record.get_fields(*tags)
    ]
    return ";".join(dict.fromkeys(heading for heading in headings if heading))


def _call_number(record: pymarc.Record) -> str:
    kept = "/".join(filter(None, (_first(record, "905", "d"), _first(record, "905", "e"))))
    return kept or _first(record, "690", "a")
