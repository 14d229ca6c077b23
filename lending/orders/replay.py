"""Rebuilds an order from its events alone. What comes out must equal the rows; a test holds it to that."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from lending.orders.states import LineState, OrderEvent, OrderState, after
from lending.storage import orders as rows
from lending.storage.base import Connection
from lending.storage.orders import Row

TIMES = {
    OrderEvent.PLACED: "placed_at",
    OrderEvent.RECEIVED: "received_at",
    OrderEvent.PACKED: "packed_at",
    OrderEvent.DISPATCHED: "shipped_at",
    OrderEvent.ARRIVED: "available_at",
    OrderEvent.COLLECTED: "collected_at",
    OrderEvent.CLOSED: "closed_at",
    OrderEvent.CANCELLED: "closed_at",
    OrderEvent.EXPIRED: "closed_at",
    OrderEvent.EMPTIED: "closed_at",
    OrderEvent.LOST: "closed_at",
}
"""Which moment of the order an event sets."""


@dataclass
class ReplayedLine:
    """A line as the events leave it."""

    state: str
    reason: str
    copy_id: int | None


@dataclass
class Replayed:
    """An order as the events leave it."""

    state: str = ""
    method: str = ""
    point_id: str | None = None
    address_id: int | None = None
    fee_fen: int = 0
    parcels: int = 0
    promised_by: datetime | None = None
    hold_until: datetime | None = None
    times: dict[str, datetime] = field(default_factory=dict)
    lines: dict[int, ReplayedLine] = field(default_factory=dict)


def replay(events: Iterable[Row]) -> Replayed:
    """Fold events, oldest first. LendingError illegal_move when they tell an impossible story."""
    order = Replayed()
    for event in events:
        kind = OrderEvent(event["kind"])
        order.state = str(
            OrderState.PLACED if kind is OrderEvent.PLACED else after(OrderState(order.state), kind)
        )
        if kind in TIMES:
            order.times[TIMES[kind]] = event["at"]
        _columns(order, event["data"])
        _lines(order, kind, event)
        _found(order, kind, event["at"])
    return order


def stored(conn: Connection, order: Row) -> Replayed:
    """The same picture from the rows."""
    names = {*TIMES.values(), "found_at"}
    plain = ("method", "point_id", "address_id", "fee_fen", "parcels", "promised_by", "hold_until")
    return Replayed(
        state=str(order["state"]),
        times={name: order[name] for name in names if order[name] is not None},
        lines={
            line["id"]: ReplayedLine(line["state"], line["reason"], line["copy_id"])
            for line in rows.lines(conn, order["id"])
        },
        **{name: order[name] for name in plain},
    )


def as_dict(order: Replayed) -> dict[str, Any]:
    """For comparing and showing."""
    return asdict(order)


def _columns(order: Replayed, data: dict[str, Any]) -> None:
    for name in ("method", "point_id", "address_id", "fee_fen"):
        if name in data:
            setattr(order, name, data[name])
    for name in ("promised_by", "hold_until"):
        if name in data:
            setattr(order, name, datetime.fromisoformat(data[name]))
    if isinstance(data.get("parcels"), int):
        order.parcels = data["parcels"]


def _lines(order: Replayed, kind: OrderEvent, event: Row) -> None:
    data, line_id = event["data"], event["line_id"]
    if kind is OrderEvent.PLACED:
        for line in data["lines"]:
            order.lines[line["line_id"]] = ReplayedLine(line["state"], line["reason"], line["copy_id"])
    elif kind is OrderEvent.LINE_FOUND:
        order.lines[line_id].state = str(LineState.FOUND)
    elif kind is OrderEvent.RETARGETED:
        order.lines[line_id] = ReplayedLine(str(LineState.REQUESTED), "", data["copy_id"])
    elif kind is OrderEvent.LINE_REFUSED:
        order.lines[line_id] = ReplayedLine(str(LineState.REFUSED), data["reason"], None)


def _found(order: Replayed, kind: OrderEvent, at: datetime) -> None:
    """The processing clock stops when every line is decided and one is found (6.2.1)."""
    if kind not in (OrderEvent.LINE_FOUND, OrderEvent.LINE_REFUSED, OrderEvent.RETARGETED):
        return
    states = {line.state for line in order.lines.values()}
    if LineState.REQUESTED not in states and LineState.FOUND in states:
        order.times.setdefault("found_at", at)
    else:
        order.times.pop("found_at", None)
