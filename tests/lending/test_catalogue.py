"""The catalogue: the index finds, the database says what is free now."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lending.catalogue.model import Filters, Match
from lending.catalogue.service import Catalogue
from lending.errors import Code, LendingError
from lending.storage import catalogue as rows
from lending.storage.base import Connection, Database
from lending.storage.promises import promise, release
from tests.fakes.catalogue_index import InMemoryIndex

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def add_title(database: Database, title: str, author: str = "", **facts: Any) -> int:
    """A title, each one an hour newer than the one before; its id."""
    with database.begin() as conn:
        number = rows.count_titles(conn)
        blank = {
            "publisher": "",
            "year": "",
            "isbn13": None,
            "call_number": "",
            "subjects": "",
            "summary": "",
        }
        flags = {"large_print": False, "children": False, "adult_only": False, "language": "zh"}
        added = START + timedelta(hours=number)
        row = {
            "key": f"test:{number}",
            "title": title,
            "author": author,
            **blank,
            **flags,
            "added_at": added,
            **facts,
        }
        rows.insert_titles(conn, [row])
        return int(rows.titles_by_key(conn, [row["key"]])[row["key"]]["id"])


def add_copies(
    database: Database, title_id: int, count: int, branch: str = "main", state: str = "on_shelf"
) -> list[int]:
    """Copies of a title; their ids."""
    with database.begin() as conn:
        barcodes = [f"{title_id}-{branch}-{state}-{number}" for number in range(count)]
        common = {
            "title_id": title_id,
            "branch_id": branch,
            "stack": "open",
            "shelf_mark": "",
            "state": state,
        }
        rows.insert_copies(conn, [{"barcode": barcode, **common} for barcode in barcodes])
        return [row["id"] for row in rows.copies_by_barcode(conn, barcodes).values()]


@pytest.fixture
def catalogue(database: Database) -> Catalogue:
    return Catalogue(database, InMemoryIndex())


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Statements sent to the database meanwhile."""
    from sqlalchemy import event

    sent: list[str] = []

    def note(_conn: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)


def test_available_copies_are_on_the_shelf_and_promised_to_nobody(
    database: Database, catalogue: Catalogue
) -> None:
    title = add_title(database, "活着", "余华")
    first, *_ = add_copies(database, title, 2)
    add_copies(database, title, 1, state="lent")
    add_copies(database, title, 1, state="missing")
    catalogue.reindex()
    assert catalogue.search("活着").hits[0].available == 2
    with database.begin() as conn:
        promise(conn, first, "order:1", START)
    assert catalogue.search("活着").hits[0].available == 1
    with database.begin() as conn:
        release(conn, "order:1", START)
    assert catalogue.search("活着").hits[0].available == 2


def test_what_can_be_lent_comes_first_among_equals(database: Database, catalogue: Catalogue) -> None:
    out = add_title(database, "围城", "钱钟书", year="1991")
    there = add_title(database, "围城", "钱锺书", year="2002")
    add_copies(database, out, 1, state="lent")
    add_copies(database, there, 1)
    catalogue.reindex()
    assert [hit.title.id for hit in catalogue.search("围城").hits] == [there, out]


def test_filters_are_right_though_the_index_is_old(database: Database, catalogue: Catalogue) -> None:
    title = add_title(database, "三体", "刘慈欣")
    catalogue.reindex()
    add_copies(database, title, 1, branch="east")
    now = Filters(available_now=True)
    assert catalogue.search("三体", filters=now).total == 1
    assert catalogue.search("三体", filters=Filters(branch_id="east")).total == 1
    assert catalogue.search("三体", filters=Filters(branch_id="west")).total == 0
    with database.begin() as conn:
        for copy in rows.copies_by_barcode(conn, [f"{title}-east-on_shelf-0"]).values():
            rows.update_copy(conn, copy["id"], {"state": "lent"})
    assert catalogue.search("三体", filters=now).total == 0
    assert catalogue.search("三体", filters=Filters(branch_id="east")).total == 1, (
        "lent, but the branch has it"
    )
    assert catalogue.search("三体", filters=Filters(available_now=True, branch_id="east")).total == 0


def test_large_print_children_and_adult_filters(database: Database, catalogue: Catalogue) -> None:
    add_title(database, "红楼梦", "曹雪芹")
    large = add_title(database, "红楼梦", "曹雪芹", large_print=True)
    young = add_title(database, "红楼梦", "曹雪芹", children=True)
    adult = add_title(database, "金瓶梅", "兰陵笑笑生", adult_only=True)
    catalogue.reindex()
    assert [hit.title.id for hit in catalogue.search("红楼梦", filters=Filters(large_print=True)).hits] == [
        large
    ]
    assert [hit.title.id for hit in catalogue.search("红楼梦", filters=Filters(children=True)).hits] == [
        young
    ]
    assert [hit.title.id for hit in catalogue.search("金瓶梅").hits] == [adult]
    assert catalogue.search("金瓶梅", include_adult=False).hits == ()


def test_pages_do_not_overlap_and_end(database: Database, catalogue: Catalogue) -> None:
    ids = {add_title(database, f"三体{number}", "刘慈欣") for number in range(7)}
    catalogue.reindex()
    pages = [catalogue.search("刘慈欣", page=number) for number in (1, 2, 3)]
    assert [len(page.hits) for page in pages] == [5, 2, 0]
    assert {hit.title.id for page in pages for hit in page.hits} == ids
    assert {page.total for page in pages} == {7}
    assert pages[0].match is Match.AUTHOR


def test_a_page_costs_the_same_queries_however_many_hits(database: Database, catalogue: Catalogue) -> None:
    for number in range(30):
        add_copies(database, add_title(database, f"鲁迅文集{number}", "鲁迅"), 1)
    catalogue.reindex()
    with counted(database) as sent:
        assert catalogue.search("鲁迅").total == 30
    assert len([statement for statement in sent if statement.startswith("SELECT")]) == 2


def test_newest_first_with_filters(database: Database, catalogue: Catalogue) -> None:
    old, middle, new = (add_title(database, name) for name in ("一", "二", "三"))
    add_copies(database, old, 1)
    add_copies(database, new, 1, branch="east")
    assert [hit.title.id for hit in catalogue.newest().hits] == [new, middle, old]
    assert [hit.title.id for hit in catalogue.newest(page=2, page_size=2).hits] == [old]
    assert [hit.title.id for hit in catalogue.newest(filters=Filters(available_now=True)).hits] == [new, old]
    page = catalogue.newest(filters=Filters(branch_id="main"))
    assert ([hit.title.id for hit in page.hits], page.total) == ([old], 1)


def test_availability_by_branch(database: Database, catalogue: Catalogue) -> None:
    title = add_title(database, "活着", "余华")
    add_copies(database, title, 2, branch="east")
    add_copies(database, title, 1, branch="west", state="lent")
    add_copies(database, title, 1, branch="west", state="withdrawn")
    stock = catalogue.availability(title)
    assert (stock.total, stock.on_shelf, stock.waiting) == (3, 2, 0)
    assert stock.by_branch == (("east", "east", 2), ("west", "west", 0))


def test_a_title_that_does_not_exist_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(LendingError) as refusal:
        catalogue.title(404)
    assert refusal.value.code is Code.UNKNOWN_TITLE
    with pytest.raises(LendingError) as refusal:
        catalogue.availability(404)
    assert refusal.value.code is Code.UNKNOWN_TITLE
    assert catalogue.titles([404]) == []


def test_titles_keep_the_order_asked_for(database: Database, catalogue: Catalogue) -> None:
    first, second = add_title(database, "家"), add_title(database, "春")
    assert [title.title for title in catalogue.titles([second, 404, first, second])] == ["春", "家"]


def test_reindexing_some_titles_leaves_the_others(database: Database, catalogue: Catalogue) -> None:
    add_title(database, "家", "巴金")
    catalogue.reindex()
    spring = add_title(database, "春天", "巴金")
    assert catalogue.search("春天").total == 0
    assert catalogue.reindex([spring]) == 1
    assert (catalogue.search("春天").total, catalogue.indexed(), catalogue.held()) == (1, 2, 2)
