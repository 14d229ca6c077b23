"""`Logistics` in memory; remembers what was asked of it."""

from dataclasses import replace

from lending.ports import Clock, Place, PortUnavailable, Scan, Shipment, ShipmentState


class FakeLogistics:
    """`down` makes every call fail as an unreachable system does. `asked` holds (key, start, end, volumes,
    window)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_key: dict[str, str] = {}
        self._shipments: dict[str, Shipment] = {}
        self.asked: list[tuple[str, Place, Place, int, str]] = []
        self.down = False

    def quote(self, start: Place, end: Place, volumes: int) -> int:
        self._reach()
        return 600 + 100 * max(0, volumes - 3)

    def ship(self, start: Place, end: Place, volumes: int, key: str) -> Shipment:
        return self._book(start, end, volumes, "", key)

    def pick_up_return(self, start: Place, end: Place, volumes: int, window: str, key: str) -> Shipment:
        return self._book(start, end, volumes, window, key)

    def cancel(self, tracking: str) -> bool:
        self._reach()
        state = self._shipments[tracking].state
        if state is ShipmentState.BOOKED:
            self.scan(tracking, ShipmentState.CANCELLED)
        return state in (ShipmentState.BOOKED, ShipmentState.CANCELLED)

    def track(self, tracking: str) -> Shipment:
        self._reach()
        return self._shipments[tracking]

    def scan(self, tracking: str, state: ShipmentState, where: str = "") -> Shipment:
        """The courier's hand."""
        known = self._shipments[tracking]
        if known.state is not state:
            scans = (*known.scans, Scan(self._clock.now(), state, where))
            self._shipments[tracking] = replace(known, state=state, scans=scans)
        return self._shipments[tracking]

    def _book(self, start: Place, end: Place, volumes: int, window: str, key: str) -> Shipment:
        self._reach()
        if key not in self._by_key:
            tracking = f"F{len(self._by_key) + 1:06d}"
            self._by_key[key] = tracking
            first = Scan(self._clock.now(), ShipmentState.BOOKED, start.id)
            self._shipments[tracking] = Shipment(tracking, ShipmentState.BOOKED, (first,))
            self.asked.append((key, start, end, volumes, window))
        return self._shipments[self._by_key[key]]

    def _reach(self) -> None:
        if self.down:
            raise PortUnavailable("the courier does not answer")
