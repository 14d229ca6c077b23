"""From “it lies ready” to the reader's hands, or back when nobody came (6.1.2, 6.1.3, 6.2.2)."""

from datetime import datetime, timedelta
from typing import Any

from lending.calendar import local_date
from lending.errors import Code, LendingError
from lending.notices import NoticeKind, timers, withdraw, withdraw_all
from lending.notices import add as tell
from lending.orders.clocks import Clocks
from lending.orders.codes import issue
from lending.orders.model import Method
from lending.orders.needs import Needs
from lending.orders.packing import point_facts
from lending.orders.record import COURIER, READER, SYSTEM, advance, promise_key
from lending.orders.states import LineState, OrderEvent, OrderState
from lending.readers import helpers
from lending.storage import codes, promises
from lending.storage import orders as rows
from lending.storage.base import Connection
from lending.storage.orders import Row

HOLD_TIMER = "order_hold"
"""Timer kind: the hold of an order ends. Payload: number."""
REMINDER_TIMER = "order_reminder"
"""Timer kind: an order still waits. Payload: number."""


def arrived(conn: Connection, needs: Needs, order: Row, at: datetime, actor: str) -> Row:
    """It lies ready (or was handed over at the door): loans begin, the code is issued, the hold runs."""
    lines = [line for line in rows.lines(conn, order["id"]) if line["state"] == LineState.FOUND]
    copies = promises.by_title(conn, [line["copy_id"] for line in lines])
    until = _hold_until(conn, needs, order, at)
    data = {"point_id": order["point_id"], "copies": copies} | ({"hold_until": until} if until else {})
    order = advance(conn, order, OrderEvent.ARRIVED, at, actor, data, available_at=at, hold_until=until)
    promises.release(conn, promise_key(order), at)
    for copy_id in copies:
        needs.loans.start(conn, order["reader_id"], copy_id, order["id"], at)
    if until is None:
        _tell_available(conn, needs, order, None)
        return advance(conn, order, OrderEvent.COLLECTED, at, COURIER, {"proxy": False}, collected_at=at)
    code = issue(conn, order, needs.policy.pickup.code_digits, at)
    _tell_available(conn, needs, order, code)
    _set_timers(conn, needs, order, at, until)
    return order


def _hold_until(conn: Connection, needs: Needs, order: Row, at: datetime) -> datetime | None:
    if order["method"] == Method.HOME:
        return None
    point = needs.points.look(conn, order["point_id"])
    kind = needs.policy.for_kind(order["reader_kind"])
    return Clocks(needs.calendar, needs.policy).hold_until(at, Method(order["method"]), point, kind)


def _tell_available(conn: Connection, needs: Needs, order: Row, code: str | None) -> None:
    facts = _waiting_facts(conn, needs, order, code)
    key = f"order_available:{order['number']}"
    tell(conn, order["reader_id"], NoticeKind.ORDER_AVAILABLE, facts, key)
    if code is not None:
        helpers.copies(conn, order["reader_id"], order["number"], facts)


def _waiting_facts(conn: Connection, needs: Needs, order: Row, code: str | None) -> dict[str, Any]:
    facts: dict[str, Any] = {"number": order["number"], "method": order["method"]}
    if code is not None:
        until = order["hold_until"].isoformat()
        facts |= {"code": code, "point": point_facts(conn, needs, order), "until": until}
    return facts


def _set_timers(conn: Connection, needs: Needs, order: Row, at: datetime, until: datetime) -> None:
    payload = {"number": order["number"]}
    timers.add(conn, HOLD_TIMER, f"{HOLD_TIMER}:{order['number']}", until, payload)
    for when in Clocks(needs.calendar, needs.policy).reminders(at, until):
        timers.add(conn, REMINDER_TIMER, _reminder_key(order, when), when, payload)


def _reminder_key(order: Row, when: datetime) -> str:
    return f"{REMINDER_TIMER}:{order['number']}:{when:%Y%m%d%H%M}"


def stop_timers(conn: Connection, number: str) -> None:
    """Nothing waits any more, and nobody is told that something does."""
    timers.cancel(conn, f"{HOLD_TIMER}:{number}")
    timers.cancel_all(conn, f"{REMINDER_TIMER}:{number}:")
    withdraw(conn, f"order_available:{number}")
    withdraw_all(conn, f"helper_copy:{number}:")
    withdraw_all(conn, f"pickup_reminder:{number}:")


def remind(conn: Connection, needs: Needs, order: Row, at: datetime) -> bool:
    """Tell the reader that it still waits; False when it does not."""
    code = codes.own(conn, order["id"])
    if order["state"] != OrderState.AVAILABLE or code is None or order["hold_until"] <= at:
        return False
    facts = _waiting_facts(conn, needs, order, code)
    facts["last"] = local_date(at) == local_date(order["hold_until"])
    return tell(
        conn,
        order["reader_id"],
        NoticeKind.PICKUP_REMINDER,
        facts,
        f"pickup_reminder:{order['number']}:{at:%Y%m%d%H}",
    )


def valid_code(conn: Connection, point_id: str, code: str, at: datetime) -> Row:
    """The row of an active code, a helper's too. LendingError code_refused."""
    row = codes.active(conn, point_id, code)
    if row is None or (row["expires_at"] is not None and row["expires_at"] <= at):
        raise LendingError(Code.CODE_REFUSED)
    return row


def collect(conn: Connection, order: Row, at: datetime, *, proxy: bool, actor: str = READER) -> Row:
    """Into the reader's or (`proxy`) a helper's hands; every code of the order ends."""
    order = advance(conn, order, OrderEvent.COLLECTED, at, actor, {"proxy": proxy}, collected_at=at)
    codes.end(conn, order["id"], at)
    stop_timers(conn, order["number"])
    return order


def expire(conn: Connection, needs: Needs, order: Row, at: datetime, actor: str = SYSTEM) -> Row:
    """Nobody came: loans end without fee, copies go back, the miss is counted (the first forgiven)."""
    missed = _miss(conn, needs, order, at)
    order = advance(conn, order, OrderEvent.EXPIRED, at, actor, missed, closed_at=at)
    codes.end(conn, order["id"], at)
    stop_timers(conn, order["number"])
    needs.loans.void(conn, order["id"], at)
    facts = {"number": order["number"], "point": point_facts(conn, needs, order)} | missed
    tell(conn, order["reader_id"], NoticeKind.HOLD_EXPIRED, facts, f"hold_expired:{order['number']}")
    return order


def _miss(conn: Connection, needs: Needs, order: Row, at: datetime) -> dict[str, Any]:
    """Count the missed pickup. `needs_review`: a person looks before anybody is suspended; nothing more is
    done here."""
    rules = needs.policy.pickup
    since = at - timedelta(days=rules.missed_within_days)
    count = codes.missed_since(conn, order["reader_id"], since) + 1
    verdict = {"forgiven": count <= rules.missed_forgiven, "needs_review": count >= rules.missed_suspends_at}
    codes.add_missed(conn, order["reader_id"], order["id"], at, **verdict)
    return {"missed": count} | verdict


def extend_hold(
    conn: Connection, needs: Needs, order: Row, until: datetime, at: datetime, reason: str, actor: str
) -> Row:
    """Keep an order longer, e.g. while its place is closed (7.2.1); never shorter."""
    if order["hold_until"] is None or until <= order["hold_until"]:
        return order
    data = {"hold_until": until, "reason": reason}
    before, order = order, advance(conn, order, OrderEvent.HOLD_EXTENDED, at, actor, data, hold_until=until)
    timers.move(conn, f"{HOLD_TIMER}:{order['number']}", until)
    _move_reminders(conn, needs, before, order, at)
    return order


def _move_reminders(conn: Connection, needs: Needs, before: Row, order: Row, at: datetime) -> None:
    """The last day is another one now: its reminder moves, those that stay are left alone."""
    clocks, since = Clocks(needs.calendar, needs.policy), order["available_at"]
    was = clocks.reminders(since, before["hold_until"])
    now = clocks.reminders(since, order["hold_until"])
    for when in set(was) - set(now):
        timers.cancel(conn, _reminder_key(order, when))
    for when in (one for one in now if one > at):
        timers.add(conn, REMINDER_TIMER, _reminder_key(order, when), when, {"number": order["number"]})


def lost(conn: Connection, order: Row, at: datetime, reason: str, actor: str = COURIER) -> Row:
    """The parcel did not come through: the order fails, its copies are missing until someone finds them."""
    copies = promises.release(conn, promise_key(order), at)
    for copy_id in copies:
        promises.set_copy_state(conn, copy_id, "missing")
    data = {"reason": reason, "copies": copies}
    order = advance(conn, order, OrderEvent.LOST, at, actor, data, closed_at=at)
    facts = {"number": order["number"], "by": COURIER, "reason": reason}
    tell(conn, order["reader_id"], NoticeKind.ORDER_CANCELLED, facts, f"order_cancelled:{order['number']}")
    return order
