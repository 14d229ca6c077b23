"""What tests of readers, loans and notices begin with."""

import pytest

from lending.loans.model import LoanView
from lending.readers.model import Reader
from lending.storage.base import Database
from tests.lending.desk import Desk


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


@pytest.fixture
def reader(desk: Desk) -> Reader:
    return desk.member()


@pytest.fixture
def loan(desk: Desk, reader: Reader) -> LoanView:
    return desk.lend(reader, desk.title("活着"))
