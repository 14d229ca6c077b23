"""Notices: told once, committed with their cause, tried again a bounded number of times."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from lending import notices
from lending.notices import NoticeKind
from lending.notices.outbox import LEASE, MAX_ATTEMPTS, backoff
from lending.storage.base import Database

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def add(database: Database, key: str, due_at: datetime | None = None, reader_id: int | None = 1) -> bool:
    with database.begin() as conn:
        facts = {"number": key}
        return notices.add(conn, reader_id, NoticeKind.ORDER_FOUND, facts, key, due_at, conversation_id="c1")


def due(database: Database, now: datetime = NOW) -> list[str]:
    with database.read() as conn:
        return [notice.key for notice in notices.due(conn, now)]


def test_the_same_key_is_told_once(database: Database) -> None:
    assert add(database, "order_found:1")
    assert not add(database, "order_found:1")
    assert due(database) == ["order_found:1"]


def test_a_notice_lives_and_dies_with_its_cause(database: Database) -> None:
    with suppress(RuntimeError), database.begin() as conn:
        notices.add(conn, 1, NoticeKind.ORDER_FOUND, {}, "order_found:1")
        raise RuntimeError
    assert due(database) == []


def test_somebody_must_be_told(database: Database) -> None:
    with pytest.raises(ValueError, match="neither"), database.begin() as conn:
        notices.add(conn, None, NoticeKind.ORDER_FOUND, {}, "nobody")


def test_a_notice_waits_for_its_time(database: Database) -> None:
    add(database, "later", NOW + timedelta(hours=1))
    add(database, "now")
    assert due(database) == ["now"]
    assert due(database, NOW + timedelta(hours=1)) == ["later", "now"]


def test_what_one_sender_holds_another_does_not_get(database: Database) -> None:
    add(database, "a")
    with database.begin() as conn:
        assert [notice.key for notice in notices.claim(conn, NOW)] == ["a"]
    with database.begin() as conn:
        assert notices.claim(conn, NOW) == []
    with database.begin() as conn:  # the first sender died
        assert [one.key for one in notices.claim(conn, NOW + LEASE + timedelta(seconds=1))] == ["a"]


def test_sent_is_sent(database: Database) -> None:
    add(database, "a")
    with database.begin() as conn:
        (notice,) = notices.claim(conn, NOW)
        notices.mark_sent(conn, notice.id, NOW)
    assert due(database, NOW + timedelta(days=9)) == []
    with database.read() as conn:
        (told,) = notices.of_reader(conn, 1)
    assert (told.state, told.sent_at, told.data) == ("sent", NOW, {"number": "a"})


def test_a_failed_notice_comes_again_later_and_is_given_up_in_the_end(database: Database) -> None:
    add(database, "a")
    with database.begin() as conn:
        (notice,) = notices.claim(conn, NOW)
        assert notices.mark_failed(conn, notice.id, NOW) == NOW + timedelta(seconds=30)
    assert due(database, NOW + timedelta(seconds=29)) == []
    assert due(database, NOW + timedelta(seconds=30)) == ["a"]
    with database.begin() as conn:
        times = [notices.mark_failed(conn, notice.id, NOW) for _ in range(MAX_ATTEMPTS - 1)]
    assert times[-1] is None
    assert None not in times[:-1]
    assert due(database, NOW + timedelta(days=9)) == []


def test_the_back_off_doubles_up_to_an_hour() -> None:
    waits = [backoff(attempts) for attempts in range(1, 10)]
    assert waits[:3] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert waits[-1] == backoff(500) == timedelta(hours=1)


def test_a_notice_not_told_yet_can_be_withdrawn(database: Database) -> None:
    add(database, "reminder")
    with database.begin() as conn:
        assert notices.withdraw(conn, "reminder")
        assert not notices.withdraw(conn, "reminder")
    assert due(database) == []
    assert not add(database, "reminder")


def test_every_kind_says_what_happened() -> None:
    import ast
    import inspect

    from lending.notices import kinds

    body = ast.parse(inspect.getsource(kinds)).body
    members = next(node for node in body if isinstance(node, ast.ClassDef)).body
    texts = [node for node in members if isinstance(node, ast.Expr)]
    assert len(texts) == len(NoticeKind) + 1
