"""Writes what happens to an order: the move, its columns and the event row that explains it, together."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lending.errors import Code, LendingError
from lending.orders.states import OrderEvent, OrderState, after
from lending.storage import orders as rows
from lending.storage.base import Connection
from lending.storage.orders import Row

READER, STAFF, SYSTEM, COURIER = "reader", "staff", "system", "courier"
"""Who does things; staff may be given by name (`staff:lin`)."""


def promise_key(order: Row) -> str:
    """The key under which an order's copies are promised."""
    return f"order:{order['nonce']}"


def cell_key(order: Row, parcel_number: int) -> str:
    """The key under which a parcel's cell is held."""
    return f"order:{order['number']}:{parcel_number}"


def locked(conn: Connection, number: str) -> Row:
    """The order's row, locked until the transaction ends. LendingError order_not_found."""
    row = rows.by_number(conn, number, lock=True)
    if row is None:
        raise LendingError(Code.ORDER_NOT_FOUND)
    return row


def advance(
    conn: Connection,
    order: Row,
    event: OrderEvent,
    at: datetime,
    actor: str,
    data: Mapping[str, Any] | None = None,
    line_id: int | None = None,
    **columns: Any,
) -> Row:
    """Make a legal move, set columns, append the event; the order's row as it is now."""
    state = after(OrderState(order["state"]), event)
    rows.change_order(conn, order["id"], state=state, **columns)
    note(conn, order["id"], event, at, actor, data, line_id)
    return rows.by_id(conn, order["id"])


def note(
    conn: Connection,
    order_id: int,
    event: OrderEvent,
    at: datetime,
    actor: str,
    data: Mapping[str, Any] | None = None,
    line_id: int | None = None,
) -> None:
    """Append an event row; datetimes in `data` become ISO texts."""
    plain = {name: _plain(value) for name, value in (data or {}).items()}
    rows.add_event(
        conn,
        {"order_id": order_id, "line_id": line_id, "at": at, "actor": actor, "kind": event, "data": plain},
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
