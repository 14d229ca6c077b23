"""A place where readers take or give back books."""

from dataclasses import dataclass
from enum import StrEnum

from lending.calendar import OpeningHours


class PointKind(StrEnum):
    """What stands there."""

    LOCKER = "locker"
    BRANCH = "branch"


@dataclass(frozen=True, slots=True)
class PickupPoint:
    """A locker or a branch. Position in degrees GCJ-02; `open_hours` in the notation of `OpeningHours`.

    free_cells: cells an order could still be promised (None at a branch). distance_km: only from `near`.
    """

    id: str
    kind: PointKind
    name: str
    address: str
    latitude: float
    longitude: float
    hours: OpeningHours
    open_hours: str
    free_cells: int | None = None
    closed: bool = False
    distance_km: float | None = None

    @property
    def usable(self) -> bool:
        """An order can be sent there now."""
        return not self.closed and self.free_cells != 0
