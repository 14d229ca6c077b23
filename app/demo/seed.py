"""Fills an empty library with the demo: again and again without changing anything."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.demo.copies import copies_of
from app.demo.data import DemoLibrary, DemoReader, demo_library, demo_titles
from integrations.pins.argon2_hasher import Argon2Pins
from lending.calendar.zone import local
from lending.catalogue.isbn import normal_isbn
from lending.catalogue.keys import record_key
from lending.library import Library
from lending.ports import PinHasher
from lending.readers.model import Reader
from lending.storage import catalogue as catalogue_rows
from lending.storage import cells as cell_rows
from lending.storage import loans as loan_rows
from lending.storage import pickup as pickup_rows
from lending.storage import promises
from lending.storage import staff as staff_rows
from lending.storage.base import Connection, Database

NEW_BOOKS_SINCE = 2017
"""Books published from then on stand among the new ones."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was added by this run; zeros when everything was there."""

    titles: int = 0
    copies: int = 0
    points: int = 0
    readers: int = 0
    loans: int = 0
    staff: int = 0

    def __bool__(self) -> bool:
        return any((self.titles, self.copies, self.points, self.readers, self.loans, self.staff))


def is_seeded(database: Database) -> bool:
    """Whether the demo's branches are here."""
    with database.read() as conn:
        return pickup_rows.find_branch(conn, demo_library().branches[0].id) is not None


def is_foreign(database: Database) -> bool:
    """Whether a library other than the demo is here already."""
    with database.read() as conn:
        filled = catalogue_rows.count_titles(conn) or pickup_rows.all_branches(conn)
    return bool(filled) and not is_seeded(database)


def is_complete(database: Database) -> bool:
    """Whether a seeding went through to its end: the staff come last."""
    with database.read() as conn:
        return all(staff_rows.by_login(conn, one.login) is not None for one in demo_library().staff)


def seed(library: Library, hasher: PinHasher | None = None) -> Seeded:
    """Bring the whole demo library into the database and the search index.

    What exists is left as it is, so a demo in use can be seeded again; a seeding that was cut short goes on.
    """
    demo, now = demo_library(), library.clock.now()
    with library.database.begin() as conn:
        points = _places(conn, demo)
        titles, copies = _books(conn, demo, now)
    readers = [_reader(library, one, now) for one in demo.readers]
    loans = _loans(library, demo, {one.card for one, new in zip(demo.readers, readers, strict=True) if new})
    if titles or copies or loans or library.catalogue.indexed() != library.catalogue.held():
        library.catalogue.reindex()
    staff = _staff(library, demo, hasher or Argon2Pins(), now)
    return Seeded(titles, copies, points, sum(readers), loans, staff)


def _places(conn: Connection, demo: DemoLibrary) -> int:
    """Branches, lockers and cells that were not there; places that staff have changed stay as they are."""
    added = 0
    for branch in demo.branches:
        if pickup_rows.find_branch(conn, branch.id) is None:
            added += pickup_rows.put_branch(conn, _place(branch) | {"phone": branch.phone})
    for locker in demo.lockers:
        if pickup_rows.find_locker(conn, locker.id) is None:
            added += pickup_rows.put_locker(conn, _place(locker))
            for number in range(1, locker.cells + 1):
                cell_rows.put_cell(conn, locker.id, f"{number:02d}", low=number <= locker.low_cells)
    return added


def _place(point: Any) -> dict[str, Any]:
    names = ("id", "name", "address", "latitude", "longitude", "hours")
    return {name: getattr(point, name) for name in names} | {"aliases": ";".join(point.aliases)}


def _books(conn: Connection, demo: DemoLibrary, now: datetime) -> tuple[int, int]:
    """Titles and copies that were not there: how many of each."""
    wanted = {record_key(row["title"], row["author"], normal_isbn(row["isbn"])): row for row in demo_titles()}
    known = catalogue_rows.titles_by_key(conn, list(wanted))
    fresh = [_title(key, row, now) for key, row in wanted.items() if key not in known]
    catalogue_rows.insert_titles(conn, fresh)
    held = catalogue_rows.titles_by_key(conn, list(wanted))
    copies = [
        copy for key, row in held.items() for copy in copies_of(demo, key, int(row["id"]), str(row["title"]))
    ]
    there = catalogue_rows.copies_by_barcode(conn, [copy["barcode"] for copy in copies])
    missing = [copy for copy in copies if copy["barcode"] not in there]
    catalogue_rows.insert_copies(conn, missing)
    return len(fresh), len(missing)


def _title(key: str, row: dict[str, str], now: datetime) -> dict[str, Any]:
    flags = {name: row[name] == "1" for name in ("large_print", "children", "adult_only")}
    words = ("title", "author", "publisher", "year", "call_number", "subjects", "summary", "language")
    facts = {name: row[name] for name in words} | flags
    return facts | {
        "key": key,
        "isbn13": normal_isbn(row["isbn"]),
        "added_at": _added_at(row["year"], key, now),
    }


def _added_at(year: str, key: str, now: datetime) -> datetime:
    """The newer the book, the later it came to the library; within a year by chance, but always the same."""
    age = max(0, local(now).year - int(year)) if year >= str(NEW_BOOKS_SINCE) else 20
    return now - timedelta(days=30 + 90 * age + sum(key.encode()) % 60, seconds=sum(key.encode()[::2]))


def _reader(library: Library, one: DemoReader, now: datetime) -> bool:
    """Register a reader with everything that belongs to it; False when the card was there."""
    register = library.readers.register
    if register.by_card(one.card) is not None:
        return False
    reader = register.register(
        one.card,
        one.kind,
        one.name,
        one.phone,
        demo_library().passwords.pin,
        one.birth_year,
        one.guardian or None,
        guardian_consent=one.consent,
    )
    for home in one.addresses:
        library.readers.add_address(reader.id, one.name, one.phone, home.district, home.street)
    if one.suspended_days:
        until = now + timedelta(days=one.suspended_days)
        register.suspend(reader.id, until, "demo", "missed pickups")
    if one.owed_fen:
        _owe(library.database, reader, one.owed_fen, now)
    return True


def _owe(database: Database, reader: Reader, amount_fen: int, now: datetime) -> None:
    charge = {"key": f"demo:{reader.card}", "reader_id": reader.id, "kind": "overdue"}
    with database.begin() as conn:
        loan_rows.add_charge(conn, charge | {"amount_fen": amount_fen, "at": now - timedelta(days=40)})


def _loans(library: Library, demo: DemoLibrary, cards: set[str]) -> int:
    """Loans and reservations of the readers just entered; how many."""
    done = 0
    for loan in demo.loans:
        if loan.card in cards:
            done += _lend(library, loan.card, loan.title, loan.days_ago, renewed=loan.renewed)
    for wish in demo.reservations:
        if wish.card in cards:
            library.reservations.reserve(_known(library, wish.card), _title_id(library, wish.title))
            done += 1
    return done


def _lend(library: Library, card: str, title: str, days_ago: int, *, renewed: bool) -> int:
    reader = _known(library, card)
    began = library.clock.now() - timedelta(days=days_ago)
    title_id = _title_id(library, title)
    with library.database.begin() as conn:
        copy_id = promises.candidates(conn, title_id)[0].copy_id
        loan_id = library.loans.start(conn, reader.id, copy_id, None, began)
    if renewed:
        library.loans.renew(reader, loan_id)
    return 1


def _known(library: Library, card: str) -> Reader:
    reader = library.readers.register.by_card(card)
    if reader is None:
        raise LookupError(f"demo reader {card} was not registered")
    return reader


def _title_id(library: Library, title: str) -> int:
    """The demo's first record with exactly this title."""
    row = next(row for row in demo_titles() if row["title"] == title)
    key = record_key(row["title"], row["author"], normal_isbn(row["isbn"]))
    with library.database.read() as conn:
        return int(catalogue_rows.titles_by_key(conn, [key])[key]["id"])


def _staff(library: Library, demo: DemoLibrary, hasher: PinHasher, now: datetime) -> int:
    added = 0
    for one in demo.staff:
        with library.database.begin() as conn:
            if staff_rows.by_login(conn, one.login) is None:
                hashed = hasher.hash(demo.passwords.staff)
                added += staff_rows.add_staff(conn, one.login, one.name, one.role, hashed, now)
    return added
