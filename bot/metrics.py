"""What the gateway counts; names and labels are documented in docs/metrics.md."""

import time
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """One registry an application, so that two in one process never mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._turns = Counter(
            "shudi_turns", "Messages answered.", ["channel", "kind", "outcome"], registry=self.registry
        )
        self._turn = Histogram(
            "shudi_turn_seconds", "A whole turn.", ["channel"], buckets=BUCKETS, registry=self.registry
        )
        self._stage = Histogram(
            "shudi_turn_stage_seconds",
            "One stage of a turn.",
            ["stage"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._errors = Counter("shudi_errors", "What went wrong.", ["where"], registry=self.registry)
        self._notices = Counter("shudi_notices", "Notices handed out.", ["outcome"], registry=self.registry)
        self._deliveries = Counter(
            "shudi_deliveries", "Replies handed to platforms.", ["channel", "verdict"], registry=self.registry
        )
        self._undelivered = Gauge(
            "shudi_deliveries_open",
            "Replies not handed over yet.",
            ["channel", "state"],
            registry=self.registry,
        )
        self._depth = Gauge("shudi_queue_depth", "What waits.", ["queue"], registry=self.registry)

    def turn(self, channel: str, kind: str, outcome: str, began: float) -> None:
        """Count one turn. outcome: final | later."""
        self._turns.labels(channel, kind, outcome).inc()
        self._turn.labels(channel).observe(time.perf_counter() - began)

    def stage(self, stage: str, began: float) -> float:
        """Note how long a stage took since `began`; now, to begin the next."""
        now = time.perf_counter()
        self._stage.labels(stage).observe(now - began)
        return now

    def error(self, where: str) -> None:
        """Count a failure. where: turn | dialogue | delivery | sweep | job | notice."""
        self._errors.labels(where).inc()

    def notice(self, outcome: str) -> None:
        """Count a notice. outcome: told | again | undeliverable | declined | stale | given_up."""
        self._notices.labels(outcome).inc()

    def delivery(self, channel: str, verdict: str, count: int = 1) -> None:
        """Count deliveries. verdict: sent | again | held | stopped | refused | passive."""
        self._deliveries.labels(channel, verdict).inc(count)

    def undelivered(self, depths: Iterable[tuple[str, str, int]]) -> None:
        """How many (channel, state) are not handed over. state: waiting | sending | held."""
        self._undelivered.clear()
        for channel, state, count in depths:
            self._undelivered.labels(channel, state).set(count)

    def depth(self, queue: str, size: int) -> None:
        """How many wait in a queue. queue: inbox | notices | polls."""
        self._depth.labels(queue).set(size)

    def text(self) -> bytes:
        """The page of /metrics."""
        return generate_latest(self.registry)
