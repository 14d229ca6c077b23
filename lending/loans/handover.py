"""What a return needs outside the library: a courier at the door, cells of a locker, a drop code."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Protocol

from lending.calendar import CHINA, end_of_day, local
from lending.errors import Code, LendingError
from lending.loans.model import LoanView, ReturnMethod
from lending.loans.windows import next_windows
from lending.pickup.model import PickupPoint, PointKind
from lending.pickup.points import Points
from lending.policy import Policy
from lending.ports import Clock, LockerBank, Logistics, Place, Scan
from lending.readers.model import Address, AddressDetail, Reader
from lending.storage import codes
from lending.storage import loans as loan_rows
from lending.storage import returns as rows
from lending.storage.base import Connection, Database


class AddressBook(Protocol):
    """Readers' addresses, as returns use them."""

    def addresses(self, reader_id: int) -> Sequence[Address]: ...

    def address_detail(self, address_id: int) -> AddressDetail: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What was arranged under `key`, before the return is written."""

    key: str
    method: ReturnMethod
    point_id: str | None = None
    address_id: int | None = None
    window: str | None = None
    cells: int = 0
    tracking: str | None = None
    fee_fen: int = 0
    expires_at: datetime | None = None


class Handover:
    """Arranges, opens, and lets go again. Every call outside carries the return's key."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        policy: Policy,
        points: Points,
        lockers: LockerBank,
        logistics: Logistics,
        addresses: AddressBook,
    ) -> None:
        self._database = database
        self._clock = clock
        self._policy = policy
        self._points = points
        self._lockers = lockers
        self._logistics = logistics
        self._addresses = addresses

    def plan(
        self,
        reader: Reader,
        loans: Sequence[LoanView],
        method: ReturnMethod,
        point_id: str | None,
        address_id: int | None,
        window: str | None,
        key: str,
    ) -> Plan:
        """LendingError unknown_point, point_closed(name), locker_full(name), address_not_found."""
        days = timedelta(days=self._policy.returns.drop_code_valid_days)
        plan = Plan(key, method, expires_at=end_of_day(local(self._clock.now() + days).date()))
        if method is ReturnMethod.HOME:
            return self._courier(plan, reader, loans, address_id, window)
        point = self._point(method, point_id)
        plan = replace(plan, point_id=point.id)
        return self._cells(plan, reader, point, len(loans)) if method is ReturnMethod.LOCKER else plan

    def call_off(self, plan: Plan) -> None:
        """Nothing came of it."""
        if plan.tracking is not None:
            self._logistics.cancel(plan.tracking)
        self._let_go(plan.point_id, plan.key, plan.cells)

    def release(self, row: rows.Row) -> None:
        """The return is over: its cells are free again."""
        self._let_go(row["point_id"], row["nonce"], row["cells"])
        if row["cells"]:
            with self._database.begin() as conn:
                rows.change_return(conn, row["id"], cells=0)

    def stays_away(self, row: rows.Row) -> bool:
        """Whether no courier comes any more: none was called, or the courier takes it back."""
        return row["tracking"] is None or self._logistics.cancel(row["tracking"])

    def call_back(self, row: rows.Row) -> None:
        """The reader keeps the books: the courier stays away, the cells are free."""
        if row["tracking"] is not None:
            self._logistics.cancel(row["tracking"])
        self.release(row)

    def open(self, row: rows.Row) -> None:
        """Open every cell of a return. LendingError door_stuck(point_id, cell)."""
        for cell in _cell_keys(row["nonce"], row["cells"]):
            if not self._lockers.open(row["point_id"], cell):
                number = self._lockers.reserve(row["point_id"], cell)
                raise LendingError(Code.DOOR_STUCK, point_id=row["point_id"], cell=number)

    def scans(self, tracking: str) -> Sequence[Scan]:
        """What the courier noted, oldest first."""
        return self._logistics.track(tracking).scans

    def new_code(self, conn: Connection, point_id: str) -> str:
        """Digits that open nothing else at this locker."""
        digits = self._policy.pickup.code_digits
        while True:
            code = "".join(secrets.choice("0123456789") for _ in range(digits))
            if codes.active(conn, point_id, code) is None:
                return code

    # --- inside ---

    def _courier(
        self,
        plan: Plan,
        reader: Reader,
        loans: Sequence[LoanView],
        address_id: int | None,
        window: str | None,
    ) -> Plan:
        if address_id is None or all(one.id != address_id for one in self._addresses.addresses(reader.id)):
            raise LendingError(Code.ADDRESS_NOT_FOUND)
        free = next_windows(self._policy, self._clock.now(), count=6)
        window = window if window in free else free[0]
        there = self._addresses.address_detail(address_id)
        start = Place(
            "home", str(address_id), f"{there.district}{there.street}", there.recipient, there.phone
        )
        end = Place("branch", self._home_branch(loans[0].id))
        shipment = self._logistics.pick_up_return(start, end, len(loans), window, f"return:{plan.key}")
        fee = self._policy.return_fee(len(loans), reader.kind)
        tracking, expires = shipment.tracking, self._after(window)
        return replace(
            plan, address_id=address_id, window=window, tracking=tracking, fee_fen=fee, expires_at=expires
        )

    def _after(self, window: str) -> datetime:
        """A courier who has not come by then will not come."""
        day = datetime.combine(date.fromisoformat(window.partition(" ")[0]), time(0), CHINA).date()
        return end_of_day(day + timedelta(days=self._policy.returns.drop_code_valid_days))

    def _home_branch(self, loan_id: int) -> str:
        with self._database.read() as conn:
            row = loan_rows.loan(conn, loan_id)
        return "" if row is None else str(row["branch_id"])

    def _point(self, method: ReturnMethod, point_id: str | None) -> PickupPoint:
        point = self._points.get(point_id or "")
        wanted = PointKind.LOCKER if method is ReturnMethod.LOCKER else PointKind.BRANCH
        if point.kind is not wanted:
            raise LendingError(Code.UNKNOWN_POINT)
        if point.closed:
            raise LendingError(Code.POINT_CLOSED, name=point.name)
        return point

    def _cells(self, plan: Plan, reader: Reader, point: PickupPoint, volumes: int) -> Plan:
        """A cell for each parcel of volumes, all or none; cells that orders count on are left to them."""
        count, low = self._policy.parcels(volumes), self._policy.for_kind(reader.kind).low_cells
        if point.free_cells is not None and point.free_cells < count:
            raise LendingError(Code.LOCKER_FULL, name=point.name)
        for cell in _cell_keys(plan.key, count):
            if self._lockers.reserve(point.id, cell, low=low) is None:
                self._let_go(point.id, plan.key, count)
                raise LendingError(Code.LOCKER_FULL, name=point.name)
        return replace(plan, cells=count)

    def _let_go(self, point_id: str | None, key: str, cells: int) -> None:
        for cell in _cell_keys(key, cells):
            self._lockers.release(point_id or "", cell)


def _cell_keys(key: str, cells: int) -> list[str]:
    return [f"return:{key}:{number}" for number in range(cells)]
