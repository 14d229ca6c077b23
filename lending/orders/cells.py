"""Cells of lockers that orders hold: reserved at packing, given back when the order ends.

The locker may be on a network, so it is never asked inside a transaction. What must be given back stands in
the rows
of parcels (`locker_id`, `cell_freed_at`), so that a crash between the two loses no cell: `free_cells` finds
it later.
"""

from collections.abc import Sequence

from lending.orders.needs import Needs
from lending.orders.record import cell_key
from lending.orders.states import ENDED, OrderState
from lending.ports import PortUnavailable
from lending.storage import orders as rows
from lending.storage.orders import Row

EMPTY_IN = frozenset({*ENDED, OrderState.COLLECTED})
"""In these states an order needs no cell any more."""


def reserve_all(needs: Needs, order: Row, parcels: Sequence[Row], *, low: bool) -> dict[int, str] | None:
    """A cell for every parcel, by parcel id; None (and nothing held) when one finds none. Asking again is
    safe."""
    cells: dict[int, str] = {}
    for parcel in parcels:
        cell = needs.lockers.reserve(parcel["locker_id"], cell_key(order, parcel["number"]), low=low)
        if cell is None:
            release_all(needs, order, parcels)
            return None
        cells[parcel["id"]] = cell
    return cells


def release_all(needs: Needs, order: Row, parcels: Sequence[Row]) -> None:
    """Give back every cell of these parcels; harmless when they hold none."""
    for parcel in parcels:
        if parcel["locker_id"] is not None:
            needs.lockers.release(parcel["locker_id"], cell_key(order, parcel["number"]))


def free_cells(needs: Needs) -> int:
    """Give back the cells of orders that are over; how many parcels it freed. The worker calls it every
    minute too."""
    with needs.database.read() as conn:
        left = rows.parcels_to_free(conn, EMPTY_IN)
    freed = [parcel for parcel in left if _freed(needs, parcel)]
    if freed:
        with needs.database.begin() as conn:
            for parcel in freed:
                rows.change_parcel(conn, parcel["id"], cell_freed_at=needs.clock.now())
    return len(freed)


def _freed(needs: Needs, parcel: Row) -> bool:
    """`parcel` carries its order's number as order_number. False when the locker does not answer now."""
    key = f"order:{parcel['order_number']}:{parcel['number']}"
    try:
        needs.lockers.release(parcel["locker_id"], key)
    except PortUnavailable:
        return False
    return True
