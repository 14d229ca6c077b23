"""Blocking calls off the event loop: one lane of writers, one of readers."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """Small pools. On SQLite one writer: a queue here costs no busy waiting there."""

    def __init__(self, writers: int, readers: int = 4) -> None:
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="bot-write")
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="bot-read")

    async def write(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a transaction that writes."""
        return await asyncio.get_running_loop().run_in_executor(self._writers, lambda: call(*args, **kwargs))

    async def read(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run anything else that blocks."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, lambda: call(*args, **kwargs))

    def close(self) -> None:
        """Let running calls end."""
        self._writers.shutdown(wait=True)
        self._readers.shutdown(wait=True)
