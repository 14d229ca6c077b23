from collections.abc import AsyncIterator

import pytest

from lending.storage.base import Database
from tests.bot.gateway import Gateway, Reader, running


@pytest.fixture
async def gateway(database: Database) -> AsyncIterator[Gateway]:
    async with running(database) as started:
        yield started


@pytest.fixture
async def reader(gateway: Gateway) -> Reader:
    return await gateway.session()
