"""Notices: told once, committed with their cause, tried again a bounded number of times."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from lending import notices
from lending.notices import NoticeKind, Recipient
from lending.notices.outbox import MAX_ATTEMPTS, backoff
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


def test_each_recipient_has_an_order(database: Database) -> None:
    with database.begin() as conn:
        for number, reader_id in enumerate([2, 1, 2, None]):
            notices.add(conn, reader_id, NoticeKind.ORDER_FOUND, {}, f"n{number}", conversation_id="c1")
        found = notices.recipients(conn, NOW)
        assert found == [Recipient(2, None), Recipient(1, None), Recipient(None, "c1")]
        assert [[one.key for one in notices.due_of(conn, whose, NOW)] for whose in found] == [
            ["n0", "n2"],
            ["n1"],
            ["n3"],
        ]


def test_what_is_held_waits_and_keeps_when_it_began(database: Database) -> None:
    add(database, "a")
    later = NOW + timedelta(hours=1)
    with database.begin() as conn:
        notices.hold(conn, notices.due(conn, NOW), later, "quiet", NOW)
        assert notices.recipients(conn, NOW) == []
        held = notices.due_of(conn, Recipient(1, None), NOW)
        notices.hold(conn, held, later + timedelta(hours=1), "quiet", later)
        (held_on,) = notices.due_of(conn, Recipient(1, None), NOW)
    assert (held_on.held, held_on.held_at, held_on.again_at) == ("quiet", NOW, later + timedelta(hours=1))
    assert due(database, later) == []
    assert due(database, later + timedelta(hours=1)) == ["a"]


def test_sent_is_sent(database: Database) -> None:
    add(database, "a")
    with database.begin() as conn:
        (notice,) = notices.due(conn, NOW)
        assert notices.mark_sent(conn, notice.id, NOW, "3", "c1")
        assert not notices.mark_sent(conn, notice.id, NOW, "4", "c2")
    assert due(database, NOW + timedelta(days=9)) == []
    with database.read() as conn:
        (told,) = notices.of_reader(conn, 1)
    assert (told.state, told.sent_at, told.data) == ("sent", NOW, {"number": "a"})
    assert (told.version, told.told_in) == ("3", "c1")


def test_a_failed_notice_comes_again_later_and_is_given_up_in_the_end(database: Database) -> None:
    add(database, "a")
    with database.begin() as conn:
        (notice,) = notices.due(conn, NOW)
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


def test_notices_about_one_thing_are_withdrawn_together(database: Database) -> None:
    for key in ("pickup_reminder:D1:1", "pickup_reminder:D1:2", "pickup_reminder:D10:1"):
        add(database, key)
    with database.begin() as conn:
        assert notices.withdraw_all(conn, "pickup_reminder:D1:") == 2
    assert due(database) == ["pickup_reminder:D10:1"]


def test_every_kind_says_what_happened() -> None:
    import ast
    import inspect

    from lending.notices import kinds

    body = ast.parse(inspect.getsource(kinds)).body
    members = next(node for node in body if isinstance(node, ast.ClassDef)).body
    texts = [node for node in members if isinstance(node, ast.Expr)]
    assert len(texts) == len(NoticeKind) + 1
