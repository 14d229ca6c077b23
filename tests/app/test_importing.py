"""Imports into a real database and index: counts, errors, and that the same again changes nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app import importing, importing_places
from app.importing import ImportReport
from integrations.imports.model import ImportRefused
from integrations.pins.argon2_hasher import Argon2Pins
from integrations.vault.fernet import FernetVault
from lending.catalogue.service import Catalogue
from lending.policy import Policy
from lending.readers.audit import Audit
from lending.readers.register import Register
from lending.storage import cells as cell_rows
from lending.storage import readers as reader_rows
from lending.storage.base import Database
from lending.storage.catalogue import copies, titles
from tests.fakes.catalogue_index import InMemoryIndex
from tests.fakes.clock import FakeClock, china

CLOCK = FakeClock(china("2026-03-02 10:00"))
BOOKS = "title,author,isbn,subjects\n活着,余华,9787506365437,小说\n三体,刘慈欣,,科幻\n围城,钱锺书,,\n"
COPIES = "barcode,isbn,title,author,branch,stack,shelf_mark\nB1,978-7-5063-6543-7,,,main,open,I247\n"
COPIES += "B2,,三体,刘慈欣,east,闭架,\n"
READERS = "card,kind,name,phone,pin,birth_year,guardian_card\nC2,child,李小明,,5678,2016,R1\n"
READERS += "R1,elderly,李建国,13800138000,1234,1950,\n"
LOCKERS = "id,name,address,latitude,longitude,hours,cells\nL1,湖东柜,湖东路1号,31.3,120.7,06:30-22:30,12\n"


@pytest.fixture
def catalogue(database: Database) -> Catalogue:
    return Catalogue(database, InMemoryIndex())


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def written(text: str) -> Path:
        file = tmp_path / "file.csv"
        file.write_text(text, encoding="utf-8")
        return file

    return written


@pytest.fixture
def taking(database: Database, catalogue: Catalogue, tmp_path: Path) -> dict[str, Any]:
    """What the imports of titles and copies are given."""
    return {"database": database, "catalogue": catalogue, "clock": CLOCK, "data_dir": tmp_path / "data"}


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.tally.added, report.tally.changed, report.tally.unchanged, report.bad


def everything(database: Database, table: Any) -> list[tuple[Any, ...]]:
    with database.read() as conn:
        return [tuple(row) for row in conn.execute(select(table).order_by(table.c.id))]


def test_titles_are_added_once_and_found(
    database: Database, catalogue: Catalogue, taking: dict[str, Any], write: Callable[[str], Path]
) -> None:
    assert counts(importing.import_catalogue(write(BOOKS), **taking)) == (3, 0, 0, 0)
    assert catalogue.search("三体").hits[0].title.author == "刘慈欣"
    before = everything(database, titles)
    assert counts(importing.import_catalogue(write(BOOKS), **taking)) == (0, 0, 3, 0)
    assert everything(database, titles) == before


def test_only_what_the_file_speaks_of_is_changed(
    catalogue: Catalogue, taking: dict[str, Any], write: Callable[[str], Path]
) -> None:
    importing.import_catalogue(write(BOOKS), **taking)
    again = "title,author,year\n三体,刘慈欣,2008\n文城,余华,2021\n"
    assert counts(importing.import_catalogue(write(again), **taking)) == (1, 1, 0, 0)
    title = catalogue.search("三体").hits[0].title
    assert (title.year, title.subjects) == ("2008", "科幻")
    assert catalogue.search("文城").total == 1
    assert catalogue.indexed() == catalogue.held() == 4


def test_bad_and_repeated_records_are_listed_and_skipped(
    catalogue: Catalogue, taking: dict[str, Any], write: Callable[[str], Path]
) -> None:
    report = importing.import_catalogue(write(f"{BOOKS},无名,,\n三 体,刘慈欣,,别的\n家,巴金,,\n"), **taking)
    assert counts(report) == (4, 0, 0, 2)
    assert report.errors_file is not None
    lines = report.errors_file.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "record,reason,text"
    assert lines[1].startswith("4,has no title,")
    assert lines[2].startswith("5,")
    assert "repeats record 2" in lines[2]
    assert catalogue.search("家").total == 1
    assert importing.import_catalogue(write(BOOKS), **taking).errors_file is None
    assert not report.errors_file.exists(), "the list of an older import misleads"


def test_a_refused_file_changes_nothing(
    database: Database, catalogue: Catalogue, taking: dict[str, Any], write: Callable[[str], Path]
) -> None:
    importing.import_catalogue(write(BOOKS), **taking)
    before = everything(database, titles)
    for text in ("", "name\n活着\n"):
        with pytest.raises(ImportRefused):
            importing.import_catalogue(write(text), **taking)
    assert everything(database, titles) == before
    assert catalogue.indexed() == 3


def test_batches_add_up(
    monkeypatch: pytest.MonkeyPatch, taking: dict[str, Any], write: Callable[[str], Path]
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    told: list[tuple[str, int, int]] = []
    taking["progress"] = lambda *step: told.append(step)
    assert counts(importing.import_catalogue(write(BOOKS), **taking)) == (3, 0, 0, 0)
    assert told[:2] == [("read", 2, 4), ("read", 3, 4)]


def test_copies_by_isbn_or_by_title_and_author(
    database: Database, catalogue: Catalogue, taking: dict[str, Any], write: Callable[[str], Path]
) -> None:
    importing.import_catalogue(write(BOOKS), **taking)
    assert counts(importing.import_copies(write(COPIES), **taking)) == (2, 0, 0, 0)
    before = everything(database, copies)
    assert [row[1:6] for row in before] == [
        ("B1", 1, "main", "open", "I247"),
        ("B2", 2, "east", "closed", ""),
    ]
    assert counts(importing.import_copies(write(COPIES), **taking)) == (0, 0, 2, 0)
    assert everything(database, copies) == before
    assert catalogue.search("活着").hits[0].available == 1
    moved = COPIES.replace("main", "west")
    assert counts(importing.import_copies(write(moved), **taking)) == (0, 1, 1, 0)


def test_copies_that_cannot_be_used(
    database: Database, taking: dict[str, Any], write: Callable[[str], Path]
) -> None:
    importing.import_catalogue(write(BOOKS), **taking)
    rows = "B3,,不存在的书,,main,,\n,,三体,刘慈欣,main,,\nB4,,三体,刘慈欣,,,\n"
    rows += "B5,,三体,刘慈欣,main,仓库,\nB1,,三体,刘慈欣,main,,\n"
    report = importing.import_copies(write(COPIES + rows), **taking)
    assert counts(report) == (2, 0, 0, 5)
    assert report.errors_file is not None
    listed = report.errors_file.read_text(encoding="utf-8-sig")
    for reason in (
        "no title of the catalogue",
        "no barcode",
        "no branch",
        "neither open nor closed",
        "repeats",
    ):
        assert reason in listed


@pytest.fixture
def register(database: Database) -> Register:
    vault = FernetVault("a secret for the tests of imports")
    policy = Policy.load(Path("app/demo/policy.toml"))
    return Register(database, CLOCK, policy, vault, Argon2Pins(), Audit(database, CLOCK))


def test_readers_with_guardians_in_any_order(
    database: Database, register: Register, tmp_path: Path, write: Callable[[str], Path]
) -> None:
    taking: Any = {"database": database, "register": register, "data_dir": tmp_path / "data"}
    assert counts(importing_places.import_readers(write(READERS), **taking)) == (2, 0, 0, 0)
    child = register.by_card("C2")
    assert child is not None
    assert child.guardian_id == register.by_card("R1").id  # type: ignore[union-attr]
    assert register.check_pin("C2", "5678")
    before = everything(database, reader_rows.readers)
    assert counts(importing_places.import_readers(write(READERS), **taking)) == (0, 0, 2, 0)
    assert everything(database, reader_rows.readers) == before, "not even the PIN's hash"
    changed = READERS.replace("1234", "4321")
    assert counts(importing_places.import_readers(write(changed), **taking)) == (0, 1, 1, 0)
    assert register.check_pin("R1", "4321")


def test_bad_readers_are_listed_without_their_data(
    database: Database, register: Register, tmp_path: Path, write: Callable[[str], Path]
) -> None:
    rows = (
        "R3,king,王大,13900000000,1111,,\nR4,child,王小,,2222,,R99\n,adult,无名,,,,\nR5,adult,王五,,,199x,\n"
    )
    report = importing_places.import_readers(
        write(READERS + rows), database=database, register=register, data_dir=tmp_path / "data"
    )
    assert counts(report) == (2, 0, 0, 4)
    assert report.errors_file is not None
    listed = report.errors_file.read_text(encoding="utf-8-sig")
    assert not [word for word in ("王大", "13900000000", "1111", "2222") if word in listed]
    assert register.by_card("R3") is None


def test_lockers_and_their_cells(database: Database, tmp_path: Path, write: Callable[[str], Path]) -> None:
    taking: Any = {"database": database, "data_dir": tmp_path / "data"}
    assert counts(importing_places.import_lockers(write(LOCKERS), **taking)) == (1, 0, 0, 0)
    assert counts(importing_places.import_lockers(write(LOCKERS), **taking)) == (0, 0, 1, 0)
    with database.read() as conn:
        assert cell_rows.free_counts(conn) == {"L1": 12}
    more = LOCKERS.replace(",12\n", ",14\n")
    assert counts(importing_places.import_lockers(write(more), **taking)) == (0, 1, 0, 0)
    wrong = "L2,坏柜,某路,31.3,1207,06:30-22:30,12\nL3,坏柜,某路,31.3,120.7,总是,12\n"
    wrong += "L4,坏柜,某路,31.3,120.7,24h,0\n"
    assert counts(importing_places.import_lockers(write(LOCKERS + wrong), **taking)) == (0, 0, 1, 3)


def test_branches(database: Database, tmp_path: Path, write: Callable[[str], Path]) -> None:
    text = "id,name,address,latitude,longitude,hours,phone\n"
    text += "main,总馆,人民路1号,31.3,120.6,周二-周日 09:00-20:00,1\n"
    taking: Any = {"database": database, "data_dir": tmp_path / "data"}
    assert counts(importing_places.import_branches(write(text), **taking)) == (1, 0, 0, 0)
    assert counts(importing_places.import_branches(write(text), **taking)) == (0, 0, 1, 0)
