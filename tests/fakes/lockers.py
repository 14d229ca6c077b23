"""`LockerBank` in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from lending.ports import CellEvent, Clock


class FakeLockers:
    """`cells`: for each locker its cells, True for a low one. `closed` and `broken` are set by tests."""

    def __init__(self, clock: Clock, cells: Mapping[str, Mapping[str, bool]]) -> None:
        self._clock = clock
        self._cells = {locker: dict(numbers) for locker, numbers in cells.items()}
        self._held: dict[tuple[str, str], str] = {}
        self._events: list[CellEvent] = []
        self.closed: set[str] = set()
        self.broken: set[tuple[str, str]] = set()

    def free_cells(self, locker_id: str) -> int:
        return len(self._free(locker_id))

    def reserve(self, locker_id: str, key: str, *, low: bool = False) -> str | None:
        held = self._held.get((locker_id, key))
        if held is not None:
            return held
        free = sorted(
            self._free(locker_id), key=lambda number: (self._cells[locker_id][number] != low, number)
        )
        if not free:
            return None
        self._held[locker_id, key] = free[0]
        return free[0]

    def release(self, locker_id: str, key: str) -> None:
        self._held.pop((locker_id, key), None)

    def open(self, locker_id: str, key: str) -> bool:
        number = self._held.get((locker_id, key))
        if number is None:
            return False
        works = (locker_id, number) not in self.broken
        self._events.append(CellEvent(self._clock.now(), locker_id, number, "opened" if works else "fault"))
        return works

    def events(self, locker_id: str, since: datetime) -> Sequence[CellEvent]:
        return [event for event in self._events if event.locker_id == locker_id and event.at >= since]

    def _free(self, locker_id: str) -> list[str]:
        if locker_id in self.closed:
            return []
        held = {number for (locker, _), number in self._held.items() if locker == locker_id}
        usable = [
            number for number in self._cells.get(locker_id, {}) if (locker_id, number) not in self.broken
        ]
        return [number for number in usable if number not in held]
