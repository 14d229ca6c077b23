"""The fixtures themselves: a fresh database on both systems, a real Redis."""

import redis
from sqlalchemy import Column, Integer, MetaData, String, Table, func, insert, select, text

from lending.storage.base import Database, metadata

notes = Table(
    "fixture_notes", MetaData(), Column("id", Integer, primary_key=True), Column("text", String(20))
)


def test_a_database_answers_and_has_every_table(database: Database) -> None:
    database.ping()
    with database.read() as connection:
        for table in metadata.sorted_tables:
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0


def test_a_transaction_is_whole(database: Database) -> None:
    with database.begin() as connection:
        notes.create(connection)
        connection.execute(insert(notes).values(text="书"))
    with database.begin() as connection:
        assert connection.execute(select(notes.c.text)).scalar_one() == "书"
        notes.drop(connection)


def test_postgresql_is_postgresql(database: Database) -> None:
    wanted = "SELECT sqlite_version()" if database.is_sqlite else "SELECT version()"
    with database.read() as connection:
        answer = str(connection.execute(text(wanted)).scalar_one())
    assert database.is_sqlite or "PostgreSQL" in answer


def test_redis_answers_and_is_empty(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        assert client.set("key", "value")
