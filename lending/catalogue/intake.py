"""Takes titles and copies in: new ones are added, known ones brought up to date, the same changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lending.catalogue.facts import CopyFacts, TitleFacts
from lending.ports import Clock
from lending.storage import catalogue as rows
from lending.storage.base import Connection, Database

_BLANK: Mapping[str, Any] = {
    "author": "",
    "publisher": "",
    "year": "",
    "call_number": "",
    "subjects": "",
    "summary": "",
    "large_print": False,
    "children": False,
    "adult_only": False,
    "language": "",
}


@dataclass(slots=True)
class Tally:
    """How an import went. `touched`: ids of titles whose index entry is now old."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    touched: list[int] = field(default_factory=list)


class Intake:
    """Writes batches, each in one transaction: a long import never keeps the library from working."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def titles(self, batch: Sequence[TitleFacts], tally: Tally) -> None:
        """Add or change the titles of a batch; no key may occur twice in it."""
        with self._database.begin() as conn:
            known = rows.titles_by_key(conn, [facts.key for facts in batch])
            fresh = [facts for facts in batch if facts.key not in known]
            added = self._clock.now()
            rows.insert_titles(conn, [_new_title(facts) | {"added_at": added} for facts in fresh])
            for facts in batch:
                if facts.key in known:
                    self._update_title(conn, known[facts.key], facts, tally)
            tally.added += len(fresh)
            tally.touched += rows.title_ids_by_key(conn, [facts.key for facts in fresh]).values()

    def _update_title(self, conn: Connection, row: rows.Row, facts: TitleFacts, tally: Tally) -> None:
        changed = {name: value for name, value in facts.values.items() if row[name] != value}
        if not changed:
            tally.unchanged += 1
            return
        rows.update_title(conn, row["id"], changed)
        tally.changed += 1
        tally.touched.append(row["id"])

    def copies(self, batch: Sequence[CopyFacts], tally: Tally) -> None:
        """Add or move the copies of a batch; no barcode may occur twice in it. Their state is left alone."""
        with self._database.begin() as conn:
            known = rows.copies_by_barcode(conn, [facts.barcode for facts in batch])
            rows.insert_copies(conn, [_new_copy(facts) for facts in batch if facts.barcode not in known])
            for facts in batch:
                row = known.get(facts.barcode)
                values = {**facts.values, "title_id": facts.title_id}
                changed = {} if row is None else {n: value for n, value in values.items() if row[n] != value}
                if row is None:
                    tally.added += 1
                elif changed:
                    rows.update_copy(conn, row["id"], changed)
                    tally.changed += 1
                    tally.touched.append(row["title_id"])
                else:
                    tally.unchanged += 1
                    continue
                tally.touched.append(facts.title_id)

    def title_ids(self, keys: Sequence[str], isbns: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
        """Ids of titles by record key, and by ISBN-13."""
        with self._database.read() as conn:
            return rows.title_ids_by_key(conn, keys), rows.title_ids_by_isbn(conn, isbns)


def _new_title(facts: TitleFacts) -> dict[str, Any]:
    return {**_BLANK, **facts.values, "key": facts.key, "isbn13": facts.isbn13}


def _new_copy(facts: CopyFacts) -> dict[str, Any]:
    usual = {"stack": "open", "shelf_mark": "", "state": rows.ON_SHELF}
    return {**usual, **facts.values, "barcode": facts.barcode, "title_id": facts.title_id}
