"""Giving back at the door, into a locker, at a branch; and the overdue clock on the way (5.4)."""

import threading
from datetime import timedelta

from lending.errors import Code, LendingError
from lending.loans.model import ClockNote, LoanView, ReturnMethod, ReturnState
from lending.loans.windows import next_windows
from lending.ports import ShipmentState
from lending.readers.model import Reader, ReaderKind
from lending.storage import returns as rows
from tests.fakes.clock import china
from tests.lending.desk import Desk, refused


def nothing_arranged(desk: Desk) -> bool:
    with desk.database.read() as conn:
        written = [*conn.execute(rows.returns.select()), *conn.execute(rows.return_loans.select())]
        held = conn.exec_driver_sql("SELECT count(*) FROM cell_bookings WHERE released_at IS NULL").scalar()
    return not written and not held and not desk.courier.under_way()


# --- at the door ---


def test_a_courier_comes_to_the_door(desk: Desk, reader: Reader, loan: LoanView) -> None:
    view = desk.returns.start(reader, [loan.id], "home", address_id=desk.door(reader), nonce="n1")
    assert (view.method, view.state, view.fee_fen) == (ReturnMethod.HOME, ReturnState.BOOKED, 300)
    assert view.window == "2025-03-05 09:00-12:00"
    assert view.note is ClockNote.AT_SCAN
    assert [one.title for one in view.loans] == ["活着"]
    assert desk.loan(reader, loan.id).returning
    assert [job.direction for job in desk.courier.under_way()] == ["return"]
    assert desk.audit.of(reader.id)[0].what == "address"
    assert desk.returns.of(reader) == [view]


def test_the_door_is_free_for_some(desk: Desk) -> None:
    elder = desk.member("D0002", ReaderKind.ELDERLY)
    loans = [desk.lend(elder, desk.title(f"书{number}")).id for number in range(5)]
    view = desk.returns.start(elder, loans, "home", address_id=desk.door(elder), nonce="n1")
    assert view.fee_fen == 0


def test_windows_that_have_begun_are_over(desk: Desk) -> None:
    assert next_windows(desk.policy, china("2025-03-05 09:00"), 3) == [
        "2025-03-05 14:00-18:00",
        "2025-03-06 09:00-12:00",
        "2025-03-06 14:00-18:00",
    ]
    assert next_windows(desk.policy, china("2025-03-05 23:00"), 1) == ["2025-03-06 09:00-12:00"]


def test_a_window_can_be_chosen(desk: Desk, reader: Reader, loan: LoanView) -> None:
    wanted = "2025-03-06 14:00-18:00"
    view = desk.returns.start(
        reader, [loan.id], "home", address_id=desk.door(reader), nonce="n1", window=wanted
    )
    assert view.window == wanted


def test_the_overdue_clock_stops_at_the_scan(desk: Desk, reader: Reader, loan: LoanView) -> None:
    desk.clock.set(loan.due + timedelta(days=2, hours=10))
    assert desk.loan(reader, loan.id).overdue_days == 3
    view = desk.returns.start(reader, [loan.id], "home", address_id=desk.door(reader), nonce="n1")
    assert view.tracking is not None
    desk.clock.forward(days=1)
    assert desk.loan(reader, loan.id).overdue_days == 4  # booked only: still with the reader
    desk.courier.scan(view.tracking, ShipmentState.PICKED_UP)
    desk.clock.forward(days=9)
    view = desk.returns.sync(view.number)
    assert (view.state, view.note) == (ReturnState.HANDED_OVER, ClockNote.STOPPED)
    assert desk.loan(reader, loan.id).overdue_days == 3  # the day of the scan does not count
    (back,) = desk.returns.complete(view.number)
    assert (back.overdue_days, back.overdue_fen) == (3, 30)
    assert desk.loans.fees(reader).owed_fen == 30
    assert desk.kinds_told(reader) == ["return_scanned", "return_received"]
    assert desk.told(reader)[1][1] == {"number": view.number, "titles": ["活着"], "overdue_fen": 30}
    assert desk.copy_states(loan.title_id) == ["on_shelf"]


def test_a_book_due_on_its_way_costs_nothing(desk: Desk, reader: Reader, loan: LoanView) -> None:
    desk.clock.set(loan.due - timedelta(hours=5))
    view = desk.returns.start(reader, [loan.id], "home", address_id=desk.door(reader), nonce="n1")
    desk.returns.scanned(view.number)
    desk.clock.forward(days=6)
    (back,) = desk.returns.complete(view.number)
    assert (back.overdue_days, desk.loans.fees(reader).owed_fen) == (0, 0)


def test_after_a_failed_return_the_clock_runs_again_fairly(
    desk: Desk, reader: Reader, loan: LoanView
) -> None:
    desk.clock.set(loan.due - timedelta(hours=5))
    view = desk.returns.start(reader, [loan.id], "home", address_id=desk.door(reader), nonce="n1")
    assert view.tracking is not None
    desk.courier.scan(view.tracking, ShipmentState.PICKED_UP)
    desk.clock.forward(days=6)
    desk.courier.scan(view.tracking, ShipmentState.FAILED)
    view = desk.returns.sync(view.number)
    assert view.state is ReturnState.FAILED
    assert (desk.loan(reader, loan.id).overdue_days, desk.loan(reader, loan.id).returning) == (0, False)
    desk.clock.forward(days=1)
    assert desk.loan(reader, loan.id).overdue_days == 1
    assert refused(desk.returns.complete, view.number)[0] is Code.ILLEGAL_MOVE
    assert desk.returns.start(reader, [loan.id], "branch", "B1", nonce="n2").state is ReturnState.BOOKED


def test_a_scan_told_again_or_late_changes_nothing(desk: Desk, reader: Reader, loan: LoanView) -> None:
    view = desk.returns.start(reader, [loan.id], "home", address_id=desk.door(reader), nonce="n1")
    first = desk.returns.scanned(view.number)
    desk.clock.forward(days=1)
    assert desk.returns.scanned(view.number) == first
    desk.returns.complete(view.number)
    assert desk.returns.scanned(view.number).state is ReturnState.RECEIVED
    assert desk.returns.complete(view.number) == []
    assert desk.kinds_told(reader) == ["return_scanned", "return_received"]


# --- into a locker ---


def test_a_drop_code_opens_a_cell_and_stops_the_clock(desk: Desk, reader: Reader, loan: LoanView) -> None:
    desk.clock.set(loan.due + timedelta(days=1))
    view = desk.returns.start(reader, [loan.id], "locker", "L1", nonce="n1")
    assert view.code is not None
    assert (len(view.code), view.code.isdigit(), view.note) == (6, True, ClockNote.AT_DROP)
    assert view.point is not None
    assert desk.points.get("L1").free_cells == 2
    assert refused(desk.returns.drop, "L1", "abc")[0] is Code.CODE_REFUSED
    assert refused(desk.returns.drop, "L2", view.code)[0] is Code.CODE_REFUSED
    dropped = desk.returns.drop("L1", view.code)
    assert (dropped.state, dropped.code) == (ReturnState.HANDED_OVER, None)
    assert refused(desk.returns.drop, "L1", view.code)[0] is Code.CODE_REFUSED
    desk.clock.forward(days=4)
    (back,) = desk.returns.complete(view.number)
    assert back.overdue_days == 0
    assert desk.points.get("L1").free_cells == 3


def test_a_stuck_door_leaves_the_code_valid(desk: Desk, reader: Reader, loan: LoanView) -> None:
    view = desk.returns.start(reader, [loan.id], "locker", "L1", nonce="n1")
    assert view.code is not None
    with desk.database.begin() as conn:
        conn.exec_driver_sql("UPDATE cells SET broken = (1 = 1)")
    assert refused(desk.returns.drop, "L1", view.code)[0] is Code.DOOR_STUCK
    with desk.database.begin() as conn:
        conn.exec_driver_sql("UPDATE cells SET broken = (1 = 0)")
    assert desk.returns.drop("L1", view.code).state is ReturnState.HANDED_OVER


def test_many_books_need_many_cells_or_none(desk: Desk, reader: Reader) -> None:
    loans = [desk.lend(reader, desk.title(f"书{number}")).id for number in range(16)]
    assert refused(desk.returns.start, reader, loans, "locker", "L1", nonce="n1")[0] is Code.LOCKER_FULL
    assert nothing_arranged(desk)
    desk.returns.start(reader, loans[:11], "locker", "L1", nonce="n2")
    assert desk.points.get("L1").free_cells == 0


def test_an_unused_code_is_taken_back(desk: Desk, reader: Reader, loan: LoanView) -> None:
    view = desk.returns.start(reader, [loan.id], "locker", "L1", nonce="n1")
    desk.clock.forward(days=3)
    assert desk.returns.sweep() == 0
    desk.clock.forward(days=1)
    assert desk.returns.sweep() == 1
    assert desk.returns.sweep() == 0
    assert desk.returns.get(reader, view.number).state is ReturnState.CANCELLED
    assert not desk.loan(reader, loan.id).returning
    assert desk.points.get("L1").free_cells == 3


# --- at a branch ---


def test_handed_in_at_a_branch(desk: Desk, reader: Reader, loan: LoanView) -> None:
    view = desk.returns.start(reader, [loan.id], "branch", "B2", nonce="n1")
    assert (view.code, view.window, view.fee_fen, view.note) == (None, None, 0, ClockNote.AT_COUNTER)
    (back,) = desk.returns.complete(view.number)
    assert back.loan_id == loan.id
    assert desk.loans.of(reader) == []
    assert desk.returns.of(reader) == []


def test_checked_in_without_saying_so_ends_the_return_too(desk: Desk, reader: Reader, loan: LoanView) -> None:
    view = desk.returns.start(reader, [loan.id], "branch", "B2", nonce="n1")
    desk.loans.returned(desk.copy_of(loan))
    assert desk.returns.complete(view.number) == []
    assert desk.kinds_told(reader) == ["return_received"]


def test_part_of_a_return(desk: Desk, reader: Reader, loan: LoanView) -> None:
    other = desk.lend(reader, desk.title("三体"))
    view = desk.returns.start(reader, [loan.id, other.id], "home", address_id=desk.door(reader), nonce="n1")
    desk.returns.scanned(view.number)
    (back,) = desk.returns.complete(view.number, [loan.id])
    assert back.title == "活着"
    left = desk.loan(reader, other.id)
    assert (left.returning, desk.loans.of(reader)) == (False, [left])


# --- refusals change nothing ---


def test_why_a_return_cannot_begin(desk: Desk, reader: Reader, loan: LoanView) -> None:
    other = desk.member("D0002")
    start = desk.returns.start
    assert refused(start, reader, [], "branch", "B1", nonce="a")[0] is Code.NOTHING_TO_RETURN
    assert refused(start, other, [loan.id], "branch", "B1", nonce="b")[0] is Code.LOAN_NOT_FOUND
    assert refused(start, reader, [loan.id], "branch", "L1", nonce="c")[0] is Code.UNKNOWN_POINT
    assert refused(start, reader, [loan.id], "locker", None, nonce="d")[0] is Code.UNKNOWN_POINT
    assert refused(start, reader, [loan.id], "home", nonce="e")[0] is Code.ADDRESS_NOT_FOUND
    theirs = desk.door(other)
    assert (
        refused(start, reader, [loan.id], "home", address_id=theirs, nonce="f")[0] is Code.ADDRESS_NOT_FOUND
    )
    desk.close_point("L1")
    code, facts = refused(start, reader, [loan.id], "locker", "L1", nonce="g")
    assert (code, facts["name"]) == (Code.POINT_CLOSED, "湖东邻里中心自助柜")
    desk.loans.returned(desk.copy_of(loan))
    assert refused(start, reader, [loan.id], "branch", "B1", nonce="h")[0] is Code.NOTHING_TO_RETURN
    assert nothing_arranged(desk)


def test_a_book_is_on_one_way_back_at_a_time(desk: Desk, reader: Reader, loan: LoanView) -> None:
    first = desk.returns.start(reader, [loan.id], "branch", "B1", nonce="n1")
    code, facts = refused(desk.returns.start, reader, [loan.id], "locker", "L1", nonce="n2")
    assert (code, facts) == (Code.BEING_RETURNED, {"number": first.number})
    assert desk.points.get("L1").free_cells == 3


def test_the_same_nonce_is_the_same_return(desk: Desk, reader: Reader, loan: LoanView) -> None:
    address = desk.door(reader)
    first = desk.returns.start(reader, [loan.id], "home", address_id=address, nonce="n1")
    assert desk.returns.start(reader, [loan.id], "home", address_id=address, nonce="n1") == first
    assert len(desk.courier.under_way()) == 1


def test_rivals_for_one_book_agree_on_one_return(desk: Desk, reader: Reader, loan: LoanView) -> None:
    answers: list[object] = []

    def start(nonce: str) -> None:
        try:
            answers.append(desk.returns.start(reader, [loan.id], "locker", "L1", nonce=nonce).number)
        except LendingError as error:
            answers.append(error.code)

    threads = [threading.Thread(target=start, args=(nonce,)) for nonce in ("a", "a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (number,) = {answer for answer in answers if not isinstance(answer, Code)}
    assert {answer for answer in answers if isinstance(answer, Code)} <= {Code.BEING_RETURNED}
    assert [view.number for view in desk.returns.of(reader)] == [number]
    assert desk.points.get("L1").free_cells == 2


def test_another_readers_return_is_not_found(desk: Desk, reader: Reader, loan: LoanView) -> None:
    other = desk.member("D0002")
    view = desk.returns.start(reader, [loan.id], "branch", "B1", nonce="n1")
    assert refused(desk.returns.get, other, view.number)[0] is Code.RETURN_NOT_FOUND
    assert refused(desk.returns.cancel, other, view.number)[0] is Code.RETURN_NOT_FOUND
    assert refused(desk.returns.view, "R999")[0] is Code.RETURN_NOT_FOUND
    assert desk.returns.get(reader, view.number).state is ReturnState.BOOKED


def test_cancelling_keeps_the_books(desk: Desk, reader: Reader, loan: LoanView) -> None:
    view = desk.returns.start(reader, [loan.id], "home", address_id=desk.door(reader), nonce="n1")
    assert desk.returns.cancel(reader, view.number).state is ReturnState.CANCELLED
    assert desk.returns.cancel(reader, view.number).state is ReturnState.CANCELLED
    assert not desk.loan(reader, loan.id).returning
    assert desk.courier.under_way() == []
    again = desk.returns.start(reader, [loan.id], "locker", "L1", nonce="n2")
    assert again.code is not None
    desk.returns.drop("L1", again.code)
    code, facts = refused(desk.returns.cancel, reader, again.number)
    assert (code, facts) == (Code.TOO_LATE_TO_CANCEL, {"state": "handed_over"})


def test_staff_see_what_is_coming(desk: Desk, reader: Reader, loan: LoanView) -> None:
    view = desk.returns.start(reader, [loan.id], "home", address_id=desk.door(reader), nonce="n1")
    assert view.tracking is not None
    assert [one.number for one in desk.returns.pending()] == [view.number]
    assert desk.returns.pending(ReturnState.HANDED_OVER) == []
    assert desk.returns.by_tracking(view.tracking) == view.number
    assert desk.returns.by_tracking("?") is None
