"""A loan from its first day to its last, renewing, fees and reminders."""

from datetime import timedelta

import pytest

from lending.errors import Code
from lending.loans.overdue import due_after
from lending.orders.model import Method
from lending.orders.states import OrderState
from lending.ports import PortUnavailable
from lending.readers.model import ReaderKind
from lending.storage import loans as rows
from tests.fakes.clock import china
from tests.lending.desk import Desk, refused


def test_a_loan_begins_and_is_due_after_the_days_of_the_kind(desk: Desk) -> None:
    title = desk.title("活着", stock=("B1", "B1"))
    adult = desk.lend(desk.member("D0001"), title)
    elderly = desk.lend(desk.member("D0002", ReaderKind.ELDERLY), title)
    assert adult.due == china("2025-04-04 23:59:59")
    assert elderly.due == china("2025-04-19 23:59:59")
    assert (adult.renewable, adult.why_not, adult.overdue_days, adult.returning) == (True, None, 0, False)
    assert desk.copy_states(title) == ["lent", "lent"]


def test_starting_again_is_the_same_loan(desk: Desk) -> None:
    reader = desk.member()
    loan = desk.lend(reader, desk.title("活着"))
    with desk.database.begin() as conn:
        again = desk.loans.start(conn, reader.id, desk.copy_of(loan), None, desk.clock.now())
    assert again == loan.id
    other = desk.member("D0002")
    with pytest.raises(ValueError, match="another reader"), desk.database.begin() as conn:
        desk.loans.start(conn, other.id, desk.copy_of(loan), None, desk.clock.now())


def test_loans_are_listed_by_due_date_and_are_ones_own(desk: Desk) -> None:
    reader, other = desk.member("D0001"), desk.member("D0002")
    later = desk.lend(reader, desk.title("活着"))
    desk.clock.forward(days=-5)
    sooner = desk.lend(reader, desk.title("三体"))
    assert [loan.title for loan in desk.loans.of(reader)] == ["三体", "活着"]
    assert desk.loans.of(other) == []
    assert refused(desk.loans.get, other, [later.id])[0] is Code.LOAN_NOT_FOUND
    assert refused(desk.loans.renew, other, sooner.id)[0] is Code.LOAN_NOT_FOUND
    assert refused(desk.loans.renew, reader, 999)[0] is Code.LOAN_NOT_FOUND


# --- renewing ---


def test_renewing_lengthens_from_the_due_date_once(desk: Desk) -> None:
    reader = desk.member()
    loan = desk.lend(reader, desk.title("活着"))
    renewed = desk.loans.renew(reader, loan.id)
    assert renewed.due == due_after(desk.calendar, desk.policy, loan.due, 30)
    assert (renewed.renewable, renewed.why_not) == (False, Code.RENEWAL_USED)
    code, facts = refused(desk.loans.renew, reader, loan.id)
    assert (code, facts) == (Code.RENEWAL_USED, {"limit": 1, "due": renewed.due})
    assert desk.loan(reader, loan.id) == renewed


def test_not_when_somebody_else_waits(desk: Desk) -> None:
    reader, other = desk.member("D0001"), desk.member("D0002")
    title = desk.title("活着")
    loan = desk.lend(reader, title)
    desk.reservations.reserve(other, title)
    assert refused(desk.loans.renew, reader, loan.id) == (Code.RESERVED_BY_OTHER, {"due": loan.due})
    assert desk.loan(reader, loan.id).why_not is Code.RESERVED_BY_OTHER


def test_not_when_overdue(desk: Desk) -> None:
    reader = desk.member()
    loan = desk.lend(reader, desk.title("活着"))
    desk.clock.set(loan.due)
    assert desk.loan(reader, loan.id).renewable
    desk.clock.forward(seconds=1)
    assert refused(desk.loans.renew, reader, loan.id) == (Code.OVERDUE, {"days": 1, "due": loan.due})


def test_not_on_its_way_back_nor_when_it_is_back(desk: Desk) -> None:
    reader = desk.member()
    loan = desk.lend(reader, desk.title("活着"))
    back = desk.returns.start(reader, [loan.id], "branch", "B1", nonce="n1")
    code, facts = refused(desk.loans.renew, reader, loan.id)
    assert (code, facts["number"]) == (Code.BEING_RETURNED, back.number)
    desk.returns.complete(back.number)
    assert refused(desk.loans.renew, reader, loan.id)[0] is Code.LOAN_NOT_FOUND


def test_renewing_all_tells_each_reason(desk: Desk) -> None:
    reader, other = desk.member("D0001"), desk.member("D0002")
    free, wanted = desk.title("活着"), desk.title("三体")
    first, second = desk.lend(reader, free), desk.lend(reader, wanted)
    desk.reservations.reserve(other, wanted)
    results = {loan.id: (loan.due, code) for loan, code in desk.loans.renew_all(reader)}
    assert results[first.id][1] is None
    assert results[first.id][0] > first.due
    assert results[second.id] == (second.due, Code.RESERVED_BY_OTHER)


def test_renewing_while_the_library_system_is_silent_changes_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = desk.member()
    loan = desk.lend(reader, desk.title("活着"))

    def silent(*_: object) -> None:
        raise PortUnavailable("no answer")

    monkeypatch.setattr(desk.circulation, "renew", silent)
    with pytest.raises(PortUnavailable):
        desk.loans.renew(reader, loan.id)
    assert desk.loan(reader, loan.id) == loan


def test_a_renewal_asked_again_after_a_crash_is_one_renewal(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = desk.member()
    loan = desk.lend(reader, desk.title("活着"))
    renew = desk.circulation.renew

    def crash(*arguments: object) -> None:
        renew(*arguments)  # type: ignore[arg-type]
        raise PortUnavailable("the answer got lost")

    with monkeypatch.context() as patched:
        patched.setattr(desk.circulation, "renew", crash)
        with pytest.raises(PortUnavailable):
            desk.loans.renew(reader, loan.id)
    renewed = desk.loans.renew(reader, loan.id)
    assert renewed.due == due_after(desk.calendar, desk.policy, loan.due, 30)


# --- fees ---


def test_fees_run_up_then_are_owed_then_paid(desk: Desk) -> None:
    reader = desk.member()
    late, fine = desk.lend(reader, desk.title("活着")), desk.lend(reader, desk.title("三体"))
    desk.loans.renew(reader, fine.id)
    desk.clock.set(late.due + timedelta(days=12))
    fees = desk.loans.fees(reader)
    assert (fees.overdue_fen, fees.owed_fen) == (120, 0)
    assert [(line.title, line.amount_fen, line.running) for line in fees.lines] == [("活着", 120, True)]
    back = desk.loans.returned(desk.copy_of(late))
    assert back is not None
    assert (back.overdue_days, back.overdue_fen) == (12, 120)
    desk.clock.forward(days=5)
    fees = desk.loans.fees(reader)
    assert (fees.overdue_fen, fees.owed_fen) == (0, 120)
    with desk.database.read() as conn:
        assert desk.loans.owed_fen(conn, reader.id, desk.clock.now()) == 120
    assert desk.loans.settle(reader.id, "desk/zhang") == 120
    assert desk.loans.fees(reader).owed_fen == 0
    assert desk.audit.of(reader.id)[0].what == "fees_settled"


def test_a_fee_stops_at_ten_yuan(desk: Desk) -> None:
    reader = desk.member()
    loan = desk.lend(reader, desk.title("活着"))
    desk.clock.set(loan.due + timedelta(days=400))
    assert desk.loan(reader, loan.id).overdue_fen == 1000


def test_a_book_checked_in_twice_is_charged_once(desk: Desk) -> None:
    reader = desk.member()
    loan = desk.lend(reader, desk.title("活着"))
    copy = desk.copy_of(loan)
    desk.clock.set(loan.due + timedelta(days=2))
    assert desk.loans.returned(copy) is not None
    assert desk.loans.returned(copy) is None
    assert desk.loans.fees(reader).owed_fen == 20
    assert desk.kinds_told(reader) == ["return_received"]


# --- reminders ---


def test_reminders_come_seven_and_three_days_before_and_on_the_day(desk: Desk) -> None:
    reader = desk.member()
    desk.lend(reader, desk.title("活着"))
    desk.lend(reader, desk.title("三体"))
    desk.at(china("2025-03-28 08:59"))
    assert desk.told(reader) == []
    desk.at(china("2025-03-28 09:00"))
    kind, data = desk.told(reader)[0]
    assert kind == "loan_due"
    assert data == {
        "title": "活着",
        "titles": ["活着", "三体"],
        "count": 2,
        "due": "2025-04-04T15:59:59+00:00",
        "days": 7,
        "renewable": True,
    }
    desk.at(china("2025-04-04 12:00"))
    assert [data["days"] for _, data in desk.told(reader)] == [7, 3, 0]


def test_no_reminder_for_what_is_back_renewed_or_on_its_way(desk: Desk) -> None:
    reader = desk.member()
    renewed, back, coming = (desk.lend(reader, desk.title(name)) for name in ("甲", "乙", "丙"))
    desk.loans.renew(reader, renewed.id)
    desk.loans.returned(desk.copy_of(back))
    desk.returns.start(reader, [coming.id], "branch", "B1", nonce="n1")
    desk.at(china("2025-04-05 12:00"))
    assert "loan_due" not in desk.kinds_told(reader)
    desk.at(desk.loan(reader, renewed.id).due)
    reminders = [data for kind, data in desk.told(reader) if kind == "loan_due"]
    assert [(data["titles"], data["renewable"]) for data in reminders] == [(["甲"], False)] * 3


# --- with orders ---


def test_an_order_lends_on_arrival_and_closes_with_its_last_book(desk: Desk) -> None:
    reader = desk.member()
    first, second = desk.title("活着"), desk.title("三体")
    number = desk.order(reader, first, second, method=Method.BRANCH, to="B1").order.number
    desk.advance(number, OrderState.AVAILABLE)
    assert {loan.title for loan in desk.loans.of(reader)} == {"活着", "三体"}
    code = desk.orders.pickup_code(reader, number)
    desk.fulfilment.collect("B1", code)
    one, other = desk.loans.of(reader)
    desk.loans.returned(desk.copy_of(one))
    assert desk.fulfilment.get(number).state is OrderState.COLLECTED
    desk.loans.returned(desk.copy_of(other))
    assert desk.fulfilment.get(number).state is OrderState.CLOSED


def test_an_order_not_collected_costs_nothing_and_frees_its_copies(desk: Desk) -> None:
    reader, other = desk.member("D0001"), desk.member("D0002")
    title = desk.title("活着")
    number = desk.order(reader, title).order.number
    desk.advance(number, OrderState.AVAILABLE)
    desk.reservations.reserve(other, title)
    hold = desk.row(number)["hold_until"]
    desk.at(hold + timedelta(minutes=1))
    assert desk.loans.of(reader) == []
    assert desk.loans.fees(reader).owed_fen == 0
    assert desk.reservations.of(other)[0].position == 0


# --- the library system ---


def test_the_library_system_is_told_of_every_loan_and_return(desk: Desk) -> None:
    reader = desk.member()
    loan = desk.lend(reader, desk.title("活着"))
    assert desk.teller.try_to_tell() == 1
    assert desk.teller.try_to_tell() == 0
    desk.loans.returned(desk.copy_of(loan))
    with desk.database.read() as conn:
        assert rows.to_tell(conn, 9) == []
        out = conn.exec_driver_sql("SELECT count(*) FROM checkouts WHERE checked_in_at IS NULL").scalar()
    assert out == 0
    assert desk.copy_states(loan.title_id) == ["on_shelf"]


def test_a_silent_library_system_is_told_later(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = desk.member()
    loan = desk.lend(reader, desk.title("活着"))

    def silent(*_: object) -> None:
        raise PortUnavailable("no answer")

    with monkeypatch.context() as patched:
        patched.setattr(desk.circulation, "check_out", silent)
        back = desk.loans.returned(desk.copy_of(loan))
    assert back is not None
    assert desk.copy_states(loan.title_id) == ["on_shelf"]
    assert desk.teller.try_to_tell() == 1
    assert desk.copy_states(loan.title_id) == ["on_shelf"]
