"""A `Logistics` on the lending database. Somebody (staff, the demo's autopilot) says each scan with `scan`.

Of the ends of a journey only kind and id are kept: a reader's name and address go past, not in (4.3).
"""

from dataclasses import dataclass

from lending.ports import Clock, Place, Scan, Shipment, ShipmentState
from lending.storage import shipments as rows
from lending.storage.base import Connection, Database

BASE_FEN, EXTRA_FEN, BASE_VOLUMES = 600, 100, 3
"""What the courier charges the library: up to `BASE_VOLUMES`, and for each volume more."""

OUT, RETURN = "out", "return"

_S = ShipmentState
NEXT = {
    _S.BOOKED: {_S.PICKED_UP, _S.IN_TRANSIT, _S.DELIVERED, _S.FAILED, _S.CANCELLED},
    _S.PICKED_UP: {_S.IN_TRANSIT, _S.DELIVERED, _S.FAILED},
    _S.IN_TRANSIT: {_S.DELIVERED, _S.FAILED},
}
"""Which scans may follow; a state not named is final."""


@dataclass(frozen=True, slots=True)
class Job:
    """A shipment that is not finished, as the one who drives sees it."""

    tracking: str
    direction: str
    state: ShipmentState
    start: Place
    end: Place
    volumes: int
    key: str


class LocalCourier:
    """Books once for each key, and remembers every scan."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def quote(self, start: Place, end: Place, volumes: int) -> int:
        """By volumes alone."""
        return BASE_FEN + max(0, volumes - BASE_VOLUMES) * EXTRA_FEN

    def ship(self, start: Place, end: Place, volumes: int, key: str) -> Shipment:
        """Book a way out to a reader."""
        return self._book(OUT, start, end, volumes, "", key)

    def pick_up_return(self, start: Place, end: Place, volumes: int, window: str, key: str) -> Shipment:
        """Book a way back from a reader, in a window as the policy writes it."""
        return self._book(RETURN, start, end, volumes, window, key)

    def cancel(self, tracking: str) -> bool:
        """Only before the courier has it; cancelled twice is once."""
        with self._database.begin() as conn:
            row = _known(rows.by_tracking(conn, tracking, lock=True), tracking)
            if row["state"] == _S.BOOKED:
                self._move(conn, row, _S.CANCELLED, "")
                return True
            return bool(row["state"] == _S.CANCELLED)

    def track(self, tracking: str) -> Shipment:
        """KeyError for a number that is not ours."""
        with self._database.read() as conn:
            return _shipment(conn, _known(rows.by_tracking(conn, tracking), tracking))

    def scan(self, tracking: str, state: ShipmentState, where: str = "") -> Shipment:
        """The courier's hand: note where it is. The same state again changes nothing; ValueError for a way
        back."""
        with self._database.begin() as conn:
            row = _known(rows.by_tracking(conn, tracking, lock=True), tracking)
            if row["state"] != state:
                if state not in NEXT.get(ShipmentState(row["state"]), set()):
                    raise ValueError(f"{tracking} is {row['state']}: it cannot be scanned {state}")
                self._move(conn, row, state, where)
            return _shipment(conn, _known(rows.by_tracking(conn, tracking), tracking))

    def under_way(self) -> list[Job]:
        """What is booked and not finished, oldest first."""
        with self._database.read() as conn:
            return [_job(row) for row in rows.in_states(conn, [str(state) for state in NEXT])]

    def _book(
        self, direction: str, start: Place, end: Place, volumes: int, window: str, key: str
    ) -> Shipment:
        now = self._clock.now()
        values = {
            "key": key,
            "tracking": key,
            "direction": direction,
            "state": _S.BOOKED,
            "start_kind": start.kind,
            "start_id": start.id,
            "end_kind": end.kind,
            "end_id": end.id,
            "volumes": volumes,
            "window": window,
            "booked_at": now,
        }
        with self._database.begin() as conn:
            booked = rows.insert(conn, values)
            if booked is not None:
                rows.change(conn, booked, tracking=f"SD{now:%y%m%d}{booked:06d}")
                rows.add_scan(conn, booked, now, _S.BOOKED, start.id)
            return _shipment(conn, _known(rows.by_key(conn, key), key))

    def _move(self, conn: Connection, row: rows.Row, state: ShipmentState, where: str) -> None:
        rows.change(conn, row["id"], state=state)
        rows.add_scan(conn, row["id"], self._clock.now(), state, where)


def _known(row: rows.Row | None, tracking: str) -> rows.Row:
    if row is None:
        raise KeyError(tracking)
    return row


def _shipment(conn: Connection, row: rows.Row) -> Shipment:
    scans = rows.scans_of(conn, row["id"])
    told = tuple(Scan(scan["at"], ShipmentState(scan["state"]), scan["place"]) for scan in scans)
    return Shipment(row["tracking"], ShipmentState(row["state"]), told)


def _job(row: rows.Row) -> Job:
    start, end = Place(row["start_kind"], row["start_id"]), Place(row["end_kind"], row["end_id"])
    state = ShipmentState(row["state"])
    return Job(row["tracking"], row["direction"], state, start, end, row["volumes"], row["key"])
