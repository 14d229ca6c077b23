from collections.abc import Iterator

import pytest

from lending.storage.base import Database
from tests.bot.telegram.house import House
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
def polling(database: Database, telegram: TelegramServer) -> Iterator[House]:
    made = House(database, telegram).start()
    yield made
    made.stop()
