"""What a reader may still change until the parcel is packed: take the order back, or have it elsewhere
(6.1.1)."""

from datetime import datetime
from typing import Any

from lending.errors import Code, LendingError
from lending.notices import NoticeKind
from lending.notices import add as tell
from lending.orders.model import QuoteLine
from lending.orders.needs import Needs
from lending.orders.promising import release_copies
from lending.orders.record import READER, advance, promise_key
from lending.orders.states import UNPACKED, LineState, OrderEvent, OrderState
from lending.orders.terms import Destination, check_destination, terms
from lending.pickup.model import PointKind
from lending.storage import orders as rows
from lending.storage import pickup as places
from lending.storage.base import Connection
from lending.storage.orders import Row


def cancel(conn: Connection, needs: Needs, order: Row, by: str, at: datetime, reason: str = "") -> Row:
    """Take an order back and let its copies go. LendingError too_late_to_cancel(state); cancelled twice is
    once."""
    state = OrderState(order["state"])
    if state is OrderState.CANCELLED:
        return order
    if state not in UNPACKED:
        raise LendingError(Code.TOO_LATE_TO_CANCEL, state=str(state), number=order["number"])
    data = {"by": by, "reason": reason}
    now_is = advance(conn, order, OrderEvent.CANCELLED, at, by, data, closed_at=at)
    release_copies(conn, needs.loans, promise_key(order), at)
    if by != READER:
        facts = {"number": order["number"], "by": by, "reason": reason}
        tell(
            conn, order["reader_id"], NoticeKind.ORDER_CANCELLED, facts, f"order_cancelled:{order['number']}"
        )
    return now_is


def change_pickup(conn: Connection, needs: Needs, order: Row, going: Destination, at: datetime) -> Row:
    """Send an order elsewhere, with fee and date told anew.

    LendingError too_late_to_change(state), point_closed(name), locker_full(name).
    """
    state = OrderState(order["state"])
    if state not in UNPACKED:
        raise LendingError(Code.TOO_LATE_TO_CHANGE, state=str(state), number=order["number"])
    point_id = going.point.id if going.point else None
    if (order["method"], order["point_id"], order["address_id"]) == (
        going.method,
        point_id,
        going.address_id,
    ):
        return order
    if going.point is not None and going.point.kind is PointKind.LOCKER:
        places.find_locker(conn, going.point.id, lock=True)
    lines = _lines(conn, order["id"])
    means = terms(needs.policy, going, order["reader_kind"], lines)
    check_destination(conn, needs, going, means.parcels, without=order["id"])
    columns: dict[str, Any] = {
        "method": str(going.method),
        "point_id": point_id,
        "address_id": going.address_id,
    }
    columns |= {"fee_fen": means.fee_fen, "promised_by": means.promised_by}
    return advance(conn, order, OrderEvent.PICKUP_CHANGED, at, READER, columns, **columns)


def _lines(conn: Connection, order_id: int) -> list[QuoteLine]:
    """The order's lines as a quote sees them."""
    return [
        QuoteLine(
            line["title_id"],
            line["title"],
            line["state"] != LineState.REFUSED,
            line["branch_id"],
            line["reason"],
        )
        for line in rows.lines(conn, order_id)
    ]
