"""Orders as their readers see them."""

from lending.errors import Code, LendingError
from lending.orders.alternatives import refused_line
from lending.orders.model import LineView, Method, OrderView, QuoteLine
from lending.orders.needs import Needs
from lending.orders.states import UNPACKED, LineState, OrderState
from lending.pickup.model import PickupPoint
from lending.pickup.points import Points
from lending.storage import codes, readers
from lending.storage import orders as rows
from lending.storage.base import Connection
from lending.storage.orders import Row


def view(conn: Connection, needs: Needs, order: Row) -> OrderView:
    """An order's row with its lines, code and place."""
    state = OrderState(order["state"])
    method = Method(order["method"])
    code = (
        codes.own(conn, order["id"]) if state is OrderState.AVAILABLE and method is not Method.HOME else None
    )
    return OrderView(
        number=order["number"],
        state=state,
        method=method,
        promised_by=order["promised_by"],
        lines=tuple(line_view(line) for line in rows.lines(conn, order["id"])),
        pickup_code=code,
        pickup_point=_point(conn, needs.points, order["point_id"]),
        address_label=_label(conn, order["address_id"]),
        fee_fen=order["fee_fen"],
        parcels=order["parcels"],
        placed_at=order["placed_at"],
        available_at=order["available_at"],
        hold_until=order["hold_until"],
        changeable=state in UNPACKED,
        cancellable=state in UNPACKED,
    )


def line_view(line: Row) -> LineView:
    """One line of an order."""
    return LineView(line["id"], line["title_id"], line["title"], LineState(line["state"]), line["reason"])


def refused_lines(conn: Connection, needs: Needs, order: Row) -> tuple[QuoteLine, ...]:
    """The lines an order did not get, with the ways on as they are now."""
    lines = rows.lines(conn, order["id"])
    refused = [line for line in lines if line["state"] == LineState.REFUSED]
    return tuple(refused_line(conn, needs.loans, line, line["reason"]) for line in refused)


def _point(conn: Connection, points: Points, point_id: str | None) -> PickupPoint | None:
    """The place as it is now; None at the door, or when the place is gone."""
    if point_id is None:
        return None
    try:
        return points.look(conn, point_id)
    except LendingError as gone:
        if gone.code is Code.UNKNOWN_POINT:
            return None
        raise


def _label(conn: Connection, address_id: int | None) -> str | None:
    row = None if address_id is None else readers.address(conn, address_id)
    return None if row is None else str(row["label"])
