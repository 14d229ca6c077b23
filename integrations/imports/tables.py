"""CSV and TSV with a header line, in English or Chinese."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from integrations.imports import opening
from integrations.imports.model import SHOWN_CHARS, BadRecord, ImportRefused, Record

Aliases = Mapping[str, Sequence[str]]
"""Our name of a column, and the names it may have in a header (lower case)."""

_DELIMITERS = ("\t", ",", ";", "|")
_LOST = "\ufffd"
_FIELD_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class TableShape:
    """Which columns a table may have, and which it must have: one of each group."""

    what: str
    aliases: Aliases
    required: tuple[tuple[str, ...], ...]

    def columns(self, header: Sequence[str], path: Path) -> list[str | None]:
        """Our name for each column of the header, None for one that is not ours."""
        named = {alias: name for name, aliases in self.aliases.items() for alias in (name, *aliases)}
        found = [named.get(cell.strip().strip("\ufeff").lower().replace(" ", "_")) for cell in header]
        for group in self.required:
            if not set(group) & set(found):
                raise ImportRefused(
                    f"{path} has no column {' or '.join(group)}: the first line of a table of {self.what} "
                    f"names its columns ({', '.join(self.aliases)})."
                )
        twice = sorted({name for name in found if name and found.count(name) > 1})
        if twice:
            raise ImportRefused(f"{path} has more than one column for {', '.join(twice)}.")
        return found


class Table:
    """One table file. Making it reads only the header, so a wrong file is refused before anything is done."""

    def __init__(self, path: Path, shape: TableShape, encoding: str | None = None) -> None:
        head = opening.sample(path)
        self._path = path
        self._encoding = opening.known_encoding(encoding) if encoding else opening.detect(head, path)
        if encoding and not opening.decodes(head, self._encoding):
            raise ImportRefused(f"{path} is not written in {encoding}.")
        first = head.decode(self._encoding, errors="replace").splitlines()[0]
        self._delimiter = max(_DELIMITERS, key=first.count)
        header = next(csv.reader([first], delimiter=self._delimiter, quoting=self._quoting()), [])
        self._columns = shape.columns(header, path)
        self.fields = frozenset(name for name in self._columns if name)
        """The columns of ours that the file has."""

    def __iter__(self) -> Iterator[Record | BadRecord]:
        csv.field_size_limit(_FIELD_BYTES)
        with opening.opened(self._path) as stream, opening.as_text(stream, self._encoding) as text:
            rows = csv.reader(text, delimiter=self._delimiter, quoting=self._quoting())
            next(rows, None)
            for number, row in enumerate(_rows(rows), start=1):
                if isinstance(row, str):
                    yield BadRecord(number, row)
                elif any(cell.strip() for cell in row):
                    yield self._record(number, row)

    def _quoting(self) -> Literal[0, 3]:
        """Tab separated files carry quotation marks as they are: titles begin with them."""
        return csv.QUOTE_NONE if self._delimiter == "\t" else csv.QUOTE_MINIMAL

    def _record(self, number: int, row: list[str]) -> Record | BadRecord:
        shown = self._delimiter.join(row)[:SHOWN_CHARS]
        extra = row[len(self._columns) :]
        wanted = len(self._columns)
        if len(row) < wanted - 1 or any(map(str.strip, extra)):
            return BadRecord(number, f"has {len(row)} fields where the header has {wanted}", shown)
        if _LOST in shown or any(_LOST in cell for cell in row):
            return BadRecord(number, f"has characters that are not {self._encoding}", shown)
        pairs = zip(self._columns, row, strict=False)
        return Record(number, {name: cell.strip() for name, cell in pairs if name})


def _rows(rows: Iterator[list[str]]) -> Iterator[list[str] | str]:
    """Each row, or why it could not be parsed."""
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield f"cannot be parsed: {error}"


def flag(text: str) -> bool:
    """Yes or no as catalogues write it; ValueError for anything else."""
    value = text.strip().lower()
    if value in {"1", "y", "yes", "true", "t", "是", "有", "√", "x"}:
        return True
    if value in {"", "0", "n", "no", "false", "f", "否", "无", "-"}:
        return False
    raise ValueError(f"{text!r} is neither yes nor no")


def whole_number(text: str) -> int | None:
    """A number, None for an empty cell; ValueError for anything else."""
    with suppress(ValueError):
        return int(text) if text else None
    raise ValueError(f"{text!r} is not a whole number")
