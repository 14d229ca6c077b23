"""Imports of readers, branches and lockers: small tables, same manners as the catalogue (`app.importing`)."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from app.importing import ErrorFile, ImportReport, Progress, quietly
from integrations.imports.model import BadRecord, Record
from integrations.imports.shapes import BRANCHES, LOCKERS, READERS
from integrations.imports.tables import Table, whole_number
from lending.calendar.opening import OpeningHours
from lending.catalogue.intake import Tally
from lending.readers.model import ReaderKind
from lending.readers.register import Register
from lending.storage import cells as cell_rows
from lending.storage import pickup as pickup_rows
from lending.storage import readers as reader_rows
from lending.storage.base import Connection, Database

_KINDS = {
    "成人": "adult",
    "普通": "adult",
    "少儿": "child",
    "儿童": "child",
    "老年": "elderly",
    "老人": "elderly",
    "残疾": "disabled",
    "残障": "disabled",
    "农村": "rural",
    "乡村": "rural",
    "": "adult",
}
_MOST_CELLS = 500


def import_readers(
    path: Path,
    *,
    database: Database,
    register: Register,
    data_dir: Path,
    encoding: str | None = None,
    progress: Progress = quietly,
) -> ImportReport:
    """Readers by card; guardians before the children who name them. A PIN that is the same is left alone."""
    records = list(Table(path, READERS, encoding))
    errors, tally = ErrorFile(path, data_dir), Tally()
    for done, record in enumerate(_guardians_first(records), start=1):
        if isinstance(record, BadRecord):
            errors.add(BadRecord(record.number, record.reason))  # no personal data in a file of errors
            continue
        try:
            _tell(tally, *_register(database, register, record.values))
        except ValueError as error:
            errors.add(BadRecord(record.number, str(error)))
        progress("read", done, len(records))
    return errors.report(tally)


def _guardians_first(records: Iterable[Record | BadRecord]) -> list[Record | BadRecord]:
    return sorted(
        records, key=lambda record: isinstance(record, Record) and bool(record.values.get("guardian_card"))
    )


def _register(database: Database, register: Register, values: Any) -> tuple[Any, Any]:
    """The reader's row before and after."""
    card = values["card"]
    if not card or not values["name"]:
        raise ValueError("has no card" if not card else "has no name")
    with database.read() as conn:
        before = reader_rows.by_card(conn, card)
    kind = values.get("kind", "").lower()
    register.register(
        card,
        ReaderKind(_KINDS.get(kind, kind)),
        values["name"],
        values.get("phone", ""),
        values.get("pin") or None,
        whole_number(values.get("birth_year", "")),
        values.get("guardian_card") or None,
    )
    with database.read() as conn:
        return before, reader_rows.by_card(conn, card)


def import_branches(
    path: Path, *, database: Database, data_dir: Path, encoding: str | None = None
) -> ImportReport:
    """Branches by id."""
    table, tally, errors = Table(path, BRANCHES, encoding), Tally(), ErrorFile(path, data_dir)
    with database.begin() as conn:
        for record in table:
            _place(conn, record, tally, errors, put=_put_branch)
    return errors.report(tally)


def import_lockers(
    path: Path, *, database: Database, data_dir: Path, encoding: str | None = None
) -> ImportReport:
    """Lockers by id, cells numbered from 01. Cells are added, never taken away: books may lie in them."""
    table, tally, errors = Table(path, LOCKERS, encoding), Tally(), ErrorFile(path, data_dir)
    with database.begin() as conn:
        for record in table:
            _place(conn, record, tally, errors, put=_put_locker)
    return errors.report(tally)


def _place(
    conn: Connection, record: Record | BadRecord, tally: Tally, errors: ErrorFile, *, put: Any
) -> None:
    if isinstance(record, BadRecord):
        errors.add(record)
        return
    try:
        facts = _facts(record)
        _tell(tally, *put(conn, facts, record.values))
    except ValueError as error:
        errors.add(BadRecord(record.number, str(error), ", ".join(record.values.values())))


def _facts(record: Record) -> dict[str, Any]:
    """The columns of a place; ValueError says what is wrong."""
    facts: dict[str, Any] = {name: record.values[name] for name in ("id", "name", "address", "hours")}
    for name, value in facts.items():
        if not value:
            raise ValueError(f"has no {name}")
    OpeningHours.parse(facts["hours"])
    for name, limit in (("latitude", 90), ("longitude", 180)):
        facts[name] = _degrees(name, record.values[name], limit)
    if "aliases" in record.values:
        facts["aliases"] = record.values["aliases"]
    return facts


def _degrees(name: str, text: str, limit: int) -> float:
    try:
        degrees = float(text)
    except ValueError:
        raise ValueError(f"has a {name} that is no number: {text!r}") from None
    if not -limit <= degrees <= limit:
        raise ValueError(f"has a {name} that is nowhere: {text}")
    return degrees


def _put_branch(conn: Connection, facts: dict[str, Any], values: Any) -> tuple[Any, Any]:
    before = pickup_rows.find_branch(conn, facts["id"])
    if "phone" in values:
        facts["phone"] = values["phone"]
    pickup_rows.put_branch(conn, facts)
    return before, pickup_rows.find_branch(conn, facts["id"])


def _put_locker(conn: Connection, facts: dict[str, Any], values: Any) -> tuple[Any, Any]:
    cells, low = whole_number(values["cells"]) or 0, whole_number(values.get("low_cells", "")) or 0
    if not 0 < cells <= _MOST_CELLS:
        raise ValueError(f"has {cells} cells: 1 to {_MOST_CELLS} are possible")
    before = pickup_rows.find_locker(conn, facts["id"])
    pickup_rows.put_locker(conn, facts)
    more = [cell_rows.put_cell(conn, facts["id"], f"{n:02d}", low=n <= low) for n in range(1, cells + 1)]
    after = pickup_rows.find_locker(conn, facts["id"])
    return before, {"more": True} if before is not None and any(more) else after


def _tell(tally: Tally, before: Any, after: Any) -> None:
    if before is None:
        tally.added += 1
    elif dict(before) != dict(after):
        tally.changed += 1
    else:
        tally.unchanged += 1


__all__ = ["import_branches", "import_lockers", "import_readers"]
