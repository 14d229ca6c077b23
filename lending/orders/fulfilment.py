"""The staff's, the courier's and the locker's side of an order; the desk and the demo's autopilot call it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from lending.errors import Code, LendingError
from lending.notices.timers import Timer
from lending.orders import arriving, changing, packing, picking
from lending.orders.cells import free_cells
from lending.orders.model import Method, OrderView, Refusal
from lending.orders.needs import Needs
from lending.orders.record import COURIER, STAFF, SYSTEM, advance, cell_key, locked
from lending.orders.states import HANDED_OUT, OrderEvent, OrderState
from lending.orders.views import view
from lending.ports import ShipmentState
from lending.storage import orders as rows
from lending.storage.base import Connection
from lending.storage.orders import Row


class Fulfilment:
    """Each call is one step. LendingError order_not_found, illegal_move(state, event) when it does not fit.

    `actor` goes into the event row: staff as `staff:<name>`.
    """

    def __init__(self, needs: Needs) -> None:
        self._needs = needs

    # --- in the house ---

    def waiting(self, *states: OrderState, limit: int = 200) -> list[OrderView]:
        """Orders in these states, oldest first."""
        with self._needs.database.read() as conn:
            return [view(conn, self._needs, order) for order in self._in(conn, states, limit)]

    def get(self, number: str) -> OrderView:
        """Any reader's order."""
        with self._needs.database.read() as conn:
            order = rows.by_number(conn, number)
            if order is None:
                raise LendingError(Code.ORDER_NOT_FOUND)
            return view(conn, self._needs, order)

    def receive(self, number: str, actor: str = STAFF) -> OrderView:
        """Staff take the order: the processing clock starts (6.2.1)."""
        with self._needs.database.begin() as conn:
            return self._seen(conn, picking.receive(conn, locked(conn, number), self._now(), actor))

    def found(self, number: str, line_id: int, actor: str = STAFF) -> OrderView:
        """A book is in hand; with the last one the processing clock stops. LendingError line_not_found."""
        with self._needs.database.begin() as conn:
            return self._seen(conn, picking.found(conn, locked(conn, number), line_id, self._now(), actor))

    def not_found(
        self, number: str, line_id: int, reason: Refusal | str = Refusal.MISSING, actor: str = STAFF
    ) -> OrderView:
        """Not on its shelf (missing) or unfit (damaged): another copy is promised, the line refused only
        when none
        is left. LendingError line_not_found."""
        why = Refusal(reason)
        if why not in picking.GONE:
            raise ValueError(f"{reason} is no reason for a book not found")
        with self._needs.database.begin() as conn:
            order, now = locked(conn, number), self._now()
            return self._seen(conn, picking.not_found(conn, self._needs, order, line_id, why, now, actor))

    def pack(self, number: str, actor: str = STAFF) -> OrderView:
        """Hold a cell for each parcel. Full or closed locker: the order stays `picking`, its reader is asked.

        LendingError lines_open(number, titles) while a book is still looked for.
        """
        packing.pack(self._needs, number, actor)
        return self.get(number)

    def cancel(self, number: str, reason: str, actor: str = STAFF) -> OrderView:
        """The library takes an order back until it is packed; its reader is told why."""
        with self._needs.database.begin() as conn:
            order = changing.cancel(conn, self._needs, locked(conn, number), actor, self._now(), reason)
            seen = self._seen(conn, order)
        free_cells(self._needs)
        return seen

    # --- on the road ---

    def dispatch(self, number: str, actor: str = STAFF) -> OrderView:
        """Hand over to the courier (locker, door) or the house's van (branch)."""
        packing.dispatch(self._needs, number, actor)
        return self.get(number)

    def follow(self, number: str) -> OrderView:
        """Ask the courier about an order in transit: delivered → arrived, failed → lost, else unchanged."""
        with self._needs.database.read() as conn:
            order = rows.by_number(conn, number)
            parcels = rows.parcels_of(conn, order["id"]) if order is not None else []
        tracking = [parcel["tracking"] for parcel in parcels if parcel["tracking"]]
        states = {self._needs.logistics.track(each).state for each in tracking}
        if order is not None and order["state"] == OrderState.IN_TRANSIT and states:
            if states == {ShipmentState.DELIVERED}:
                return self.arrived(number, COURIER)
            if states & {ShipmentState.FAILED, ShipmentState.CANCELLED}:
                return self.lost(number, "courier")
        return self.get(number)

    def arrived(self, number: str, actor: str = STAFF) -> OrderView:
        """It lies ready: loans begin, the reader gets the code. At the door it is collected at once."""
        with self._needs.database.begin() as conn:
            order = locked(conn, number)
            return self._seen(conn, arriving.arrived(conn, self._needs, order, self._now(), actor))

    def lost(self, number: str, reason: str, actor: str = COURIER) -> OrderView:
        """The parcel did not come through; its reader is told."""
        with self._needs.database.begin() as conn:
            seen = self._seen(conn, arriving.lost(conn, locked(conn, number), self._now(), reason, actor))
        free_cells(self._needs)
        return seen

    # --- at the point ---

    def collect(self, point_id: str, code: str) -> OrderView:
        """Open the cells and hand over. LendingError code_refused, door_stuck(point_id, cell)."""
        with self._needs.database.read() as conn:
            order = self._coded(conn, point_id, code)
            parcels = rows.parcels_of(conn, order["id"])
        self._open(order, parcels)
        with self._needs.database.begin() as conn:
            order = self._coded(conn, point_id, code)
            order = locked(conn, order["number"])
            row = arriving.valid_code(conn, point_id, code, self._now())
            order = arriving.collect(conn, order, self._now(), proxy=bool(row["proxy"]))
            seen = self._seen(conn, order)
        free_cells(self._needs)
        return seen

    def extend_hold(self, number: str, until: datetime, reason: str, actor: str = STAFF) -> OrderView:
        """Keep an order that lies ready longer; never shorter."""
        with self._needs.database.begin() as conn:
            order = locked(conn, number)
            return self._seen(
                conn, arriving.extend_hold(conn, self._needs, order, until, self._now(), reason, actor)
            )

    def expire_due(self) -> list[str]:
        """Take back every order whose hold is over; their numbers. The timers do the same one by one."""
        with self._needs.database.begin() as conn:
            held = rows.holds_over(conn, OrderState.AVAILABLE, self._now())
            for order in held:
                arriving.expire(conn, self._needs, locked(conn, order["number"]), self._now())
        free_cells(self._needs)
        return [order["number"] for order in held]

    def close(self, number: str) -> OrderView:
        """Every book is back. LendingError illegal_move while one is out."""
        with self._needs.database.begin() as conn:
            order = locked(conn, number)
            if not self.close_if_back(conn, order["id"]):
                state = str(order["state"])
                raise LendingError(
                    Code.ILLEGAL_MOVE, state=state, event=str(OrderEvent.CLOSED), number=number
                )
            return self._seen(conn, rows.by_id(conn, order["id"]))

    def close_if_back(self, conn: Connection, order_id: int) -> bool:
        """For a return's own transaction: close the order when its last book is back. True when it is
        closed.

        Books that came back were in somebody's hands: where nobody told that they were collected (a locker
        that was cut off), it is written now, so that the reader is not said to have missed the pickup.
        """
        order, now = locked(conn, rows.by_id(conn, order_id)["number"]), self._now()
        if order["state"] in HANDED_OUT and self._needs.loans.out_count(conn, order_id) == 0:
            if order["state"] == OrderState.AVAILABLE:
                order = arriving.collect(conn, order, now, proxy=False, actor=SYSTEM)
            order = advance(conn, order, OrderEvent.CLOSED, now, SYSTEM, closed_at=now)
        return bool(order["state"] == OrderState.CLOSED)

    def order_back(self, conn: Connection, order_id: int, at: datetime) -> None:
        """`lending.loans.closing.OrderBack`: the last book of an order is back."""
        self.close_if_back(conn, order_id)

    # --- timers and sweeps ---

    def handlers(self) -> dict[str, Any]:
        """Timer handlers by kind, for `lending.notices.runner.TimerRunner`."""
        return {arriving.HOLD_TIMER: self._hold_over, arriving.REMINDER_TIMER: self._remind}

    def free_cells(self) -> int:
        """Give back cells of orders that are over; run every minute, because timers may not call a locker."""
        return free_cells(self._needs)

    def _hold_over(self, conn: Connection, timer: Timer) -> None:
        order = locked(conn, timer.payload["number"])
        if order["state"] == OrderState.AVAILABLE and order["hold_until"] <= self._now():
            arriving.expire(conn, self._needs, order, self._now())

    def _remind(self, conn: Connection, timer: Timer) -> None:
        arriving.remind(conn, self._needs, locked(conn, timer.payload["number"]), self._now())

    def _coded(self, conn: Connection, point_id: str, code: str) -> Row:
        """The order a code opens."""
        row = arriving.valid_code(conn, point_id, code, self._now())
        return rows.by_id(conn, row["order_id"])

    def _open(self, order: Row, parcels: Collection[Row]) -> None:
        if order["method"] != Method.LOCKER:
            return
        for parcel in parcels:
            if not self._needs.lockers.open(parcel["locker_id"], cell_key(order, parcel["number"])):
                raise LendingError(Code.DOOR_STUCK, point_id=parcel["locker_id"], cell=parcel["cell"])

    def _in(self, conn: Connection, states: Collection[OrderState], limit: int) -> list[Row]:
        return rows.in_states(conn, [str(state) for state in states], limit)

    def _seen(self, conn: Connection, order: Row) -> OrderView:
        return view(conn, self._needs, order)

    def _now(self) -> datetime:
        return self._needs.clock.now()
