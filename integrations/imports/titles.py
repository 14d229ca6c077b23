"""A catalogue file as titles: any of the formats, checked record by record."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from integrations.imports import opening
from integrations.imports.marc import MarcFile, is_marc
from integrations.imports.model import SHOWN_CHARS, BadRecord, Record
from integrations.imports.tables import Table, TableShape, flag
from lending.catalogue.facts import TitleFacts
from lending.catalogue.isbn import find_isbns

SHAPE = TableShape(
    what="titles",
    aliases={
        "title": ("题名", "书名", "正题名", "标题"),
        "author": ("作者", "责任者", "著者", "第一责任者"),
        "publisher": ("出版社", "出版者"),
        "year": ("出版年", "出版年份", "出版日期", "pubdate"),
        "isbn": ("isbn13", "isbn10", "isbn号", "国际标准书号"),
        "subjects": ("subject", "主题", "主题词", "分类"),
        "call_number": ("索书号", "分类号", "callno"),
        "summary": ("简介", "内容简介", "摘要", "提要"),
        "large_print": ("大字版", "大字", "大字本"),
        "children": ("少儿", "儿童", "少儿读物"),
        "adult_only": ("成人", "限成人", "仅限成人"),
        "language": ("语种", "语言", "lang"),
    },
    required=(("title",),),
)
_LENGTHS = {"title": 500, "author": 300, "publisher": 200, "year": 20, "subjects": 500}
_LENGTHS |= {"call_number": 100, "summary": 4000, "language": 20}
_FLAGS = ("large_print", "children", "adult_only")
_DIGITS_OF_AN_ISBN = 9


class TitleFile:
    """The titles of one file, whichever format it has. ImportRefused before the first record, or never."""

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        marc = is_marc(opening.sample(path))
        self.about = opening.count(path, b"\x1d" if marc else b"\n")
        """About how many records there are."""
        self._records: MarcFile | Table = MarcFile(path, encoding) if marc else Table(path, SHAPE, encoding)

    def __iter__(self) -> Iterator[TitleFacts | BadRecord]:
        for record in self._records:
            yield self._checked(record) if isinstance(record, Record) else record

    def _checked(self, record: Record) -> TitleFacts | BadRecord:
        try:
            return TitleFacts(record.number, _isbn(record), _facts(record))
        except ValueError as error:
            return BadRecord(record.number, str(error), "; ".join(record.values.values())[:SHOWN_CHARS])


def _facts(record: Record) -> dict[str, Any]:
    """The columns of `titles` that the record speaks of."""
    facts: dict[str, Any] = {}
    for name, value in record.values.items():
        if name in _FLAGS:
            facts[name] = flag(value)
        elif name in _LENGTHS:
            facts[name] = value[: _LENGTHS[name]]
    if not facts.get("title"):
        raise ValueError("has no title")
    if "\x00" in "".join(record.values.values()):
        raise ValueError("has a null character")
    return facts


def _isbn(record: Record) -> str | None:
    """Thirteen digits; None for a record without an ISBN (or with a number from before there were any)."""
    text = record.values.get("isbn", "")
    found = find_isbns(text)
    if not found and sum(char.isdigit() for char in text) >= _DIGITS_OF_AN_ISBN:
        raise ValueError(f"has an ISBN with a wrong check digit: {text}")
    return found[0] if found else None
