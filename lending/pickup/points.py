"""The directory of lockers and branches, with the cells an order could still be promised (standard 5.1,
6.1.1)."""

import math
from collections.abc import Iterable
from dataclasses import replace

from lending.calendar import OpeningHours
from lending.errors import Code, LendingError
from lending.orders.states import UNPACKED
from lending.pickup.model import PickupPoint, PointKind
from lending.pickup.places import Fold, Named, PlaceNames, Sound
from lending.ports import LockerBank
from lending.storage import orders as order_rows
from lending.storage import pickup as rows
from lending.storage.base import Connection, Database
from lending.storage.orders import Row

EARTH_KM = 6371.0
ALIAS_MARK = ";"


def distance_km(from_lat: float, from_lon: float, to_lat: float, to_lon: float) -> float:
    """Great-circle distance of two positions in the same system, by the haversine formula."""
    north, east = math.radians(to_lat - from_lat), math.radians(to_lon - from_lon)
    flat = math.cos(math.radians(from_lat)) * math.cos(math.radians(to_lat))
    half = math.sin(north / 2) ** 2 + flat * math.sin(east / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


class Points:
    """Lockers and branches. `fold` evens out width, case and traditional characters; `sound` gives pinyin
    syllables
    parted by spaces. `free_cells` is what the locker reports less the parcels already heading there without
    a cell."""

    def __init__(
        self, database: Database, lockers: LockerBank, fold: Fold = str.casefold, sound: Sound = str
    ) -> None:
        self._database = database
        self._lockers = lockers
        self._fold, self._sound = fold, sound
        self._named: tuple[tuple[Named, ...], PlaceNames] | None = None

    def all(self, kind: PointKind | str | None = None) -> list[PickupPoint]:
        """Every locker, then every branch, closed and full ones too (see `PickupPoint.usable`)."""
        with self._database.read() as conn:
            found = self._places(conn)
        return self._with_room([point for point in found if kind is None or point.kind == kind])

    def get(self, point_id: str) -> PickupPoint:
        """LendingError unknown_point."""
        with self._database.read() as conn:
            point = self._one(conn, point_id)
        return self._with_room([point])[0]

    def look(self, conn: Connection, point_id: str) -> PickupPoint:
        """As `get`, in the caller's transaction and without asking the locker for its cells."""
        return self._one(conn, point_id)

    def near(
        self, lat: float, lon: float, kind: PointKind | str | None = PointKind.LOCKER, limit: int = 5
    ) -> list[PickupPoint]:
        """Usable points by distance from a GCJ-02 position, nearest first, with `distance_km`."""
        usable = [point for point in self.all(kind) if point.usable]
        far = [replace(p, distance_km=distance_km(lat, lon, p.latitude, p.longitude)) for p in usable]
        return sorted(far, key=lambda point: (point.distance_km or 0.0, point.id))[:limit]

    def named(self, text: str) -> list[PickupPoint]:
        """Points that a sentence names (name, alias, address or sound), best first; also full and closed
        ones."""
        with self._database.read() as conn:
            places = {point.id: point for point in self._places(conn)}
            found = [places[point_id] for point_id in self._names(conn).spot(text)]
        return self._with_room(found)

    def last_used(self, reader_id: int) -> PickupPoint | None:
        """Where the reader last had books sent; None when never, or when the place is gone."""
        with self._database.read() as conn:
            point_id = order_rows.last_point(conn, reader_id)
            found = [point for point in self._places(conn) if point.id == point_id]
        return self._with_room(found)[0] if found else None

    def room(self, conn: Connection, point: PickupPoint, reported: int, without: int | None = None) -> int:
        """Cells that may still be promised, of those a locker reports free. `without`: an order left out of
        account."""
        return max(0, reported - order_rows.heading_parcels(conn, point.id, UNPACKED, without))

    def reported(self, point: PickupPoint) -> int:
        """Free cells as the locker says; 0 when it is closed. May go over the network: not inside a
        transaction."""
        return 0 if point.closed else self._lockers.free_cells(point.id)

    def _with_room(self, points: list[PickupPoint]) -> list[PickupPoint]:
        """With the free cells of lockers. The lockers are asked while no connection is held."""
        reported = {point.id: self.reported(point) for point in points if point.kind is PointKind.LOCKER}
        if not reported:
            return points
        with self._database.read() as conn:
            room = {
                point.id: self.room(conn, point, reported[point.id])
                for point in points
                if point.id in reported
            }
        return [replace(point, free_cells=room.get(point.id)) for point in points]

    def _one(self, conn: Connection, point_id: str) -> PickupPoint:
        if (locker := rows.find_locker(conn, point_id)) is not None:
            return _point(locker, PointKind.LOCKER)
        if (branch := rows.find_branch(conn, point_id)) is not None:
            return _point(branch, PointKind.BRANCH)
        raise LendingError(Code.UNKNOWN_POINT)

    def _places(self, conn: Connection) -> list[PickupPoint]:
        lockers = [_point(row, PointKind.LOCKER) for row in rows.all_lockers(conn)]
        return lockers + [_point(row, PointKind.BRANCH) for row in rows.all_branches(conn)]

    def _names(self, conn: Connection) -> PlaceNames:
        """The prepared names, made again only when a name or address changed."""
        now = tuple(_spoken(rows.all_lockers(conn), PointKind.LOCKER))
        now += tuple(_spoken(rows.all_branches(conn), PointKind.BRANCH))
        if self._named is None or self._named[0] != now:
            self._named = (now, PlaceNames(now, self._fold, self._sound))
        return self._named[1]


def _point(row: Row, kind: PointKind) -> PickupPoint:
    hours = OpeningHours.parse(row["hours"])
    where = {name: row[name] for name in ("id", "name", "address", "latitude", "longitude", "closed")}
    return PickupPoint(kind=kind, hours=hours, open_hours=hours.text(), **where)


def _spoken(found: Iterable[Row], kind: PointKind) -> Iterable[Named]:
    for row in found:
        aliases = tuple(alias.strip() for alias in row["aliases"].split(ALIAS_MARK) if alias.strip())
        yield Named(row["id"], kind, (row["name"], *aliases), row["address"])
