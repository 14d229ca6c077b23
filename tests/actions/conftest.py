"""The demo library, seeded once for each kind of database and copied for each test."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from actions import _library as actions_library
from app.demo.seed import seed
from lending.storage.base import Database, metadata
from tests.actions.talking import OTHER, Conversation
from tests.app.demo_world import QUICK_PINS, World, world
from tests.databases import PostgresServer, SqliteTemplate

TEMPLATE = "demo_of_actions"


@pytest.fixture(scope="session")
def sqlite_demo(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo library: database and search index."""
    folder = tmp_path_factory.mktemp("sqlite_demo")
    _seed(sqlite_template.copy(folder), folder)
    return folder


@dataclass
class PostgresDemo:
    """The demo library as a template on the server, and the folder of its search index."""

    server: PostgresServer
    folder: Path
    numbers: Iterator[int]

    def copy(self) -> Database:
        """A database with the demo library in it."""
        name = f"{TEMPLATE}_{next(self.numbers)}"
        self._say(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        return Database(self.server.address(name))

    def drop(self, database: Database) -> None:
        """Throw a copy away."""
        database.dispose()
        self._say(f"DROP DATABASE {database.engine.url.database}")

    def _say(self, sql: str) -> None:
        engine = create_engine(self.server.address("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(sql))
        engine.dispose()


@pytest.fixture(scope="session")
def postgres_demo(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> PostgresDemo:
    folder = tmp_path_factory.mktemp("postgres_demo")
    database = Database(postgres_server.fresh(TEMPLATE))
    metadata.create_all(database.engine)
    _seed(database, folder)
    return PostgresDemo(postgres_server, folder, count(1))


def _seed(database: Database, folder: Path) -> None:
    seed(world(database, folder).library, QUICK_PINS)
    database.dispose()


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The demo library; on SQLite, and on PostgreSQL too where a module says `pytestmark = BOTH`."""
    if getattr(request, "param", "sqlite") == "sqlite":
        template: Path = request.getfixturevalue("sqlite_demo")
        shutil.copytree(template, tmp_path, dirs_exist_ok=True)
        opened = Database(f"sqlite+pysqlite:///{tmp_path / 'shudi.db'}")
        yield opened
        opened.dispose()
    else:
        demo: PostgresDemo = request.getfixturevalue("postgres_demo")
        shutil.copytree(demo.folder, tmp_path, dirs_exist_ok=True)
        opened = demo.copy()
        yield opened
        demo.drop(opened)


@pytest.fixture
def there(database: Database, tmp_path: Path) -> World:
    """The library that the actions work with, wired as the program wires it."""
    wired = world(database, tmp_path)
    actions_library.use(wired.library)
    return wired


@pytest.fixture
def talk(there: World) -> Conversation:
    """A conversation of somebody without a card."""
    return Conversation(there.library, there.clock)


@pytest.fixture
def other(there: World) -> Conversation:
    """Somebody else's conversation."""
    return Conversation(there.library, there.clock, OTHER)
