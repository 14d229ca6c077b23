"""Reminders as RULES: loans 7 and 3 days before and on the day; pickups after 48 h and on the last day."""

from datetime import timedelta

import pytest

from lending.calendar import local
from lending.notices import outbox
from lending.orders.states import OrderState
from lending.readers.model import Reader
from tests.fakes.clock import china
from tests.lending.desk import Desk


def reminded(desk: Desk, reader: Reader, until: str, kind: str) -> list[str]:
    """When reminders of a kind were written, hour by hour up to a moment."""
    told = []
    while desk.clock.now() < china(until):
        before = len(desk.told(reader))
        desk.timers.run_due()
        new = [one for one, _ in desk.told(reader)[before:] if one == kind]
        told += [f"{local(desk.clock.now()):%m-%d %H}"] * len(new)
        desk.clock.forward(hours=1)
    return told


# --- loans ---


def test_loans_are_reminded_of_three_times_at_nine(desk: Desk) -> None:
    reader = desk.member()
    desk.lend(reader, desk.title("活着"))
    assert reminded(desk, reader, "2025-04-06 00:00", "loan_due") == ["03-28 09", "04-01 09", "04-04 09"]


def test_a_due_date_on_a_closed_day_moves_and_the_reminders_with_it(desk: Desk) -> None:
    desk.clock.set(china("2025-03-08 08:00"))
    reader = desk.member()
    loan = desk.lend(reader, desk.title("活着"))
    assert f"{local(loan.due):%m-%d %A}" == "04-08 Tuesday"
    assert reminded(desk, reader, "2025-04-10 00:00", "loan_due") == ["04-01 09", "04-05 09", "04-08 09"]


def test_renewing_moves_the_reminders(desk: Desk) -> None:
    reader = desk.member()
    loan = desk.lend(reader, desk.title("活着"))
    assert reminded(desk, reader, "2025-03-29 08:00", "loan_due") == ["03-28 09"]
    due = local(desk.loans.renew(reader, loan.id).due)
    days = [f"{due - timedelta(days=before):%m-%d} 09" for before in (7, 3, 0)]
    assert reminded(desk, reader, f"{due + timedelta(days=1):%Y-%m-%d} 00:00", "loan_due") == days


def test_returning_cancels_them(desk: Desk) -> None:
    reader = desk.member()
    loan = desk.lend(reader, desk.title("活着"))
    assert reminded(desk, reader, "2025-03-29 08:00", "loan_due") == ["03-28 09"]
    desk.loans.returned(desk.copy_of(loan))
    assert reminded(desk, reader, "2025-04-06 00:00", "loan_due") == []


@pytest.mark.parametrize("how", ["renew", "return"])
def test_a_reminder_not_told_yet_is_taken_back(desk: Desk, how: str) -> None:
    reader = desk.member()
    loan = desk.lend(reader, desk.title("活着"))
    desk.at(china("2025-04-01 09:00"))
    if how == "renew":
        desk.loans.renew(reader, loan.id)
    else:
        desk.loans.returned(desk.copy_of(loan))
    with desk.database.read() as conn:
        states = {one.state for one in outbox.of_reader(conn, reader.id) if one.kind == "loan_due"}
    assert states == {"cancelled"}


def test_a_reminder_stays_while_another_loan_is_due_that_day(desk: Desk) -> None:
    reader = desk.member()
    back = desk.lend(reader, desk.title("活着"))
    desk.lend(reader, desk.title("三体"))
    desk.at(china("2025-04-01 09:00"))
    desk.loans.returned(desk.copy_of(back))
    with desk.database.read() as conn:
        due = [one for one in outbox.of_reader(conn, reader.id) if one.kind == "loan_due"]
    assert {one.state for one in due} == {"waiting"}


# --- pickups ---


def waiting_order(desk: Desk, reader: Reader, to: str = "L1") -> str:
    number = desk.order(reader, desk.title("活着"), to=to).order.number
    desk.advance(number, OrderState.AVAILABLE)
    return number


def test_a_locker_reminds_after_48_hours_and_on_the_last_day(desk: Desk) -> None:
    reader = desk.member()
    waiting_order(desk, reader)
    assert reminded(desk, reader, "2025-03-10 00:00", "pickup_reminder") == ["03-07 08", "03-08 09"]
    last = [data["last"] for kind, data in desk.told(reader) if kind == "pickup_reminder"]
    assert last == [False, True]


def test_a_locker_open_day_and_night_has_a_last_day_too(desk: Desk) -> None:
    reader = desk.member()
    number = waiting_order(desk, reader, "L2")
    until = desk.fulfilment.get(number).hold_until
    assert until is not None
    assert f"{local(until):%m-%d %H:%M}" == "03-08 23:59"
    assert reminded(desk, reader, "2025-03-10 00:00", "pickup_reminder") == ["03-07 08", "03-08 09"]


def test_a_longer_hold_moves_the_last_reminder(desk: Desk) -> None:
    reader = desk.member()
    number = waiting_order(desk, reader)
    until = desk.fulfilment.get(number).hold_until
    assert until is not None
    assert reminded(desk, reader, "2025-03-07 12:00", "pickup_reminder") == ["03-07 08"]
    desk.fulfilment.extend_hold(number, until + timedelta(days=3), "停电")
    assert reminded(desk, reader, "2025-03-13 00:00", "pickup_reminder") == ["03-11 09"]


def test_a_longer_hold_after_the_last_reminder_reminds_again(desk: Desk) -> None:
    reader = desk.member()
    number = waiting_order(desk, reader)
    until = desk.fulfilment.get(number).hold_until
    assert until is not None
    assert len(reminded(desk, reader, "2025-03-08 12:00", "pickup_reminder")) == 2
    desk.fulfilment.extend_hold(number, until + timedelta(days=1), "停电")
    assert reminded(desk, reader, "2025-03-11 00:00", "pickup_reminder") == ["03-09 09"]


def test_collecting_ends_reminders_and_takes_back_what_was_not_told(desk: Desk) -> None:
    reader = desk.member()
    number = waiting_order(desk, reader)
    desk.at(china("2025-03-07 08:30"))
    order = desk.fulfilment.get(number)
    desk.fulfilment.collect("L1", order.pickup_code or "")
    assert reminded(desk, reader, "2025-03-10 00:00", "pickup_reminder") == []
    with desk.database.read() as conn:
        told = {one.kind: one.state for one in outbox.of_reader(conn, reader.id)}
    assert (told["order_available"], told["pickup_reminder"]) == ("cancelled", "cancelled")
    assert told["order_shipped"] == "waiting"


# --- returns that did not come about ---


def test_an_unused_return_is_told_with_the_way_on(desk: Desk) -> None:
    reader = desk.member()
    loan = desk.lend(reader, desk.title("活着"))
    booked = desk.returns.start(reader, [loan.id], "branch", "B1", nonce="n1")
    desk.clock.forward(days=5)
    assert desk.returns.sweep() == 1
    assert desk.returns.sweep() == 0
    [data] = [data for kind, data in desk.told(reader) if kind == "return_failed"]
    assert data == {
        "number": booked.number,
        "titles": ["活着"],
        "method": "branch",
        "reason": "unused",
        "due": loan.due.isoformat(),
        "overdue": False,
    }


def test_a_return_the_courier_failed_is_told(desk: Desk) -> None:
    reader = desk.member()
    loan = desk.lend(reader, desk.title("活着"))
    booked = desk.returns.start(reader, [loan.id], "branch", "B1", nonce="n1")
    desk.clock.set(loan.due + timedelta(days=2))
    desk.returns.failed(booked.number)
    [data] = [data for kind, data in desk.told(reader) if kind == "return_failed"]
    assert (data["reason"], data["overdue"]) == ("courier", True)


def test_a_return_that_the_reader_takes_back_is_not_told(desk: Desk) -> None:
    reader = desk.member()
    loan = desk.lend(reader, desk.title("活着"))
    booked = desk.returns.start(reader, [loan.id], "branch", "B1", nonce="n1")
    desk.returns.cancel(reader, booked.number)
    assert "return_failed" not in desk.kinds_told(reader)
    assert not desk.loan(reader, loan.id).returning
