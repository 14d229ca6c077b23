"""Fixtures that every test may ask for."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings

from app.settings import Settings
from lending.storage.base import Database
from tests.databases import PostgresServer, RedisServer, SqliteTemplate, free_port, import_tables
from tests.waiting import wait_until

settings.register_profile(
    "shudi",
    deadline=None,  # a shared machine is slow now and then; a slow example is no failure
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("shudi")


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's own SHUDI_ variables and .env never reach a test."""
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    for name in [name for name in os.environ if name.startswith("SHUDI_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def tables() -> None:
    """The metadata knows every table of the project."""
    import_tables()


@pytest.fixture(scope="session")
def sqlite_template(tables: None, tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplate:
    return SqliteTemplate(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_server(tables: None) -> Iterator[PostgresServer]:
    """In a folder of its own: pytest clears away those of other runs, also while their servers live."""
    with TemporaryDirectory(prefix="shudi-postgres-", ignore_cleanup_errors=True) as folder:
        try:
            server = PostgresServer(Path(folder))
        except (ImportError, OSError, RuntimeError) as error:
            pytest.skip(f"PostgreSQL cannot be started here: {error}")
        yield server
        server.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with every table, empty; each test that takes it runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        template: SqliteTemplate = request.getfixturevalue("sqlite_template")
        opened = template.copy(tmp_path)
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        opened = server.empty()
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    try:
        server = RedisServer(tmp_path_factory.mktemp("redis"))
    except (ImportError, OSError) as error:
        pytest.skip(f"Redis cannot be started here: {error}")
    wait_until(server.answers, what="Redis answers")
    yield server
    server.stop()


@pytest.fixture(name="free_port")
def a_free_port() -> int:
    """A loopback port that nobody listens on."""
    return free_port()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """A real Redis with nothing in it."""
    import redis

    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url
