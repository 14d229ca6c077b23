"""Timers: each runs once, in one transaction with what it does, whoever runs it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest

from lending import notices
from lending.notices import NoticeKind, timers
from lending.notices.runner import LEASE, Handler, TimerRunner
from lending.notices.timers import Timer
from lending.storage.base import Connection, Database
from lending.storage.notices import claim_timers
from tests.fakes.clock import FakeClock

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


def add(database: Database, key: str = "hold:1", due_at: datetime = NOW, kind: str = "hold") -> bool:
    with database.begin() as conn:
        return timers.add(conn, kind, key, due_at, {"number": key})


def writes_a_notice(conn: Connection, timer: Timer) -> None:
    notices.add(conn, 1, NoticeKind.HOLD_EXPIRED, timer.payload, f"{timer.key}:{timer.attempts}")


def told(database: Database) -> list[str]:
    with database.read() as conn:
        return sorted(notice.key for notice in notices.of_reader(conn, 1))


def runner(database: Database, clock: FakeClock, handler: Handler = writes_a_notice) -> TimerRunner:
    return TimerRunner(database, clock, {"hold": handler})


def test_a_due_timer_runs_once(database: Database, clock: FakeClock) -> None:
    add(database)
    assert runner(database, clock).run_due() == 1
    assert runner(database, clock).run_due() == 0
    assert told(database) == ["hold:1:0"]


def test_adding_it_again_changes_nothing_even_after_it_ran(database: Database, clock: FakeClock) -> None:
    assert add(database)
    assert not add(database, due_at=NOW - timedelta(days=1))
    runner(database, clock).run_due()
    assert not add(database)
    assert runner(database, clock).run_due() == 0


def test_a_timer_waits_for_its_time_and_can_be_moved(database: Database, clock: FakeClock) -> None:
    add(database, due_at=NOW + timedelta(hours=1))
    assert runner(database, clock).run_due() == 0
    with database.begin() as conn:
        assert timers.move(conn, "hold:1", NOW)
    assert runner(database, clock).run_due() == 1
    with database.begin() as conn:
        assert not timers.move(conn, "hold:1", NOW)


def test_a_cancelled_timer_never_runs(database: Database, clock: FakeClock) -> None:
    add(database)
    with database.begin() as conn:
        assert timers.get(conn, "hold:1") is not None
        assert timers.cancel(conn, "hold:1")
        assert not timers.cancel(conn, "hold:1")
        assert timers.get(conn, "hold:1") is None
    assert runner(database, clock).run_due() == 0


def fails_after(done: Callable[[Connection, Timer], None]) -> Handler:
    def handler(conn: Connection, timer: Timer) -> None:
        done(conn, timer)
        raise RuntimeError("the locker does not answer")

    return handler


def test_a_failed_run_leaves_nothing_behind_and_comes_again(database: Database, clock: FakeClock) -> None:
    add(database)
    assert runner(database, clock, fails_after(writes_a_notice)).run_due() == 0
    assert told(database) == []
    assert runner(database, clock).run_due() == 0, "it comes again after the back-off"
    clock.forward(seconds=30)
    assert runner(database, clock).run_due() == 1
    assert told(database) == ["hold:1:1"]


def test_one_bad_timer_does_not_stop_the_others(database: Database, clock: FakeClock) -> None:
    add(database, "unknown:1", kind="unknown")
    add(database, "hold:2")
    assert runner(database, clock).run_due() == 1
    assert told(database) == ["hold:2:0"]


def test_a_timer_held_by_a_dead_process_comes_back(database: Database, clock: FakeClock) -> None:
    add(database)
    with database.begin() as conn:
        assert len(claim_timers(conn, NOW, 10, LEASE)) == 1
    assert runner(database, clock).run_due() == 0
    clock.set(NOW + LEASE + timedelta(seconds=1))
    assert runner(database, clock).run_due() == 1


def test_who_lost_the_lease_does_nothing(database: Database, clock: FakeClock) -> None:
    """The handler is slow, its lease ends, another process runs the timer: it is done once."""
    add(database)
    first = runner(database, clock)
    with database.begin() as conn:
        (timer,) = claim_timers(conn, NOW, 10, LEASE)
    clock.set(NOW + LEASE + timedelta(seconds=1))
    assert runner(database, clock).run_due() == 1
    assert not first._run(timer, NOW + LEASE)
    assert told(database) == ["hold:1:0"]


def test_two_runners_at_once_do_each_timer_once(database: Database, clock: FakeClock) -> None:
    keys = [f"hold:{number}" for number in range(20)]
    for key in keys:
        add(database, key)
    start, done = Barrier(2), []

    def run() -> None:
        start.wait()
        done.append(runner(database, clock).run_due())

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == 20
    assert told(database) == sorted(f"{key}:0" for key in keys)


def test_done_by_hand(database: Database) -> None:
    add(database)
    with database.begin() as conn:
        (timer,) = timers.due(conn, NOW)
        assert timers.done(conn, timer.id, NOW)
        assert not timers.done(conn, timer.id, NOW)
        assert timers.due(conn, NOW) == []
