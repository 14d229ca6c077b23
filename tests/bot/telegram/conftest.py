from collections.abc import Iterator
from pathlib import Path

import pytest

from lending.storage.base import Database
from tests.bot.telegram.house import House
from tests.databases import SqliteTemplate
from tests.fakes.telegram import TelegramServer


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture(params=["polling", "webhook"])
def house(request: pytest.FixtureRequest, database: Database, telegram: TelegramServer) -> Iterator[House]:
    """A gateway that polls, and one that is posted to; on SQLite and on PostgreSQL."""
    made = House(database, telegram, webhook=request.param == "webhook").start()
    yield made
    made.stop()


@pytest.fixture
def polling(sqlite_template: SqliteTemplate, telegram: TelegramServer, tmp_path: Path) -> Iterator[House]:
    """One that polls, on SQLite, where neither makes a difference."""
    database = sqlite_template.copy(tmp_path)
    made = House(database, telegram).start()
    yield made
    made.stop()
    database.dispose()
