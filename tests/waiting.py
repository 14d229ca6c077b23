"""Waiting for something to become true, without sleeping through a fixed time."""

import asyncio
import threading
import time
from collections.abc import Callable

_TICK = threading.Event()
"""Never set: waiting on it yields the processor for one tick."""


def wait_until(predicate: Callable[[], object], timeout: float = 10.0, what: str = "") -> None:
    """Return as soon as the predicate is true; AssertionError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not predicate():
        if time.monotonic() > deadline:
            raise AssertionError(f"not true after {timeout} s: {what or predicate}")
        _TICK.wait(0.01)


async def eventually(predicate: Callable[[], object], seconds: float = 10.0, what: str = "") -> None:
    """`wait_until` for async tests: the event loop goes on meanwhile."""
    deadline = time.monotonic() + seconds
    while not predicate():
        if time.monotonic() > deadline:
            raise AssertionError(f"not true after {seconds} s: {what or predicate}")
        await asyncio.sleep(0.01)
