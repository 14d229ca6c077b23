"""Fetching the books: found, or not found and looked for elsewhere before anything is refused (3.4, 6.2)."""

from datetime import datetime

from lending.errors import Code, LendingError
from lending.notices import NoticeKind
from lending.notices import add as tell
from lending.orders.alternatives import as_facts, refused_line
from lending.orders.model import Refusal
from lending.orders.needs import Needs
from lending.orders.promising import promise_copy
from lending.orders.record import SYSTEM, advance, promise_key
from lending.orders.states import LineState, OrderEvent
from lending.orders.terms import fee
from lending.storage import orders as rows
from lending.storage import promises
from lending.storage.base import Connection
from lending.storage.orders import Row

GONE = {Refusal.MISSING: "missing", Refusal.DAMAGED: "withdrawn"}
"""What becomes of a copy that is not found, or found unfit to lend."""


def receive(conn: Connection, order: Row, at: datetime, actor: str) -> Row:
    """Staff take the order; the processing clock starts."""
    return advance(conn, order, OrderEvent.RECEIVED, at, actor, received_at=at)


def found(conn: Connection, order: Row, line_id: int, at: datetime, actor: str) -> Row:
    """A book is in hand. The same again changes nothing."""
    line = line_of(conn, order, line_id)
    if line["state"] == LineState.FOUND:
        return order
    _check(order, line, (LineState.REQUESTED,), OrderEvent.LINE_FOUND)
    data = {"copy_id": line["copy_id"], "branch_id": line["branch_id"], "stack": line["stack"]}
    rows.change_line(conn, line_id, state=str(LineState.FOUND))
    order = advance(conn, order, OrderEvent.LINE_FOUND, at, actor, data, line_id)
    return _stop_clock(conn, order, at)


def not_found(
    conn: Connection, needs: Needs, order: Row, line_id: int, reason: Refusal, at: datetime, actor: str
) -> Row:
    """Look for another copy first; refuse the line only when none is left."""
    line = line_of(conn, order, line_id)
    _check(order, line, (LineState.REQUESTED, LineState.FOUND), OrderEvent.LINE_REFUSED)
    promises.set_copy_state(conn, line["copy_id"], GONE[reason])
    promises.release(conn, promise_key(order), at, line["copy_id"])
    copy = promise_copy(conn, line["title_id"], order["point_id"], promise_key(order), at)
    if copy is None:
        return _refuse(conn, needs, order, line, reason, at, actor)
    data = {"reason": str(reason), "from_copy_id": line["copy_id"]}
    data |= {"copy_id": copy.copy_id, "branch_id": copy.branch_id, "stack": copy.stack}
    rows.change_line(conn, line_id, state=str(LineState.REQUESTED), copy_id=copy.copy_id)
    return advance(conn, order, OrderEvent.RETARGETED, at, actor, data, line_id, found_at=None)


def line_of(conn: Connection, order: Row, line_id: int) -> Row:
    """A line of this order. LendingError line_not_found."""
    for line in rows.lines(conn, order["id"]):
        if line["id"] == line_id:
            return line
    raise LendingError(Code.LINE_NOT_FOUND)


def _check(order: Row, line: Row, allowed: tuple[LineState, ...], event: OrderEvent) -> None:
    if line["state"] not in allowed:
        raise LendingError(
            Code.ILLEGAL_MOVE, state=str(line["state"]), event=str(event), number=order["number"]
        )


def _refuse(
    conn: Connection, needs: Needs, order: Row, line: Row, reason: Refusal, at: datetime, actor: str
) -> Row:
    """Refuse the line, reckon fee and parcels anew, tell the reader the ways on; the last line ends the
    order."""
    rows.change_line(conn, line["id"], state=str(LineState.REFUSED), reason=str(reason), copy_id=None)
    left = sum(other["state"] != LineState.REFUSED for other in rows.lines(conn, order["id"]))
    costs = {
        "fee_fen": fee(needs.policy, order["method"], left, order["reader_kind"]),
        "parcels": needs.policy.parcels(left),
    }
    data = {"reason": str(reason), "copy_id": line["copy_id"], "stack": line["stack"]} | costs
    columns: dict[str, object] = {**costs} if left else {**costs, "found_at": None}
    order = advance(conn, order, OrderEvent.LINE_REFUSED, at, actor, data, line["id"], **columns)
    _tell_refusal(conn, needs, order, line, reason)
    if left:
        return _stop_clock(conn, order, at)
    order = advance(conn, order, OrderEvent.EMPTIED, at, SYSTEM, closed_at=at)
    facts = {"number": order["number"], "by": SYSTEM, "reason": "nothing_left"}
    tell(conn, order["reader_id"], NoticeKind.ORDER_CANCELLED, facts, f"order_cancelled:{order['number']}")
    return order


def _tell_refusal(conn: Connection, needs: Needs, order: Row, line: Row, reason: Refusal) -> None:
    ways = as_facts([refused_line(conn, needs.loans, line, reason)])[0]
    facts = {"number": order["number"], "fee_fen": order["fee_fen"]} | ways
    tell(conn, order["reader_id"], NoticeKind.ORDER_REFUSED_LINE, facts, f"order_refused_line:{line['id']}")


def _stop_clock(conn: Connection, order: Row, at: datetime) -> Row:
    """When the last line is decided, the processing clock stops and the reader is told what was found."""
    lines = rows.lines(conn, order["id"])
    if order["found_at"] is not None or any(line["state"] == LineState.REQUESTED for line in lines):
        return order
    in_hand = [line["title"] for line in lines if line["state"] == LineState.FOUND]
    if not in_hand:
        return order
    rows.change_order(conn, order["id"], found_at=at)
    facts = {"number": order["number"], "titles": in_hand}
    tell(conn, order["reader_id"], NoticeKind.ORDER_FOUND, facts, f"order_found:{order['number']}")
    return rows.by_id(conn, order["id"])
