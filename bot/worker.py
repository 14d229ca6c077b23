"""The worker: every job again and again through docket, which keeps nothing that the database has not."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot.metrics import Metrics

log = structlog.get_logger(__name__)
START_AGAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Task:
    """A job as a coroutine function."""

    name: str
    seconds: float
    run: Callable[[], Awaitable[object]]


class Worker:
    """Runs tasks on docket: `memory://` in this process, or Redis, where one replica at a time runs each."""

    def __init__(self, tasks: Sequence[Task], metrics: Metrics, redis_url: str = "") -> None:
        self._tasks = tasks
        self._metrics = metrics
        self._url = redis_url or "memory://shudi"
        self._running: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        """Begin in the background."""
        self._running = asyncio.create_task(self._keep_running(), name="worker")

    async def stop(self) -> None:
        """End; what was due stays due."""
        self._stopping = True
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running

    async def _keep_running(self) -> None:
        while not self._stopping:
            try:
                await self._run()
            except Exception as error:
                log.exception("worker_broke", error=type(error).__name__)
                await asyncio.sleep(START_AGAIN_SECONDS)

    async def _run(self) -> None:
        from docket import Docket
        from docket import Worker as DocketWorker

        async with Docket(name="shudi", url=self._url) as docket:
            for task in self._tasks:
                docket.register(self._perpetual(task))
            async with DocketWorker(
                docket,
                minimum_check_interval=timedelta(milliseconds=200),
                scheduling_resolution=timedelta(milliseconds=200),
            ) as worker:
                await worker.run_forever()

    def _perpetual(self, task: Task) -> Callable[..., Awaitable[None]]:
        from docket import Perpetual

        again = Perpetual(every=timedelta(seconds=task.seconds), automatic=True)

        async def job(perpetual: Perpetual = again) -> None:
            await self.once(task)

        job.__name__ = job.__qualname__ = task.name
        return job

    async def once(self, task: Task) -> None:
        """One run; a failure is counted and the next run tries again."""
        try:
            await task.run()
        except Exception:
            self._metrics.error("job")
            log.exception("job_failed", job=task.name)
