"""From the books in hand to a parcel with a cell, and out of the house.

A locker and a courier are asked between two transactions, never inside one. The first writes what is meant,
the second
what came of it; both calls are idempotent under their keys, so a crash between them is mended by asking
again.
"""

from collections import Counter
from collections.abc import Sequence

from lending.errors import Code, LendingError
from lending.notices import NoticeKind
from lending.notices import add as tell
from lending.orders.cells import release_all, reserve_all
from lending.orders.model import Method
from lending.orders.needs import Needs
from lending.orders.record import advance, cell_key, locked
from lending.orders.states import LineState, OrderEvent, OrderState, after
from lending.ports import Place
from lending.storage import orders as rows
from lending.storage.base import Connection
from lending.storage.orders import Row

FULL, CLOSED = "full", "closed"


def pack(needs: Needs, number: str, actor: str) -> bool:
    """Pack an order. False when its locker is full or closed: it stays `picking` and its reader is asked
    (6.1.1).

    LendingError order_not_found, illegal_move(state, event), lines_open(number, open).
    """
    order, parcels = _prepare(needs, number)
    if order["method"] != Method.LOCKER:
        _packed(needs, number, order, {}, actor)
        return True
    low = needs.policy.for_kind(order["reader_kind"]).low_cells
    cells = reserve_all(needs, order, parcels, low=low)
    if cells is None:
        _problem(needs, number, order, actor)
        return False
    try:
        _packed(needs, number, order, cells, actor)
    except LendingError:
        release_all(needs, order, parcels)
        raise
    return True


def dispatch(needs: Needs, number: str, actor: str) -> None:
    """Send a packed order off. LendingError order_not_found, illegal_move; PortUnavailable when no courier
    answers."""
    with needs.database.read() as conn:
        order = rows.by_number(conn, number)
        if order is None:
            raise LendingError(Code.ORDER_NOT_FOUND)
        after(OrderState(order["state"]), OrderEvent.DISPATCHED)
        parcels = rows.parcels_of(conn, order["id"])
    tracking = _ship(needs, order, parcels)
    at = needs.clock.now()
    with needs.database.begin() as conn:
        order = locked(conn, number)
        data = [{"parcel_id": parcel, "tracking": track} for parcel, track in tracking.items()]
        order = advance(conn, order, OrderEvent.DISPATCHED, at, actor, {"parcels": data}, shipped_at=at)
        for parcel, track in tracking.items():
            rows.change_parcel(conn, parcel, tracking=track)
        facts = _facts(conn, needs, order) | {"promised_by": order["promised_by"].isoformat()}
        tell(conn, order["reader_id"], NoticeKind.ORDER_SHIPPED, facts, f"order_shipped:{number}")


def _prepare(needs: Needs, number: str) -> tuple[Row, Sequence[Row]]:
    """Write the parcels meant, with the locker they are meant for; those of an earlier attempt go."""
    with needs.database.begin() as conn:
        order = locked(conn, number)
        after(OrderState(order["state"]), OrderEvent.PACKED)
        lines = rows.lines(conn, order["id"])
        still_open = [line["title"] for line in lines if line["state"] == LineState.REQUESTED]
        if still_open:
            raise LendingError(Code.LINES_OPEN, number=number, titles=still_open)
        before = rows.parcels_of(conn, order["id"])
        rows.drop_parcels(conn, order["id"])
        _make_parcels(conn, needs, order, [line for line in lines if line["state"] == LineState.FOUND])
        meant = rows.parcels_of(conn, order["id"])
    release_all(needs, order, [parcel for parcel in before if parcel["locker_id"] != order["point_id"]])
    return order, meant


def _make_parcels(conn: Connection, needs: Needs, order: Row, lines: Sequence[Row]) -> None:
    most = needs.policy.orders.parcel_volumes
    from_branch = sending_branch(order, lines)
    locker = order["point_id"] if order["method"] == Method.LOCKER else None
    for number, first in enumerate(range(0, len(lines), most), start=1):
        volumes = len(lines[first : first + most])
        values = {"order_id": order["id"], "number": number, "volumes": volumes}
        rows.insert_parcel(conn, values | {"from_branch": from_branch, "locker_id": locker})


def sending_branch(order: Row, lines: Sequence[Row]) -> str:
    """Where the parcel is packed: the pickup branch when it has some of the books, else where most of them
    are."""
    count = Counter(line["branch_id"] for line in lines)
    if order["point_id"] in count:
        return str(order["point_id"])
    return str(min(count, key=lambda branch: (-count[branch], branch)))


def _packed(needs: Needs, number: str, meant: Row, cells: dict[int, str], actor: str) -> None:
    at = needs.clock.now()
    with needs.database.begin() as conn:
        order = locked(conn, number)
        if order["point_id"] != meant["point_id"] or order["method"] != meant["method"]:
            raise LendingError(Code.ILLEGAL_MOVE, state=str(order["state"]), event=str(OrderEvent.PACKED))
        parcels = rows.parcels_of(conn, order["id"])
        told = [
            {"parcel_id": parcel["id"], "volumes": parcel["volumes"], "cell": cells.get(parcel["id"])}
            for parcel in parcels
        ]
        data = {"parcels": told, "from_branch": parcels[0]["from_branch"]}
        order = advance(conn, order, OrderEvent.PACKED, at, actor, data, packed_at=at)
        for parcel_id, cell in cells.items():
            rows.change_parcel(conn, parcel_id, cell=cell)
        _fill(conn, needs, order["id"], parcels)
        tell(
            conn,
            order["reader_id"],
            NoticeKind.ORDER_PACKED,
            _facts(conn, needs, order),
            f"order_packed:{number}",
        )


def _fill(conn: Connection, needs: Needs, order_id: int, parcels: Sequence[Row]) -> None:
    """Say which line lies in which parcel."""
    in_hand = [line for line in rows.lines(conn, order_id) if line["state"] == LineState.FOUND]
    for place, line in enumerate(in_hand):
        parcel = parcels[place // needs.policy.orders.parcel_volumes]
        rows.change_line(conn, line["id"], parcel_id=parcel["id"])


def _problem(needs: Needs, number: str, meant: Row, actor: str) -> None:
    """Note the full or closed locker and ask the reader for another; once until the pickup changes."""
    at = needs.clock.now()
    with needs.database.begin() as conn:
        order = locked(conn, number)
        if order["state"] != OrderState.PICKING or order["point_id"] != meant["point_id"]:
            return
        rows.drop_parcels(conn, order["id"])
        changes = [event for event in rows.events_of(conn, order["id"]) if event["kind"] in _PICKUP_EVENTS]
        if changes and changes[-1]["kind"] == OrderEvent.PICKUP_PROBLEM:
            return
        reason = CLOSED if needs.points.look(conn, order["point_id"]).closed else FULL
        data = {"point_id": order["point_id"], "reason": reason}
        advance(conn, order, OrderEvent.PICKUP_PROBLEM, at, actor, data)
        facts = _facts(conn, needs, order) | {"reason": reason}
        key = f"pickup_problem:{number}:{len(changes)}"
        tell(conn, order["reader_id"], NoticeKind.PICKUP_PROBLEM, facts, key)


_PICKUP_EVENTS = (OrderEvent.PICKUP_PROBLEM, OrderEvent.PICKUP_CHANGED)


def _ship(needs: Needs, order: Row, parcels: Sequence[Row]) -> dict[int, str | None]:
    """Book a courier for each parcel, by parcel id; between branches the house's own van goes, without
    tracking."""
    if order["method"] == Method.BRANCH:
        return {parcel["id"]: None for parcel in parcels}
    end = _end(needs, order)
    return {
        parcel["id"]: needs.logistics.ship(
            Place("branch", parcel["from_branch"]), end, parcel["volumes"], cell_key(order, parcel["number"])
        ).tracking
        for parcel in parcels
    }


def _end(needs: Needs, order: Row) -> Place:
    if order["method"] == Method.LOCKER:
        point = needs.points.get(order["point_id"])
        return Place("locker", point.id, point.address, point.name)
    home = needs.addresses.address_detail(order["address_id"])
    return Place("home", str(home.id), home.district + home.street, home.recipient, home.phone)


def point_facts(conn: Connection, needs: Needs, order: Row) -> dict[str, str] | None:
    """The place as notices tell it: id, name, address, open_hours."""
    if order["point_id"] is None:
        return None
    point = needs.points.look(conn, order["point_id"])
    return {"id": point.id, "name": point.name, "address": point.address, "open_hours": point.open_hours}


def _facts(conn: Connection, needs: Needs, order: Row) -> dict[str, object]:
    return {"number": order["number"], "method": order["method"], "point": point_facts(conn, needs, order)}
