"""Plays staff, courier, locker and counter in the demo, so that an order moves by itself.

Each `tick` moves every open order and return at most one step, when it has been where it is long enough.
All it knows stands in the database, so it goes on after a restart, and two of them do no harm.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from lending.errors import Code, LendingError
from lending.library import Library
from lending.loans.model import ReturnMethod, ReturnState
from lending.orders.states import LineState, OrderState
from lending.ports import Shipment, ShipmentState
from lending.storage import orders as order_rows
from lending.storage import returns as return_rows
from lending.storage.orders import Row

log = logging.getLogger(__name__)

PACE_SECONDS = 100.0
"""From placed to available, if nothing else is said."""
COLLECT_AFTER = 3.0
"""Times the pace that an order lies ready before the autopilot fetches it for the reader (five minutes)."""
REST = timedelta(seconds=60)
"""How long something that went wrong is left alone."""
PLAYER = "demo"

_OPEN_ORDERS = (
    OrderState.PLACED,
    OrderState.PICKING,
    OrderState.PACKED,
    OrderState.IN_TRANSIT,
    OrderState.AVAILABLE,
)


class Courier(Protocol):
    """The hand that scans (`integrations.logistics.local`); other couriers scan for themselves."""

    def scan(self, tracking: str, state: ShipmentState, where: str = "") -> Shipment: ...


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to a thing that has been like this `since`, after that share of the pace."""

    since: datetime
    share: float
    act: Callable[[], object]


@dataclass
class Autopilot:
    """`tick(now)` every two seconds. `pace_seconds`: how long an order takes from placed to available.

    Without `courier` (a real courier is wired) shipments are left to those who really drive them.
    """

    library: Library
    courier: Courier | None = None
    pace_seconds: float = PACE_SECONDS
    _resting: dict[str, datetime] = field(default_factory=dict)

    def tick(self, now: datetime) -> int:
        """Move what is due; how many steps were made. What fails is logged and left alone for a minute."""
        self._resting = {number: until for number, until in self._resting.items() if until > now}
        with self.library.database.read() as conn:
            orders = order_rows.in_states(conn, [str(state) for state in _OPEN_ORDERS])
            returns = return_rows.in_states(conn, [ReturnState.BOOKED, ReturnState.HANDED_OVER])
        moved = [self._try(self._order_step, row, now) for row in orders]
        moved += [self._try(self._return_step, row, now) for row in returns]
        return sum(moved)

    def _try(self, next_step: Callable[[Row], Step | None], row: Row, now: datetime) -> bool:
        number = row["number"]
        if number in self._resting:
            return False
        try:
            step = next_step(row)
            if step is None or now < step.since + timedelta(seconds=step.share * self.pace_seconds):
                return False
            step.act()
        except LendingError as refused:
            self._rest(number, now)
            level = logging.DEBUG if refused.code is Code.ILLEGAL_MOVE else logging.WARNING
            log.log(level, "autopilot: %s stays where it is: %s", number, refused.code)
            return False
        except Exception:
            self._rest(number, now)
            log.exception("autopilot: %s stays where it is", number)
            return False
        return True

    def _rest(self, number: str, now: datetime) -> None:
        self._resting[number] = now + REST

    # --- orders ---

    def _order_step(self, order: Row) -> Step | None:
        number, house = order["number"], self.library.fulfilment
        match OrderState(order["state"]):
            case OrderState.PLACED:
                return Step(order["placed_at"], 0.08, lambda: house.receive(number, PLAYER))
            case OrderState.PICKING if order["found_at"] is None:
                return Step(order["received_at"], 0.22, lambda: self._find(number))
            case OrderState.PICKING:
                return Step(order["found_at"], 0.15, lambda: self._pack(number))
            case OrderState.PACKED:
                return Step(order["packed_at"], 0.15, lambda: self._dispatch(order))
            case OrderState.IN_TRANSIT:
                return Step(order["shipped_at"], 0.35, lambda: self._arrive(order))
            case OrderState.AVAILABLE:
                return Step(order["available_at"], COLLECT_AFTER, lambda: self._collect(order))
            case _:
                return None

    def _find(self, number: str) -> None:
        for line in self.library.fulfilment.get(number).lines:
            if line.state is LineState.REQUESTED:
                self.library.fulfilment.found(number, line.id, PLAYER)

    def _pack(self, number: str) -> None:
        packed = self.library.fulfilment.pack(number, PLAYER)
        if packed.state is OrderState.PICKING:  # the locker is full: its reader has been asked for another
            self._rest(number, self.library.clock.now())

    def _dispatch(self, order: Row) -> None:
        self.library.fulfilment.dispatch(order["number"], PLAYER)
        self._scan(order, ShipmentState.PICKED_UP)

    def _arrive(self, order: Row) -> None:
        if self._scan(order, ShipmentState.DELIVERED):
            self.library.fulfilment.follow(order["number"])
        elif order["point_id"] is not None and not self._tracking(order):
            self.library.fulfilment.arrived(order["number"], PLAYER)

    def _scan(self, order: Row, state: ShipmentState) -> bool:
        """Whether there was something to scan, and somebody to do it."""
        tracking = self._tracking(order)
        if self.courier is None:
            return False
        for each in tracking:
            self.courier.scan(each, state)
        return bool(tracking)

    def _tracking(self, order: Row) -> list[str]:
        with self.library.database.read() as conn:
            parcels = order_rows.parcels_of(conn, order["id"])
        return [parcel["tracking"] for parcel in parcels if parcel["tracking"]]

    def _collect(self, order: Row) -> None:
        seen = self.library.fulfilment.get(order["number"])
        if seen.pickup_code is not None and seen.pickup_point is not None:
            self.library.fulfilment.collect(seen.pickup_point.id, seen.pickup_code)

    # --- returns ---

    def _return_step(self, row: Row) -> Step | None:
        number, returns = row["number"], self.library.returns
        if row["state"] == ReturnState.HANDED_OVER:
            return Step(row["handed_over_at"], 0.4, lambda: self._bring_back(row))
        match ReturnMethod(row["method"]):
            case ReturnMethod.HOME:
                return Step(row["started_at"], 0.4, lambda: self._fetch(row))
            case ReturnMethod.LOCKER:
                return Step(row["started_at"], 0.6, lambda: returns.drop(row["point_id"], row["code"]))
            case ReturnMethod.BRANCH:
                return Step(row["started_at"], 0.6, lambda: returns.complete(number))

    def _fetch(self, row: Row) -> None:
        if self.courier is not None and row["tracking"]:
            self.courier.scan(row["tracking"], ShipmentState.PICKED_UP)
            self.library.returns.sync(row["number"])

    def _bring_back(self, row: Row) -> None:
        if row["tracking"] and self.courier is not None:
            self.courier.scan(row["tracking"], ShipmentState.DELIVERED)
        self.library.returns.complete(row["number"])
