"""Queues: first come first served, a copy kept for its days, then the next reader's turn."""

import threading
from datetime import timedelta

from sqlalchemy import select

from lending.calendar import local
from lending.errors import Code, LendingError
from lending.loans.model import ReservationState
from lending.orders.model import Method
from lending.orders.states import OrderState
from lending.readers.model import Reader, ReaderKind
from lending.storage import catalogue, promises
from tests.fakes.clock import china
from tests.lending.desk import Desk, refused


def holders(desk: Desk, title_id: int) -> list[str]:
    """Keys under which copies of the title are promised."""
    with desk.database.read() as conn:
        mine = (promises.promises.c.released_at.is_(None), catalogue.copies.c.title_id == title_id)
        query = select(promises.promises.c.key).join_from(promises.promises, catalogue.copies).where(*mine)
        return list(conn.execute(query).scalars())


def test_a_place_in_the_queue(desk: Desk) -> None:
    title = desk.title("活着")
    holder, first, second = (desk.member(card) for card in ("D0001", "D0002", "D0003"))
    loan = desk.lend(holder, title)
    one = desk.reservations.reserve(first, title)
    two = desk.reservations.reserve(second, title)  # the same moment: the id decides
    assert (one.position, two.position) == (1, 2)
    assert (one.state, one.ready_until) == (ReservationState.WAITING, None)
    assert desk.reservations.of(first) == [one]
    assert refused(desk.reservations.reserve, first, title) == (Code.ALREADY_RESERVED, {"position": 1})
    assert refused(desk.reservations.reserve, holder, title) == (Code.ALREADY_ON_LOAN, {"due": loan.due})


def test_why_a_title_cannot_be_reserved(desk: Desk) -> None:
    reader = desk.member()
    child = desk.member("C1", ReaderKind.CHILD)
    assert refused(desk.reservations.reserve, reader, 999)[0] is Code.UNKNOWN_TITLE
    assert refused(desk.reservations.reserve, reader, desk.title("有一本"))[0] is Code.COPY_AVAILABLE
    assert refused(desk.reservations.reserve, reader, desk.title("没有书", stock=()))[0] is Code.NO_COPIES
    grown_up = desk.title("成人", adult_only=True)
    assert refused(desk.reservations.reserve, child, grown_up) == (Code.ADULT_ONLY, {"titles": ["成人"]})
    out = desk.title("活着")
    desk.lend(desk.member("D0009"), out)
    until = desk.clock.now() + timedelta(days=3)
    desk.register.suspend(reader.id, until, "supervisor", "missed")
    suspended = desk.register.by_id(reader.id)
    assert suspended is not None
    assert refused(desk.reservations.reserve, suspended, out) == (Code.SUSPENDED, {"until": until})
    assert desk.reservations.of(reader) == []


def test_a_reader_holds_ten_at_most(desk: Desk) -> None:
    reader, holder = desk.member("D0001"), desk.member("D0002")
    wanted = [desk.title(f"书{number}") for number in range(11)]
    for title in wanted:
        desk.lend(holder, title)
    for title in wanted[:10]:
        desk.reservations.reserve(reader, title)
    assert refused(desk.reservations.reserve, reader, wanted[10]) == (Code.RESERVATION_LIMIT, {"limit": 10})


def out_and_wanted(desk: Desk, *cards: str) -> tuple[int, int, list[Reader]]:
    """A title whose only copy is out, and readers waiting for it: title, copy, readers."""
    title = desk.title("活着")
    loan = desk.lend(desk.member("D0000"), title)
    waiting = [desk.member(card) for card in cards]
    for reader in waiting:
        desk.reservations.reserve(reader, title)
        desk.clock.forward(minutes=1)
    return title, desk.copy_of(loan), waiting


def test_the_copy_that_comes_back_is_kept_for_the_first(desk: Desk) -> None:
    title, copy, (first, second) = out_and_wanted(desk, "D0001", "D0002")
    back = desk.loans.returned(copy)
    mine = desk.reservations.of(first)[0]
    assert back is not None
    assert back.kept_for == mine.id
    assert (mine.state, mine.position) == (ReservationState.READY, 0)
    assert mine.ready_until == china("2025-03-08 20:00")  # three open days, until the library closes
    assert desk.reservations.of(second)[0].position == 1
    assert holders(desk, title) == [f"reservation:{mine.id}"]
    kind, data = desk.told(first)[0]
    assert (kind, data["title"]) == ("reservation_ready", "活着")
    assert desk.told(second) == []


def test_not_ordered_in_time_it_goes_to_the_next(desk: Desk) -> None:
    title, copy, (first, second) = out_and_wanted(desk, "D0001", "D0002")
    desk.loans.returned(copy)
    until = desk.reservations.of(first)[0].ready_until
    assert until is not None
    assert local(until).weekday() != 0
    desk.at(until)
    assert desk.reservations.of(first) == []
    assert desk.kinds_told(first) == ["reservation_ready", "reservation_expired"]
    assert desk.reservations.of(second)[0].state is ReservationState.READY
    second_until = desk.reservations.of(second)[0].ready_until
    assert second_until is not None
    desk.at(second_until)
    assert desk.reservations.of(second) == []
    assert holders(desk, title) == []
    assert refused(desk.reservations.reserve, first, title)[0] is Code.COPY_AVAILABLE


def test_only_the_reader_it_is_kept_for_can_order_it(desk: Desk) -> None:
    title, copy, (first,) = out_and_wanted(desk, "D0001")
    stranger = desk.member("D0007")
    desk.loans.returned(copy)
    assert refused(desk.order, stranger, title)[0] is Code.NOTHING_OBTAINABLE
    number = desk.order(first, title, method=Method.BRANCH, to="B1").order.number
    assert desk.reservations.of(first) == []
    until = china("2025-03-08 20:00")
    desk.at(until)
    assert desk.kinds_told(first) == ["reservation_ready"]
    desk.advance(number, OrderState.AVAILABLE)
    assert [loan.title for loan in desk.loans.of(first)] == ["活着"]
    assert desk.reservations.of(first) == []


def test_cancelling_passes_the_copy_on(desk: Desk) -> None:
    _, copy, (first, second) = out_and_wanted(desk, "D0001", "D0002")
    desk.loans.returned(copy)
    mine = desk.reservations.of(first)[0]
    assert refused(desk.reservations.cancel, second, mine.id)[0] is Code.RESERVATION_NOT_FOUND
    assert desk.reservations.cancel(first, mine.id).state is ReservationState.CANCELLED
    assert refused(desk.reservations.cancel, first, mine.id)[0] is Code.RESERVATION_NOT_FOUND
    assert desk.reservations.of(second)[0].state is ReservationState.READY


def test_leaving_the_queue_moves_the_others_up(desk: Desk) -> None:
    _, _, (first, second) = out_and_wanted(desk, "D0001", "D0002")
    desk.reservations.cancel(first, desk.reservations.of(first)[0].id)
    assert desk.reservations.of(second)[0].position == 1


def test_a_cancelled_order_frees_its_copy_for_the_queue(desk: Desk) -> None:
    title = desk.title("活着")
    holder, waiting = desk.member("D0001"), desk.member("D0002")
    number = desk.order(holder, title).order.number
    desk.reservations.reserve(waiting, title)
    desk.orders.cancel(holder, number)
    assert desk.reservations.of(waiting)[0].state is ReservationState.READY


def test_two_copies_serve_two_readers(desk: Desk) -> None:
    title = desk.title("活着", stock=("B1", "B1"))
    one, two = desk.lend(desk.member("D0001"), title), desk.lend(desk.member("D0002"), title)
    waiting = [desk.member(card) for card in ("D0003", "D0004", "D0005")]
    for reader in waiting:
        desk.reservations.reserve(reader, title)
    threads = [
        threading.Thread(target=desk.loans.returned, args=(desk.copy_of(loan),)) for loan in (one, two)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [desk.reservations.of(reader)[0].position for reader in waiting] == [0, 0, 1]
    assert len(holders(desk, title)) == 2


def test_joining_while_the_book_comes_back_is_never_forgotten(desk: Desk) -> None:
    """Whoever is first, the reader is either told that a copy is there, or gets it."""
    for turn in range(5):
        title = desk.title(f"书{turn}")
        holder, reader = desk.member(f"H{turn}"), desk.member(f"R{turn}")
        copy = desk.copy_of(desk.lend(holder, title))
        outcome: list[object] = []

        def join(reader: Reader = reader, title: int = title, outcome: list[object] = outcome) -> None:
            try:
                outcome.append(desk.reservations.reserve(reader, title))
            except LendingError as error:
                outcome.append(error)

        threads = [threading.Thread(target=join), threading.Thread(target=desk.loans.returned, args=(copy,))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        mine = desk.reservations.of(reader)
        if mine:
            assert mine[0].state is ReservationState.READY
        else:
            assert getattr(outcome[0], "code", None) is Code.COPY_AVAILABLE


def test_the_kept_copy_is_no_free_copy(desk: Desk) -> None:
    title, copy, _ = out_and_wanted(desk, "D0001")
    desk.loans.returned(copy)
    with desk.database.read() as conn:
        assert promises.candidates(conn, title) == []
