"""The worker does its jobs again and again, whatever becomes of one of them."""

from bot.deps import Job
from bot.metrics import Metrics
from bot.worker import Task, Worker
from lending.storage.base import Database
from tests.bot.gateway import running
from tests.waiting import eventually


async def done_twice(url: str) -> None:
    runs: dict[str, int] = {"good": 0, "bad": 0}

    async def good() -> None:
        runs["good"] += 1

    async def bad() -> None:
        runs["bad"] += 1
        raise RuntimeError("never mind")

    metrics = Metrics()
    worker = Worker([Task("good", 0.1, good), Task("bad", 0.1, bad)], metrics, url)
    await worker.start()
    await eventually(lambda: min(runs.values()) > 1)
    await worker.stop()
    assert b'shudi_errors_total{where="job"}' in metrics.text()


async def test_embedded() -> None:
    await done_twice("")


async def test_on_redis(redis_url: str) -> None:
    await done_twice(redis_url)


async def test_jobs_of_the_wiring_are_done(database: Database) -> None:
    done: list[int] = []
    async with running(database, worker=True, jobs=(Job("timers", 0.1, lambda: done.append(1)),)):
        await eventually(lambda: len(done) > 1)
