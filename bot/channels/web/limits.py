"""How fast one session may speak."""

import math
import time
from collections import OrderedDict

KEPT = 20_000
"""Sessions remembered; the longest silent one is forgotten first, which only lets it speak."""


class RateLimit:
    """A token bucket a key: `rate` a second, `burst` at once. A rate of 0 means no limit."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> int | None:
        """None when allowed, else the seconds to wait."""
        if self._rate <= 0:
            return None
        now = time.monotonic()
        left, then = self._buckets.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - then) * self._rate)
        allowed = left >= 1
        self._buckets[key] = (left - 1 if allowed else left, now)
        if len(self._buckets) > KEPT:
            self._buckets.popitem(last=False)
        return None if allowed else math.ceil((1 - left) / self._rate)
