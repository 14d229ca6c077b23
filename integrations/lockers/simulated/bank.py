"""A `LockerBank` on the lending database. A booked cell is a row that a partial unique index lets exist
only once."""

from collections.abc import Sequence
from datetime import datetime

from lending.ports import CellEvent, Clock
from lending.storage import cells as rows
from lending.storage.base import Database

OPENED, CLOSED, TAKEN, PUT_IN, FAULT = "opened", "closed", "taken", "put_in", "fault"


class SimulatedLockers:
    """The lockers of the table `lockers` with the cells of the table `cells`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def free_cells(self, locker_id: str) -> int:
        """0 when the locker is out of service or unknown."""
        with self._database.read() as conn:
            return len(rows.free(conn, locker_id))

    def reserve(self, locker_id: str, key: str, *, low: bool = False) -> str | None:
        """The same key gets the same cell; a rival that was first sends us on to the next cell."""
        with self._database.begin() as conn:
            held = rows.booked(conn, locker_id, key)
            if held is not None:
                return str(held["number"])
            for number in rows.free(conn, locker_id, low=low):
                if rows.book(conn, locker_id, number, key, self._clock.now()):
                    return number
            held = rows.booked(conn, locker_id, key)
            return None if held is None else str(held["number"])

    def release(self, locker_id: str, key: str) -> None:
        """Harmless when the key holds nothing."""
        with self._database.begin() as conn:
            rows.release(conn, locker_id, key, self._clock.now())

    def open(self, locker_id: str, key: str) -> bool:
        """False when the key holds no cell, or its door is broken (a fault event)."""
        with self._database.begin() as conn:
            held = rows.booked(conn, locker_id, key)
            if held is None:
                return False
            what = FAULT if held["broken"] else OPENED
            rows.add_event(conn, locker_id, held["number"], self._clock.now(), what)
            return what == OPENED

    def events(self, locker_id: str, since: datetime) -> Sequence[CellEvent]:
        """What the doors did at or after a moment, oldest first."""
        with self._database.read() as conn:
            found = rows.events_since(conn, locker_id, since)
        return [CellEvent(row["at"], row["locker_id"], row["number"], row["what"]) for row in found]

    # --- what a hand at the door does; the demo's autopilot and tests call it ---

    def shut(self, locker_id: str, key: str, what: str = TAKEN) -> bool:
        """Somebody took something out (`TAKEN`) or put it in (`PUT_IN`) and shut the door."""
        with self._database.begin() as conn:
            held = rows.booked(conn, locker_id, key)
            if held is None:
                return False
            for event in (what, CLOSED):
                rows.add_event(conn, locker_id, held["number"], self._clock.now(), event)
            return True
