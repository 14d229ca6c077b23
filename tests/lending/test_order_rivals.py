"""Many readers at the same moment, in threads, on both databases: each copy, cell and card limit holds."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import cast

import pytest

from lending.errors import Code, LendingError
from lending.orders.model import Method, Placed
from lending.orders.needs import LoanBook
from lending.orders.service import Orders
from lending.readers.model import ReaderKind
from lending.storage.base import Connection, Database
from tests.lending.house import House


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def together(calls: Sequence[Callable[[], object]]) -> list[object]:
    """Run calls at the same moment, each in its thread; what each returned or raised."""
    results: list[object] = [None] * len(calls)
    gate = threading.Barrier(len(calls))

    def run(place: int) -> None:
        gate.wait()
        try:
            results[place] = calls[place]()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_forty_readers_want_the_last_copy(house: House) -> None:
    wanted = house.title("活着")
    readers = [house.reader(f"D{number:04d}") for number in range(40)]
    nonces = [house.fill(f"talk-{r.id}", wanted, method=Method.BRANCH, to="B1") for r in readers]
    calls = [
        lambda r=reader, n=nonce: house.orders.place(f"talk-{r.id}", r, n)
        for reader, nonce in zip(readers, nonces, strict=True)
    ]
    results = together(calls)
    assert [type(result) for result in results].count(Placed) == 1, results
    others = [result for result in results if not isinstance(result, Placed)]
    assert {getattr(other, "code", other) for other in others} == {Code.NOTHING_OBTAINABLE}
    assert all(isinstance(o, LendingError) and o.facts["alternatives"][0]["reserve"] for o in others)


def test_rivals_with_crossing_baskets_never_wait_for_each_other(house: House) -> None:
    first, second = house.title("活着"), house.title("三体")
    readers = [house.reader(f"D{number:04d}") for number in range(16)]
    calls = []
    for count, reader in enumerate(readers):
        wanted = (first, second) if count % 2 else (second, first)
        nonce = house.fill(f"talk-{reader.id}", *wanted, method=Method.BRANCH, to="B1")
        calls.append(lambda r=reader, n=nonce: house.orders.place(f"talk-{r.id}", r, n))
    results = together(calls)
    got = [
        line for r in results if isinstance(r, Placed) for line in r.order.lines if line.state == "requested"
    ]
    assert len(got) == 2
    refusals = [result for result in results if not isinstance(result, Placed)]
    assert all(isinstance(r, LendingError) and r.code is Code.NOTHING_OBTAINABLE for r in refusals), refusals


def test_the_same_confirmation_at_the_same_moment_is_one_order(house: House) -> None:
    reader = house.reader()
    nonce = house.fill("talk", house.title("活着", stock=("B1",) * 5))
    results = together([lambda: house.orders.place("talk", reader, nonce)] * 8)
    placed = [result for result in results if isinstance(result, Placed)]
    assert len(placed) == 8, results
    assert {result.order.number for result in placed} == {house.orders.of(reader)[0].number}


class Meeting:
    """A loan book at which rivals meet: whoever counts the card waits a moment for the others to count too.

    When the reader is locked as it should be, nobody else comes, and the wait breaks off.
    """

    def __init__(self, book: LoanBook, rivals: int) -> None:
        self._book = book
        self._gate = threading.Barrier(rivals)

    def open_count(self, conn: Connection, reader_id: int) -> int:
        counted = self._book.open_count(conn, reader_id)
        with suppress(threading.BrokenBarrierError):
            self._gate.wait(timeout=2)
        return counted

    def __getattr__(self, name: str) -> object:
        return getattr(self._book, name)


def test_one_reader_on_several_devices_keeps_within_the_card(house: House) -> None:
    reader = house.reader(kind=ReaderKind.CHILD)
    needs = replace(house.needs, loans=cast("LoanBook", Meeting(house.loans, 3)))
    orders = Orders(needs)
    calls = []
    for device in range(3):
        wanted = [house.title(f"书{device}-{number}") for number in range(5)]
        nonce = house.fill(f"device-{device}", *wanted, method=Method.BRANCH, to="B1")
        calls.append(lambda d=device, n=nonce: orders.place(f"device-{d}", reader, n))
    results = together(calls)
    assert sum(isinstance(result, Placed) for result in results) == 2
    assert sum(getattr(result, "code", None) is Code.OVER_CARD_LIMIT for result in results) == 1


def test_the_last_cell_is_promised_once(house: House) -> None:
    for card in ("D0011", "D0012"):
        house.order(house.reader(card), house.title(card))
    calls = []
    for number in range(6):
        reader = house.reader(f"D1{number:03d}")
        nonce = house.fill(f"talk-{reader.id}", house.title(f"书{number}"))
        calls.append(lambda r=reader, n=nonce: house.orders.place(f"talk-{r.id}", r, n))
    results = together(calls)
    assert sum(isinstance(result, Placed) for result in results) == 1
    assert sum(getattr(result, "code", None) is Code.LOCKER_FULL for result in results) == 5
