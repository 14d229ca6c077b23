"""The imports behind `shudi catalogue|copies|readers|branches|lockers import`.

A wrong file is refused (`ImportRefused`) before anything is written. A bad record is skipped and listed in
`<data directory>/imports/<file>.errors.csv`. Batches are short transactions, so readers are served meanwhile;
an import that was cut short is simply started again, for the same file a second time changes nothing.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from integrations.imports.model import BadRecord, ImportRefused, Record
from integrations.imports.shapes import COPIES
from integrations.imports.tables import Table
from integrations.imports.titles import TitleFile
from lending.catalogue.facts import CopyFacts, TitleFacts
from lending.catalogue.intake import Intake, Tally
from lending.catalogue.isbn import normal_isbn
from lending.catalogue.keys import record_key
from lending.catalogue.service import Catalogue
from lending.ports import Clock
from lending.storage.base import Database

Progress = Callable[[str, int, int], None]
"""Told what is being done ("read" or "index"), how much of it is done, and of how much (about)."""

BATCH = 1000
REBUILD_SHARE = 0.2
"""From this share of changed titles on, building the index anew is quicker than extending it."""
_STACKS = {"": "open", "open": "open", "开架": "open", "closed": "closed", "闭架": "closed"}
_T = TypeVar("_T")


@dataclass(slots=True)
class ImportReport:
    """How an import went. `errors_file` lists the bad records, None when there were none."""

    tally: Tally = field(default_factory=Tally)
    bad: int = 0
    errors_file: Path | None = None


class ErrorFile:
    """The list of skipped records; written only when there are any, replaced at each import."""

    def __init__(self, source: Path, data_dir: Path) -> None:
        self.path = data_dir / "imports" / f"{source.name}.errors.csv"
        self.path.unlink(missing_ok=True)
        self.count = 0

    def add(self, bad: BadRecord) -> None:
        """Append one record: number, reason, and the beginning of it."""
        if not self.count:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8-sig" if not self.count else "utf-8", newline="") as file:
            writer = csv.writer(file)
            if not self.count:
                writer.writerow(("record", "reason", "text"))
            writer.writerow((bad.number, bad.reason, bad.text))
        self.count += 1

    def report(self, tally: Tally) -> ImportReport:
        """The report, once all is read."""
        return ImportReport(tally, self.count, self.path if self.count else None)


def quietly(_doing: str, _done: int, _total: int) -> None:
    """Progress for nobody."""


def import_catalogue(
    path: Path,
    *,
    database: Database,
    catalogue: Catalogue,
    clock: Clock,
    data_dir: Path,
    encoding: str | None = None,
    progress: Progress = quietly,
) -> ImportReport:
    """Titles from CSV, TSV or MARC, and the index brought up to date."""
    file = TitleFile(path, encoding)
    errors, tally, intake = ErrorFile(path, data_dir), Tally(), Intake(database, clock)
    done = 0
    for batch in _batched(_first_of_each_key(_good(file, errors), errors)):
        intake.titles(batch, tally)
        done = batch[-1].number
        progress("read", done, max(file.about, done))
    _index(catalogue, tally, progress)
    return errors.report(tally)


def import_copies(
    path: Path,
    *,
    database: Database,
    catalogue: Catalogue,
    clock: Clock,
    data_dir: Path,
    encoding: str | None = None,
    progress: Progress = quietly,
) -> ImportReport:
    """Copies of titles that are in the catalogue; their state (lent, missing) is never changed."""
    table = Table(path, COPIES, encoding)
    errors, tally, intake = ErrorFile(path, data_dir), Tally(), Intake(database, clock)
    seen: set[str] = set()
    for batch in _batched(_good(table, errors)):
        intake.copies(list(_copies(batch, intake, errors, seen)), tally)
        progress("read", batch[-1].number, batch[-1].number)
    _index(catalogue, tally, progress)
    return errors.report(tally)


def _good(records: Iterable[_T | BadRecord], errors: ErrorFile) -> Iterator[_T]:
    for record in records:
        if isinstance(record, BadRecord):
            errors.add(record)
        else:
            yield record


def _batched(records: Iterable[_T]) -> Iterator[list[_T]]:
    batch: list[_T] = []
    for record in records:
        batch.append(record)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _first_of_each_key(titles: Iterable[TitleFacts], errors: ErrorFile) -> Iterator[TitleFacts]:
    """Two records of one key would overwrite each other at every import: the first one counts."""
    first: dict[str, int] = {}
    for facts in titles:
        if facts.key in first:
            said = f"repeats record {first[facts.key]} (same ISBN, or same title and author)"
            errors.add(BadRecord(facts.number, said, str(facts.values["title"])))
        else:
            first[facts.key] = facts.number
            yield facts


def _copies(
    batch: Sequence[Record], intake: Intake, errors: ErrorFile, seen: set[str]
) -> Iterator[CopyFacts]:
    isbns = [isbn for record in batch if (isbn := normal_isbn(record.values.get("isbn", "")))]
    by_key, by_isbn = intake.title_ids([_title_key(record) for record in batch], isbns)
    for record in batch:
        isbn = normal_isbn(record.values.get("isbn", ""))
        title_id = by_isbn.get(isbn or "") or by_key.get(_title_key(record))
        reason = _why_not(record, title_id, seen)
        if reason or title_id is None:
            errors.add(BadRecord(record.number, reason, ", ".join(record.values.values())))
            continue
        seen.add(record.values["barcode"])
        yield CopyFacts(record.number, record.values["barcode"], title_id, _copy_values(record))


def _title_key(record: Record) -> str:
    """The key given, or the one of title and author."""
    given = record.values.get("title_key", "")
    return given or record_key(record.values.get("title", ""), record.values.get("author", ""), None)


def _why_not(record: Record, title_id: int | None, seen: set[str]) -> str:
    """What is wrong with the record of a copy; empty when nothing is."""
    values = record.values
    if not values["barcode"] or not values.get("branch"):
        return "has no barcode" if not values["barcode"] else "has no branch"
    if values["barcode"] in seen:
        return "repeats a barcode of this file"
    if values.get("stack", "").lower() not in _STACKS:
        return f"has a stack that is neither open nor closed: {values['stack']}"
    return "" if title_id is not None else "belongs to no title of the catalogue"


def _copy_values(record: Record) -> dict[str, str]:
    values = {"branch_id": record.values["branch"]}
    if "stack" in record.values:
        values["stack"] = _STACKS[record.values["stack"].lower()]
    if "shelf_mark" in record.values:
        values["shelf_mark"] = record.values["shelf_mark"][:100]
    return values


def _index(catalogue: Catalogue, tally: Tally, progress: Progress) -> None:
    """Rebuild when much has changed or the index is not what the database held before; else extend."""
    held, touched = catalogue.held(), set(tally.touched)
    whole = catalogue.indexed() not in {held, held - tally.added} or len(touched) > held * REBUILD_SHARE
    if whole:
        catalogue.reindex(progress=lambda done: progress("index", done, held))
    elif touched:
        catalogue.reindex(touched, progress=lambda done: progress("index", done, len(touched)))


__all__ = ["ErrorFile", "ImportRefused", "ImportReport", "Progress", "import_catalogue", "import_copies"]
