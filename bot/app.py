"""The gateway as one FastAPI application."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import structlog
from fastapi import FastAPI

from bot import health
from bot.channels.web import api, errors
from bot.channels.web import pages as chat_page
from bot.channels.web.limits import RateLimit
from bot.conversation import Conversation
from bot.deliveries import Deliverer
from bot.deps import BotDeps, Check
from bot.forms import routes as forms
from bot.forms.links import FormLinks
from bot.gate import Gate
from bot.metrics import Metrics
from bot.outbox import Outbox
from bot.pages import routes as public_pages
from bot.queue import Queue
from bot.store import talk
from bot.store.deliveries import Deliveries
from bot.store.peers import Peers
from bot.store.turns import Turns
from bot.telling import Teller
from bot.threads import Threads
from bot.voice import speaking
from bot.voice.hearing import Hearing
from bot.voice.talk import VoiceTalk
from bot.wakeups import Wakeups
from bot.worker import Task, Worker

log = structlog.get_logger(__name__)
SWEEP_SECONDS = 1.0
PG_WRITERS = 8
PUSH_PATIENCE = 4.0
"""Seconds until “it takes a moment” is written where it still has to travel: told within five."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The running parts, for tests and for other channels."""

    chat: api.WebChat
    outbox: Outbox
    worker: Worker
    metrics: Metrics
    client: httpx.AsyncClient
    deliverer: Deliverer
    deliveries: Deliveries
    gates: dict[str, Gate]


def create_app(deps: BotDeps) -> FastAPI:
    """The application. Nothing runs and nothing is opened before its lifespan begins."""
    app = FastAPI(
        title="Shudi 书递 chat API",
        version="1",
        description="Borrow and give back library books by chat.",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.deps = deps
    errors.install(app)
    for router in (api.router, chat_page.router, forms.router, public_pages.router, health.router):
        app.include_router(router)
    for channel in deps.channels:
        if channel.router is not None:
            app.include_router(channel.router)
    return app


def build(deps: BotDeps) -> Parts:
    """Wire the gateway's own parts together."""
    settings = deps.settings
    metrics, teller, wakeups = Metrics(), Teller(), Wakeups()
    threads = Threads(1 if deps.database.is_sqlite else PG_WRITERS)
    graces = {channel.name: channel.grace for channel in deps.channels}
    turns = Turns(deps.database, deps.vault, deps.clock, settings.instance, graces)
    deliveries = Deliveries(deps.database, deps.vault, deps.clock, settings.instance)
    deliverer = Deliverer(deps.channels, deliveries, threads, metrics, deps.clock)
    wakeups.listeners.append(deliverer.wake)
    client = httpx.AsyncClient(trust_env=False)
    actions = deps.checks.get("actions") or health.answering(client, f"{settings.actions_url}/health")
    conversation = Conversation(
        dialogue=deps.dialogue,
        catalogue=deps.catalogue,
        teller=teller,
        links=FormLinks(settings.secret_key, settings.public_url, deps.clock),
        clock=deps.clock,
        metrics=metrics,
        facts=deps.facts,
        in_thread=threads.read,
        actions_alive=lambda: _alive(actions),
        voice=VoiceTalk(
            deps.voice, deps.dialogue, teller, threads.read, {one.name: one.fetch for one in deps.channels}
        ),
    )
    queue = Queue(
        turns,
        conversation,
        threads,
        wakeups,
        metrics,
        patience=settings.patience,
        patiences=dict.fromkeys(graces, min(settings.patience, PUSH_PATIENCE)),
        session_turns=settings.session_turns,
        thinking=deliverer.thinking,
    )
    peers = Peers(deps.database, deps.vault, deps.clock)
    own: dict[str, Any] = {"turns": turns, "threads": threads, "teller": teller, "metrics": metrics}
    gates = {name: Gate(name, deps, queue, deliverer, peers, deliveries, **own) for name in graces}
    chat = api.WebChat(deps, turns, queue, threads, wakeups, teller, RateLimit(settings.rate, settings.burst))
    outbox = Outbox(turns, deps.readers, deps.vault, teller, deps.clock, metrics, deps.policy)
    worker = Worker(_tasks(deps, chat, outbox), metrics, settings.redis_url)
    return Parts(chat, outbox, worker, metrics, client, deliverer, deliveries, gates)


def _tasks(deps: BotDeps, chat: api.WebChat, outbox: Outbox) -> list[Task]:
    async def notices() -> None:
        for conversation_id in await asyncio.to_thread(outbox.sweep):
            chat.wakeups.wake(conversation_id)

    own = [Task("notices", SWEEP_SECONDS, notices)]
    return own + [Task(job.name, job.seconds, partial(asyncio.to_thread, job.run)) for job in deps.jobs]


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    deps: BotDeps = app.state.deps
    parts = build(deps)
    app.state.parts, app.state.chat, app.state.metrics = parts, parts.chat, parts.metrics
    app.state.links = FormLinks(deps.settings.secret_key, deps.settings.public_url, deps.clock)
    app.state.checks = _checks(deps, parts)
    speaking.speak_with(deps.voice.hearing)
    if isinstance(deps.voice.hearing, Hearing):
        await deps.voice.hearing.start()
    loops = [asyncio.create_task(loop, name="loop") for loop in _loops(deps, parts)]
    for name, gate in parts.gates.items():
        await parts.deliverer.channels[name].start(gate)
    if deps.settings.worker:
        await parts.worker.start()
    try:
        yield
    finally:
        await _close(deps, parts, loops)


async def _close(deps: BotDeps, parts: Parts, loops: "list[asyncio.Task[None]]") -> None:
    parts.chat.stop()
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
    await parts.worker.stop()
    await parts.chat.queue.drain()
    await parts.deliverer.stop()
    for channel in deps.channels:
        await channel.stop()
    await deps.dialogue.close()
    if isinstance(deps.voice.hearing, Hearing):
        await deps.voice.hearing.stop()
    await parts.client.aclose()
    parts.chat.threads.close()


def _loops(deps: BotDeps, parts: Parts) -> list[Coroutine[None, None, None]]:
    """What every gateway process does each second; leases keep replicas out of each other's way."""
    loops = [_pulse(parts.chat)]
    if deps.settings.sweeps:
        loops.append(_often(parts.chat.queue.sweep, parts.metrics))
        loops.append(_often(parts.deliverer.sweep, parts.metrics))
    return loops


async def _often(sweep: Callable[[], Awaitable[object]], metrics: Metrics) -> None:
    """A sweep that is slow keeps only itself waiting."""
    while True:
        try:
            await sweep()
        except Exception as error:
            metrics.error("sweep")
            log.exception("sweep_failed", error=type(error).__name__)
        await asyncio.sleep(SWEEP_SECONDS)


async def _pulse(chat: api.WebChat) -> None:
    """Each second: hold our leases, and wake polls for what other processes wrote."""
    cursor = await chat.threads.read(_newest, chat)
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        try:
            await chat.queue.renew()
            if len(chat.wakeups):
                spoken, cursor = await chat.threads.read(_spoken, chat, cursor)
                for conversation_id in spoken:
                    chat.wakeups.wake(conversation_id)
        except Exception as error:
            log.exception("pulse_failed", error=type(error).__name__)


def _newest(chat: api.WebChat) -> int:
    with chat.deps.database.read() as conn:
        return talk.newest(conn)


def _spoken(chat: api.WebChat, after: int) -> tuple[list[str], int]:
    with chat.deps.database.read() as conn:
        return talk.spoken_to_since(conn, after)


def _checks(deps: BotDeps, parts: Parts) -> dict[str, Check]:
    async def database() -> None:
        await parts.chat.threads.read(deps.database.ping)

    return {
        "database": database,
        "rasa": deps.dialogue.ping,
        "actions": health.answering(parts.client, f"{deps.settings.actions_url}/health"),
        **deps.checks,
    }


async def _alive(check: Check) -> bool:
    return (await health.look({"part": check}))["part"] == "ok"
