"""Settings in, a library and a gateway that work out: on both databases."""

from dataclasses import fields
from pathlib import Path

import pytest

from app.bot_server import _jobs, autopilot_flies, deps
from app.demo.seed import seed
from app.settings import Settings, load_settings
from app.wiring import Wired, build, open_library, sound
from lending.library import Library
from lending.storage.base import Database
from tests.app.demo_world import QUICK_PINS, START
from tests.databases import SqliteTemplate
from tests.fakes.clock import FakeClock

KEY = "k" * 32


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> Settings:
    """Settings that name the test's database."""
    return load_settings(data_dir=tmp_path, database_url=database.url, secret_key=KEY)


@pytest.fixture
def wired(settings: Settings, database: Database) -> Wired:
    return build(settings, database, FakeClock(START))


def demo_of(wired: Wired) -> Wired:
    """The same, with the demo library in it."""
    seed(wired.library, QUICK_PINS)
    return wired


# --- the library ---


def test_every_service_is_there_and_works(wired: Wired) -> None:
    library = demo_of(wired).library
    reader = library.readers.verify_and_bind("web-1", "D0001", "1234")
    title = library.catalogue.search("三体").hits[0].title
    library.baskets.add("web-1", title.id)
    basket = library.baskets.choose_pickup("web-1", "locker", library.points.named("湖东")[0].id)
    placed = library.orders.place("web-1", reader, basket.nonce).order
    assert library.fulfilment.receive(placed.number).number == placed.number
    assert len(library.loans.of(reader)) == 2
    assert not library.reservations.of(reader)
    assert not library.returns.of(reader)
    assert library.cases.register("suggestion", "多开一小时", reader.id, "web-1").number
    assert library.surveys.begin(reader).total > 0
    assert all(getattr(library, field.name) is not None for field in fields(Library))


def test_a_database_of_its_own_is_opened_from_the_settings(settings: Settings) -> None:
    with open_library(settings) as library:
        assert library.database.url == settings.database
        library.database.ping()


def test_two_wirings_see_the_same_library(settings: Settings, wired: Wired) -> None:
    demo_of(wired)
    with open_library(settings) as other:
        assert other.catalogue.search("活着").total == wired.library.catalogue.search("活着").total > 0


def test_timers_and_minutely_calls_run_on_an_empty_library(wired: Wired) -> None:
    wired.timers.run_due()
    for call in wired.minutely:
        call()


def test_places_are_told_apart_by_sound() -> None:
    assert sound("湖东") == sound("湖冬") != sound("湖西")


# --- the gateway ---


def test_the_gateway_gets_everything_it_needs(settings: Settings, wired: Wired) -> None:
    needs = deps(settings, demo_of(wired))
    library = wired.library
    assert needs.database is library.database
    assert needs.clock is library.clock
    assert needs.vault is wired.vault
    assert (needs.catalogue, needs.readers) == (library.catalogue, library.readers)
    assert needs.settings.secret_key == KEY
    assert needs.settings.public_url == settings.base_url
    assert needs.settings.actions_url == settings.actions_url
    assert needs.districts == library.policy.delivery.districts
    assert len(needs.places()) == 9


def test_its_sentences_know_phone_hours_and_when_someone_answers(settings: Settings, wired: Wired) -> None:
    facts = deps(settings, wired).facts
    rules = wired.library.policy.library
    assert facts() == {"phone": rules.phone, "hours": rules.hours.text(), "answer_by": ""}
    assert isinstance(wired.library.clock, FakeClock)
    wired.library.clock.forward(hours=12)
    assert facts()["answer_by"] == "09:00"


def test_the_worker_runs_timers_and_calls_for_adapters(settings: Settings, wired: Wired) -> None:
    jobs = _jobs(settings, wired)
    minutely = [f"minutely_{number}" for number in range(len(wired.minutely))]
    assert [job.name for job in jobs] == ["timers", "forget", *minutely]
    assert [job.seconds for job in jobs] == [1.0, 3600.0] + [60.0] * len(minutely)
    for job in jobs:
        job.run()


def test_the_autopilot_is_one_job_more_and_flies(settings: Settings, wired: Wired) -> None:
    jobs = _jobs(settings, demo_of(wired))
    assert [job.name for job in jobs][-1] == "autopilot"
    jobs[-1].run()


@pytest.mark.parametrize("demo", [True, False])
@pytest.mark.parametrize(("setting", "flies"), [(True, True), (False, False), (None, None)])
def test_the_autopilot_flies_as_set_and_else_in_the_demo_only(
    sqlite_template: SqliteTemplate, tmp_path: Path, demo: bool, setting: bool | None, flies: bool | None
) -> None:
    chosen = load_settings(data_dir=tmp_path, secret_key=KEY, demo_autopilot=setting)
    database = sqlite_template.copy(tmp_path)
    wired = build(chosen, database, FakeClock(START))
    if demo:
        demo_of(wired)
    assert autopilot_flies(chosen, wired) is (demo if flies is None else flies)
    assert ("autopilot" in [job.name for job in _jobs(chosen, wired)]) is autopilot_flies(chosen, wired)
    database.dispose()
