"""The gateway, wired: what uvicorn loads."""

import socket
from collections.abc import Mapping
from functools import partial
from typing import Any

from fastapi import FastAPI

from app.channels import channels
from app.demo.autopilot import Autopilot
from app.demo.seed import is_seeded
from app.settings import Settings, load_settings
from app.speech import hearing
from app.wiring import Wired, build, texting
from bot.app import create_app as create_gateway
from bot.deps import BotDeps, BotSettings, Job
from bot.dialogue import RasaDialogue
from bot.texting import Texts
from bot.voice.talk import VoiceDeps
from lending.calendar import local
from lending.library import Library
from lending.once import Journal

AUTOPILOT_SECONDS = 2.0
TEXTS_SECONDS = 30.0
SHOWN = ("title", "text", "published_at", "pause_from", "pause_until", "emergency")
"""What everybody may see of an announcement."""


def create_app() -> FastAPI:
    """The application of the settings in force."""
    settings = load_settings()
    return create_gateway(deps(settings, build(settings)))


def deps(settings: Settings, wired: Wired) -> BotDeps:
    """Everything the gateway needs."""
    library = wired.library
    return BotDeps(
        settings=BotSettings(
            secret_key=settings.secret,
            public_url=settings.base_url,
            instance=f"{socket.gethostname()}:{settings.port}",
            actions_url=settings.actions_url,
            redis_url=settings.redis_url,
        ),
        database=library.database,
        clock=library.clock,
        vault=wired.vault,
        dialogue=RasaDialogue(settings.rasa_url),
        catalogue=library.catalogue,
        readers=library.readers,
        districts=library.policy.delivery.districts,
        policy=library.policy,
        places=library.points.all,
        voice=_voice(settings, library),
        facts=partial(_facts, wired),
        notices_page=partial(announced, wired),
        jobs=_jobs(settings, wired),
        channels=channels(settings),
    )


def _voice(settings: Settings, library: Library) -> VoiceDeps:
    """Hearing, and how readers want to be spoken to."""
    preferences = library.readers.preferences
    return VoiceDeps(
        hearing=hearing(settings, library),
        manner=preferences.of,
        begin_elder=lambda name: preferences.set_elder(name, True, here_only=True),
        basket=lambda name: [line.title for line in library.baskets.get(name).lines],
    )


def _jobs(settings: Settings, wired: Wired) -> list[Job]:
    jobs = [Job("timers", 1.0, wired.timers.run_due)]
    jobs.append(Job("forget", 3600.0, Journal(wired.library.database, wired.library.clock).forget))
    jobs += [Job(f"minutely_{number}", 60.0, run) for number, run in enumerate(wired.minutely)]
    operator = texting(settings, wired)
    if operator is not None:
        jobs.append(Job("texts", TEXTS_SECONDS, Texts(operator, wired.library.policy).sweep))
    if autopilot_flies(settings, wired):
        pilot = Autopilot(wired.library, courier=wired.courier)
        jobs.append(Job("autopilot", AUTOPILOT_SECONDS, lambda: pilot.tick(wired.library.clock.now())))
    return jobs


def autopilot_flies(settings: Settings, wired: Wired) -> bool:
    """As set; when nothing is set, in the demo library and in no other."""
    if settings.demo_autopilot is not None:
        return settings.demo_autopilot
    return is_seeded(wired.library.database)


def announced(wired: Wired) -> list[dict[str, Any]]:
    """What /notices shows: announcements in force, newest first, and before them the days closed soon."""
    library = wired.library
    names = {point.id: point.name for point in library.points.all()}
    days = [
        {"day": one.day, "place": names.get(one.place, one.place), "hours": one.hours, "text": one.note}
        for one in library.announcements.closed_days()
    ]
    told = [{name: getattr(one, name) for name in SHOWN} for one in library.announcements.shown()]
    return days + told


def _facts(wired: Wired) -> Mapping[str, Any]:
    """What the gateway's own sentences may name."""
    library = wired.library
    rules, now = library.policy.library, library.clock.now()
    opens = (
        now if library.calendar.is_open(rules.hours, now) else library.calendar.next_open(rules.hours, now)
    )
    return {
        "phone": rules.phone,
        "hours": rules.hours.text(),
        "answer_by": f"{local(opens):%H:%M}" if opens != now else "",
    }
