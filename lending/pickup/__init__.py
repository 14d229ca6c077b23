"""Lockers and branches: where they are, when they are open, whether a cell is free (standard 5.1, 6.1)."""

from lending.pickup.model import PickupPoint, PointKind
from lending.pickup.points import Points

__all__ = ["PickupPoint", "PointKind", "Points"]
