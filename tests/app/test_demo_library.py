"""The demo library: real books, places far apart, readers of every kind, the same after every seeding."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from haversine import haversine
from sqlalchemy import func, select

from app.demo import seed as seeding
from app.demo import uses_demo_passwords
from app.demo.copies import barcode, copies_of
from app.demo.data import Branch, Locker, demo_library, demo_titles
from app.demo.guard import check, demo_accounts
from app.demo.seed import seed
from app.errors import StartupError
from app.settings import load_settings
from lending.calendar import OpeningHours
from lending.catalogue.isbn import normal_isbn
from lending.catalogue.keys import record_key
from lending.errors import Code, LendingError
from lending.policy import Policy
from lending.readers.model import ReaderKind
from lending.storage import catalogue as catalogue_rows
from lending.storage import staff as staff_rows
from lending.storage.base import Database, metadata
from tests.app.demo_world import QUICK_PINS, World, world
from tests.databases import SqliteTemplate

TITLES = list(demo_titles())


@pytest.fixture(scope="module")
def seeded(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The demo with the real search index, seeded once: tests here only look."""
    folder = tmp_path_factory.mktemp("demo")
    database = sqlite_template.copy(folder)
    there = world(database, folder)
    seed(there.library, QUICK_PINS)
    yield there
    database.dispose()


# --- the files ---


def test_there_are_enough_titles_and_each_is_its_own_record() -> None:
    keys = [record_key(row["title"], row["author"], normal_isbn(row["isbn"])) for row in TITLES]
    assert len(TITLES) >= 650
    assert [key for key, count in Counter(keys).items() if count > 1] == []


def test_every_isbn_is_valid_and_stands_once() -> None:
    isbns = [row["isbn"] for row in TITLES if row["isbn"]]
    assert [isbn for isbn in isbns if normal_isbn(isbn) != isbn] == []
    assert [isbn for isbn, count in Counter(isbns).items() if count > 1] == []
    assert len(isbns) >= 150


WANTED = """
三体 三体Ⅱ·黑暗森林 三体Ⅲ·死神永生 活着 许三观卖血记 兄弟 平凡的世界 围城 红楼梦 西游记 水浒传 三国演义
百年孤独 挪威的森林 解忧杂货店 白夜行 小王子 哈利·波特与魔法石 人类简史 万历十五年
明朝那些事儿（壹）：洪武大帝 1984 追风筝的人 家 春 秋 人工智能：一种现代的方法
窗边的小豆豆 十万个为什么 Frankenstein
"""


@pytest.mark.parametrize("name", WANTED.split())
def test_what_everybody_asks_for_is_there(name: str) -> None:
    assert name in {row["title"] for row in TITLES}


def test_every_title_is_described() -> None:
    for row in TITLES:
        assert row["title"].strip() == row["title"] != ""
        assert row["author"], row
        assert row["publisher"], row
        assert row["subjects"], row
        assert re.fullmatch(r"(\d{4})?", row["year"]), row
        assert re.fullmatch(r"[A-Z]\S*/[A-Z0-9]+", row["call_number"]), row
        assert {row["large_print"], row["children"], row["adult_only"]} <= {"0", "1"}, row
        assert len(row["summary"]) <= 60, row


def test_there_is_something_for_everybody() -> None:
    def some(name: str, value: str) -> int:
        return sum(row[name] == value for row in TITLES)

    assert some("large_print", "1") >= 15
    assert some("children", "1") >= 60
    assert some("adult_only", "1") >= 5
    assert some("language", "en") >= 30
    assert not any(row["children"] == row["adult_only"] == "1" for row in TITLES)
    editions = Counter((row["title"], row["author"]) for row in TITLES)
    assert sum(count > 1 for count in editions.values()) >= 10


def test_lockers_stand_at_least_6_km_apart() -> None:
    """5.1: a radius of 3 km each, and no overlap."""
    lockers = demo_library().lockers
    assert len(lockers) == 6
    apart = Policy.load(load_settings().policy_file).indicators.locker_apart_km
    for one, other in combinations(lockers, 2):
        distance = haversine((one.latitude, one.longitude), (other.latitude, other.longitude))
        assert distance >= max(6.0, apart), (one.name, other.name, distance)


def test_places_are_in_suzhou_and_open() -> None:
    demo = demo_library()
    assert len(demo.branches) == 3
    places: tuple[Branch | Locker, ...] = (*demo.branches, *demo.lockers)
    for place in places:
        assert 31.0 < place.latitude < 31.6, place
        assert 120.3 < place.longitude < 121.0, place
        assert any(OpeningHours.parse(place.hours).week), place
        assert not any(";" in alias for alias in place.aliases), place
    assert {OpeningHours.parse(locker.hours).always for locker in demo.lockers} == {True, False}
    for locker in demo.lockers:
        assert 20 <= locker.cells <= 40
        assert 0 < locker.low_cells < locker.cells


def test_twelve_readers_of_every_kind() -> None:
    readers = demo_library().readers
    districts = set(Policy.load(load_settings().policy_file).delivery.districts)
    assert {home.district for reader in readers for home in reader.addresses} <= districts
    assert [reader.card for reader in readers] == [f"D{number:04d}" for number in range(1, 13)]
    assert {reader.kind for reader in readers} == {str(kind) for kind in ReaderKind}


def test_loans_and_copies_name_titles_that_exist() -> None:
    demo, names = demo_library(), {row["title"] for row in TITLES}
    named = [*demo.copies.many, *demo.copies.single]
    named += [out.title for out in demo.copies.all_out]
    named += [loan.title for loan in demo.loans] + [wish.title for wish in demo.reservations]
    assert set(named) <= names
    lent = Counter(loan.title for loan in demo.loans)
    assert all(lent[one.title] == one.copies for one in demo.copies.all_out)
    once = Counter(row["title"] for row in TITLES)
    assert all(once[title] == 1 for title in (*demo.copies.single, *(o.title for o in demo.copies.all_out)))


def test_copies_depend_on_nothing_but_their_record() -> None:
    demo = demo_library()
    first = list(copies_of(demo, "isbn:9787536692930", 1, "三体"))
    assert first == list(copies_of(demo, "isbn:9787536692930", 1, "三体"))
    assert len(first) >= 4
    keys = [record_key(row["title"], row["author"], normal_isbn(row["isbn"])) for row in TITLES]
    assert len({barcode(key, 0) for key in keys}) == len(keys)


# --- what stands in the database ---


def test_copies_over_open_shelves_and_closed_stacks(seeded: World) -> None:
    table = catalogue_rows.copies
    with seeded.library.database.read() as conn:
        places = conn.execute(select(table.c.stack, table.c.branch_id)).all()
    stacks = Counter(stack for stack, _ in places)
    branches = {branch for _, branch in places}
    assert sum(stacks.values()) >= 1500
    assert 0.6 <= stacks["open"] / sum(stacks.values()) <= 0.8
    assert branches == {branch.id for branch in demo_library().branches}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("三体", "三体"),
        ("《活着》", "活着"),
        ("9787544253994", "百年孤独"),
        ("江城", "江城"),
        ("长安的荔枝", "长安的荔枝"),
    ],
)
def test_it_can_be_searched(seeded: World, said: str, found: str) -> None:
    assert seeded.library.catalogue.search(said).hits[0].title.title == found


def test_the_last_copies_are_single_and_some_titles_are_all_out(seeded: World) -> None:
    catalogue = seeded.library.catalogue

    def shelf(title: str) -> tuple[int, int]:
        found = catalogue.availability(catalogue.search(title).hits[0].title.id)
        return found.on_shelf, found.total

    assert {shelf(title) for title in demo_library().copies.single} == {(1, 1)}
    assert [shelf(one.title) for one in demo_library().copies.all_out] == [(0, 1), (0, 2)]


def test_every_state_of_a_loan_can_be_shown(seeded: World) -> None:
    register, loans = seeded.library.readers.register, seeded.library.loans
    why: dict[str, Code | None] = {}
    for card in ("D0001", "D0002", "D0003"):
        reader = register.by_card(card)
        assert reader is not None
        why |= {loan.title: loan.why_not for loan in loans.of(reader)}
    assert why["万物简史"] is None
    assert why["亮剑"] is Code.OVERDUE
    assert why["狼图腾"] is Code.RENEWAL_USED
    assert why["长安的荔枝"] is Code.RESERVED_BY_OTHER


def test_every_card_opens_with_the_pin(seeded: World) -> None:
    readers = seeded.library.readers
    refused: list[tuple[str, Code]] = []
    for number, reader in enumerate(demo_library().readers):
        try:
            readers.verify_and_bind(f"talk-{number}", reader.card, "1234")
        except LendingError as error:
            refused.append((reader.card, error.code))
    assert refused == [("D0007", Code.CHILD_NEEDS_GUARDIAN)]


def test_one_is_suspended_and_one_owes_more_than_the_limit(seeded: World) -> None:
    register = seeded.library.readers.register
    suspended, owing = register.by_card("D0011"), register.by_card("D0012")
    assert suspended is not None
    assert suspended.suspended_until is not None
    assert suspended.suspended_until > seeded.clock.now()
    assert owing is not None
    owed = seeded.library.loans.fees(owing).owed_fen
    assert owed > seeded.library.policy.orders.fees_owed_limit_fen


def test_one_account_for_each_role(seeded: World) -> None:
    with seeded.library.database.read() as conn:
        accounts = [staff_rows.by_login(conn, login) for login in ("desk", "picker", "supervisor")]
    assert [account and account["role"] for account in accounts] == ["desk", "picker", "supervisor"]
    assert all(account and QUICK_PINS.verify(account["password_hash"], "demo") for account in accounts)


def test_new_books_are_recent_ones(seeded: World) -> None:
    newest = seeded.library.catalogue.newest(page_size=10).hits
    assert all(hit.title.year >= "2020" for hit in newest)


# --- again and again ---


def counts(database: Database) -> dict[str, int]:
    with database.read() as conn:
        return {
            table.name: conn.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def test_seeding_again_changes_nothing(database: Database, tmp_path: Path) -> None:
    there = world(database, tmp_path)
    assert not seeding.is_seeded(database)
    assert seed(there.library, QUICK_PINS)
    before = counts(database)
    there.clock.forward(days=2)
    assert not seed(there.library, QUICK_PINS)
    assert counts(database) == before
    assert seeding.is_seeded(database)
    assert seeding.is_complete(database)
    assert not seeding.is_foreign(database)


def test_a_seeding_cut_short_goes_on(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = world(database, tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(seeding, "_loans", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            seed(there.library, QUICK_PINS)
    assert not seeding.is_complete(database)
    seed(there.library, QUICK_PINS)
    assert seeding.is_complete(database)
    assert there.library.catalogue.indexed() == len(TITLES)


def test_another_library_is_left_alone(database: Database) -> None:
    from tests.lending.test_catalogue import add_title

    add_title(database, "别的馆的书")
    assert seeding.is_foreign(database)
    assert not seeding.is_seeded(database)


# --- passwords that everybody knows ---


def test_demo_passwords_do_not_leave_this_machine(seeded: World, tmp_path: Path) -> None:
    database = seeded.library.database
    check(load_settings(host="127.0.0.1", data_dir=tmp_path), database)
    with pytest.raises(StartupError, match=r"desk, picker, supervisor, D0001"):
        check(load_settings(host="0.0.0.0", data_dir=tmp_path), database)
    assert uses_demo_passwords(database.url)


def test_changed_passwords_are_fine(database: Database, tmp_path: Path) -> None:
    there = world(database, tmp_path)
    with database.begin() as conn:
        staff_rows.add_staff(conn, "desk", "王", "desk", QUICK_PINS.hash("a long one"), there.clock.now())
    there.library.readers.register.register("D0001", "adult", "王晓晨", pin="987654")
    assert demo_accounts(database) == []
    check(load_settings(host="0.0.0.0", data_dir=tmp_path), database)
    there.library.readers.register.register("D0001", "adult", "王晓晨", pin="1234")
    assert demo_accounts(database) == ["D0001"]
