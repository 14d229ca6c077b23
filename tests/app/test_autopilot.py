"""The autopilot plays staff, courier, locker and counter: each step once, in its time."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from app.demo.autopilot import Autopilot
from app.demo.seed import seed
from lending.loans.model import ReturnState
from lending.notices import NoticeKind
from lending.orders.model import Method
from lending.orders.states import OrderState
from lending.readers.model import Reader
from lending.storage import notices as notice_rows
from lending.storage import orders as order_rows
from lending.storage import pickup as pickup_rows
from lending.storage.base import Database
from lending.storage.catalogue import titles as titles_table
from tests.app.demo_world import QUICK_PINS, World, world
from tests.databases import SqliteTemplate

SMALLEST_STEP = 2


@pytest.fixture(scope="module")
def seeded_template(
    sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory
) -> SqliteTemplate:
    """A demo library in a file, to be copied."""
    folder = tmp_path_factory.mktemp("autopilot")
    database = sqlite_template.copy(folder)
    seed(world(database, folder).library, QUICK_PINS)
    database.dispose()
    template = SqliteTemplate.__new__(SqliteTemplate)
    template.file = folder / "shudi.db"
    return template


@pytest.fixture
def there(seeded_template: SqliteTemplate, tmp_path: Path) -> Iterator[World]:
    database = seeded_template.copy(tmp_path)
    yield world(database, tmp_path)
    database.dispose()


@pytest.fixture
def autopilot(there: World) -> Autopilot:
    return Autopilot(there.library, there.courier)


def reader(there: World, card: str = "D0001") -> Reader:
    found = there.library.readers.register.by_card(card)
    assert found is not None
    return found


def order(
    there: World, *titles: str, card: str = "D0001", method: Method = Method.LOCKER, to: str = "hudong"
) -> str:
    library, who = there.library, reader(there, card)
    for title in titles:
        library.baskets.add(card, title_id(there, title))
    address = library.readers.addresses(who.id)[0].id if method is Method.HOME else None
    point = None if method is Method.HOME else to
    nonce = library.baskets.choose_pickup(card, method, point, address).nonce
    return library.orders.place(card, who, nonce).order.number


def title_id(there: World, title: str) -> int:
    with there.library.database.read() as conn:
        query = select(titles_table.c.id).where(titles_table.c.title == title).order_by(titles_table.c.id)
        return int(conn.execute(query.limit(1)).scalar_one())


def fly(there: World, autopilot: Autopilot, seconds: float) -> int:
    """Tick every two seconds for so long; the steps made."""
    return sum(
        autopilot.tick(there.clock.forward(seconds=SMALLEST_STEP))
        for _ in range(int(seconds / SMALLEST_STEP))
    )


def state(there: World, number: str) -> OrderState:
    return there.library.fulfilment.get(number).state


def told(there: World) -> list[str]:
    with there.library.database.read() as conn:
        mine = notice_rows.notices_of(conn, reader(there).id, 50)
    return [notice.kind for notice in reversed(mine)]


def events(there: World, number: str) -> list[str]:
    with there.library.database.read() as conn:
        row = order_rows.by_number(conn, number)
        assert row is not None
        return [event["kind"] for event in order_rows.events_of(conn, row["id"])]


def seconds_until(there: World, autopilot: Autopilot, number: str, wanted: OrderState) -> int:
    for step in range(300):
        if state(there, number) is wanted:
            return step * SMALLEST_STEP
        autopilot.tick(there.clock.forward(seconds=SMALLEST_STEP))
    raise AssertionError(f"{number} never became {wanted}")


def test_an_order_lies_in_its_locker_within_two_minutes(there: World, autopilot: Autopilot) -> None:
    number = order(there, "三体", "活着")
    assert 60 <= seconds_until(there, autopilot, number, OrderState.AVAILABLE) <= 120
    assert there.library.orders.get(reader(there), number).pickup_code is not None
    assert told(there) == [
        NoticeKind.ORDER_FOUND,
        NoticeKind.ORDER_PACKED,
        NoticeKind.ORDER_SHIPPED,
        NoticeKind.ORDER_AVAILABLE,
    ]


def test_each_step_is_made_once(there: World, autopilot: Autopilot) -> None:
    number = order(there, "三体", "活着")
    assert fly(there, autopilot, 150) == 5
    assert events(there, number) == [
        "placed", "received", "line_found", "line_found", "packed", "dispatched", "arrived",
    ]  # fmt: skip


def test_nothing_happens_before_its_time(there: World, autopilot: Autopilot) -> None:
    number = order(there, "三体")
    assert autopilot.tick(there.clock.now()) == 0
    assert autopilot.tick(there.clock.forward(seconds=7)) == 0
    assert state(there, number) is OrderState.PLACED
    assert autopilot.tick(there.clock.forward(seconds=1)) == 1
    assert state(there, number) is OrderState.PICKING


def test_the_pace_can_be_changed(there: World) -> None:
    number = order(there, "三体")
    assert (
        seconds_until(
            there, Autopilot(there.library, there.courier, pace_seconds=10), number, OrderState.AVAILABLE
        )
        <= 24
    )


def test_a_door_delivery_is_handed_over(there: World, autopilot: Autopilot) -> None:
    number = order(there, "三体", method=Method.HOME)
    seconds_until(there, autopilot, number, OrderState.COLLECTED)
    titles = [loan.title for loan in there.library.loans.of(reader(there))]
    assert "三体" in titles


def test_a_branch_pickup_needs_no_courier(there: World) -> None:
    number = order(there, "三体", method=Method.BRANCH, to="renmin")
    assert seconds_until(there, Autopilot(there.library), number, OrderState.AVAILABLE) <= 120


def test_what_lies_ready_is_collected_after_five_minutes(there: World, autopilot: Autopilot) -> None:
    free = there.library.points.get("hudong").free_cells
    number = order(there, "三体")
    seconds_until(there, autopilot, number, OrderState.AVAILABLE)
    assert 290 <= seconds_until(there, autopilot, number, OrderState.COLLECTED) <= 310
    assert there.library.points.get("hudong").free_cells == free


@pytest.mark.parametrize("method", ["home", "locker", "branch"])
def test_books_come_back(there: World, autopilot: Autopilot, method: str) -> None:
    library, who = there.library, reader(there)
    loans = [loan.id for loan in library.loans.of(who)]
    point = {"locker": "hudong", "branch": "renmin"}.get(method)
    address = library.readers.addresses(who.id)[0].id if method == "home" else None
    number = library.returns.start(who, loans, method, point, address, nonce="n1").number
    fly(there, autopilot, 120)
    assert library.returns.view(number).state is ReturnState.RECEIVED
    assert library.loans.of(who) == []
    assert NoticeKind.RETURN_RECEIVED in told(there)


def test_a_full_locker_is_told_once_and_then_left_alone(there: World, autopilot: Autopilot) -> None:
    number = order(there, "三体")
    fly(there, autopilot, 32)
    with there.library.database.begin() as conn:
        pickup_rows.set_closed(conn, "hudong", True)
    fly(there, autopilot, 300)
    assert state(there, number) is OrderState.PICKING
    assert told(there).count(NoticeKind.PICKUP_PROBLEM) == 1
    there.library.orders.change_pickup(reader(there), number, Method.LOCKER, "suzhouzhan")
    seconds_until(there, autopilot, number, OrderState.AVAILABLE)


def test_one_bad_order_does_not_stop_the_others(
    there: World, autopilot: Autopilot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = order(there, "三体"), order(there, "活着", card="D0002")
    real = there.library.fulfilment.receive

    def receive(number: str, actor: str = "staff") -> object:
        if number == bad:
            raise RuntimeError("no paper in the printer")
        return real(number, actor)

    monkeypatch.setattr(there.library.fulfilment, "receive", receive)
    with caplog.at_level(logging.ERROR):
        fly(there, autopilot, 120)
    assert state(there, bad) is OrderState.PLACED
    assert state(there, good) is OrderState.AVAILABLE
    assert 1 <= len(caplog.records) <= 3, "a bad order is tried once a minute, not at every tick"


def test_it_goes_on_after_a_restart(there: World, autopilot: Autopilot) -> None:
    number = order(there, "三体")
    fly(there, autopilot, 60)
    assert state(there, number) not in (OrderState.PLACED, OrderState.AVAILABLE)
    assert seconds_until(there, Autopilot(there.library, there.courier), number, OrderState.AVAILABLE) <= 60


def test_two_of_them_do_no_harm(there: World, autopilot: Autopilot) -> None:
    number = order(there, "三体")
    other = Autopilot(there.library, there.courier)
    for _ in range(75):
        now = there.clock.forward(seconds=SMALLEST_STEP)
        autopilot.tick(now)
        other.tick(now)
    assert events(there, number) == ["placed", "received", "line_found", "packed", "dispatched", "arrived"]


def test_orders_of_staff_are_theirs(there: World, autopilot: Autopilot) -> None:
    """A cancelled order is left alone."""
    number = order(there, "三体")
    there.library.orders.cancel(reader(there), number)
    assert fly(there, autopilot, 60) == 0
    assert state(there, number) is OrderState.CANCELLED


def test_on_every_database(database: Database, tmp_path: Path) -> None:
    there = world(database, tmp_path)
    seed(there.library, QUICK_PINS)
    number = order(there, "三体")
    seconds_until(there, Autopilot(there.library, there.courier), number, OrderState.AVAILABLE)
