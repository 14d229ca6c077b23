"""A booked return taken back: courier, cells, books and clock as if it had never been agreed."""

from lending.errors import Code
from lending.loans.model import LoanView, ReturnState
from lending.ports import ShipmentState
from lending.readers.model import Reader
from tests.lending.desk import Desk, refused


def test_the_courier_stays_away_and_the_audit_says_so(desk: Desk, reader: Reader, loan: LoanView) -> None:
    view = desk.returns.start(reader, [loan.id], "home", address_id=desk.door(reader), nonce="n1")
    assert desk.returns.cancel(reader, view.number).state is ReturnState.CANCELLED
    assert desk.courier.under_way() == []
    assert not desk.loan(reader, loan.id).returning
    line = desk.audit.of(reader.id)[0]
    assert (line.who, line.what, line.why) == ("reader", "return_cancelled", view.number)
    desk.returns.cancel(reader, view.number)
    assert [one.what for one in desk.audit.of(reader.id)].count("return_cancelled") == 1


def test_the_cells_are_free_and_the_code_opens_nothing(desk: Desk, reader: Reader, loan: LoanView) -> None:
    free = desk.points.get("L1").free_cells
    view = desk.returns.start(reader, [loan.id], "locker", "L1", nonce="n1")
    desk.returns.cancel(reader, view.number)
    assert desk.points.get("L1").free_cells == free
    assert refused(desk.returns.drop, "L1", view.code)[0] is Code.CODE_REFUSED


def test_nobody_is_told_of_what_the_reader_did(desk: Desk, reader: Reader, loan: LoanView) -> None:
    before = desk.kinds_told(reader)
    view = desk.returns.start(reader, [loan.id], "branch", "B1", nonce="n1")
    desk.returns.cancel(reader, view.number)
    assert desk.kinds_told(reader) == before


def test_what_the_courier_has_is_not_taken_back(desk: Desk, reader: Reader, loan: LoanView) -> None:
    """Also when the scan has not come to us yet: then it counts from here on."""
    view = desk.returns.start(reader, [loan.id], "home", address_id=desk.door(reader), nonce="n1")
    assert view.tracking is not None
    desk.courier.scan(view.tracking, ShipmentState.PICKED_UP)
    code, facts = refused(desk.returns.cancel, reader, view.number)
    assert (code, facts) == (Code.TOO_LATE_TO_CANCEL, {"state": "handed_over"})
    assert desk.loan(reader, loan.id).returning
    assert desk.returns.get(reader, view.number).state is ReturnState.HANDED_OVER
