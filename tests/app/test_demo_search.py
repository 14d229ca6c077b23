"""What readers ask the demo library for by subject: something fitting, and nothing else."""

from collections.abc import Iterator

import pytest

from app.demo.seed import seed
from tests.app.demo_world import QUICK_PINS, World, world
from tests.databases import SqliteTemplate


@pytest.fixture(scope="module")
def seeded(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("demo")
    database = sqlite_template.copy(folder)
    there = world(database, folder)
    seed(there.library, QUICK_PINS)
    yield there
    database.dispose()


@pytest.mark.parametrize("subject", ["养花", "园艺", "种菜", "育儿", "做菜", "菜谱", "收纳", "养生", "历史"])
def test_what_readers_ask_about_is_there(seeded: World, subject: str) -> None:
    found = seeded.library.catalogue.search(f"有没有{subject}的书")
    assert found.hits
    assert found.confidence >= 0.3
    assert all(subject in hit.title.subjects + hit.title.title for hit in found.hits)


@pytest.mark.parametrize("said", ["我想看点养生的书", "想找点做菜的书看看", "帮我找一些育儿的书"])
def test_a_subject_said_at_length_finds_the_subject(seeded: World, said: str) -> None:
    subject = next(name for name in ("养生", "做菜", "育儿") if name in said)
    found = seeded.library.catalogue.search(said)
    assert found.hits
    assert all(subject in hit.title.subjects + hit.title.title for hit in found.hits)


def test_every_page_of_an_author_is_by_the_author(seeded: World) -> None:
    total = seeded.library.catalogue.search("余华").total
    pages = [seeded.library.catalogue.search("余华", page=page) for page in range(1, total // 5 + 2)]
    authors = [hit.title.author for page in pages for hit in page.hits]
    assert authors == ["余华"] * total
