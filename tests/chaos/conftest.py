"""One system for all tests of this folder: starting it takes the time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.processes import MODEL, RASA_PROGRAM
from tests.chaos.system import System


@pytest.fixture(scope="package")
def system(tables: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    if not (MODEL.exists() and Path(RASA_PROGRAM).exists()):
        pytest.skip("no trained model here: run `make train`")
    with System(tmp_path_factory.mktemp("chaos")) as started:
        yield started
