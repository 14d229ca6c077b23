"""What becomes of a callback: handed to the talk, answered by ourselves, or noted; and its passive answer."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from bot.channels.wechat import rendering
from bot.channels.wechat.inbound import Arrival, locker
from bot.channels.wechat.own import OwnWords
from bot.channels.wechat.words import choices, say, shown
from bot.gate import Gate
from bot.inbound import Inbound
from bot.replies import Reply
from bot.store import wechat as store

log = structlog.get_logger(__name__)
CHANNEL = "wechat"
SPARE_SECONDS = 0.25
"""Of the time to answer: what collecting, writing and sealing may take."""
LEAST_SECONDS = 0.2
_NUMBERED = re.compile(r"\d{1,2}[.、．]\s*(?=\D)")
FORGET_EVERY = 500

Listening = Callable[[], Awaitable[bool]]
"""Whether WeChat still waits for the answer."""


class Replayed(Exception):
    """A nonce that belongs to another message, or the same one after WeChat's retries are over."""


class NotKept(Exception):
    """It could not even be written down: WeChat shall send it again."""


class Intake:
    """Takes arrivals in. `until` is on `time.monotonic()`: when the passive answer must be ready."""

    def __init__(self, gate: Gate, own: OwnWords) -> None:
        self._gate = gate
        self._own = own
        self._deps = gate.deps
        self._running: dict[str, asyncio.Task[str]] = {}
        self._taken = 0

    async def handle(
        self, arrival: Arrival, stamp: tuple[str, str], until: float, listening: Listening
    ) -> str:
        """The passive answer's text, empty for `success`. Raises Replayed, NotKept.

        stamp: (timestamp, nonce). A retry that overlaps the first request waits for the same answer.
        """
        again = await self._note(arrival, stamp)
        task = self._running.get(arrival.key)
        if task is None:
            task = asyncio.create_task(self._handle(arrival, until, listening, again), name="wechat-callback")
            self._running[arrival.key] = task
            task.add_done_callback(lambda _: self._running.pop(arrival.key, None))
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Let what is being taken in end."""
        if self._running:
            await asyncio.wait(set(self._running.values()), timeout=3)

    async def _note(self, arrival: Arrival, stamp: tuple[str, str]) -> bool:
        """Whether this message came before. Raises `Replayed`."""
        self._taken += 1

        def note(forget: bool) -> bool | None:
            now = self._deps.clock.now()
            with self._deps.database.begin() as conn:
                again = store.seen_before(conn, arrival.key)
                fine = store.fresh_nonce(conn, *stamp, arrival.key, now)
                if forget:
                    store.forget_nonces(conn, now)
                    store.forget_answers(conn, now)
            return again if fine else None

        again = await self._gate.threads.write(note, self._taken % FORGET_EVERY == 0)
        if again is None:
            raise Replayed
        return again

    async def _handle(self, arrival: Arrival, until: float, listening: Listening, again: bool) -> str:
        if arrival.kind in ("none", "leave", "place", "consent", "job"):
            await self._aside(arrival)
            return ""
        scene = str(arrival.content.get("scene") or "") or None
        name = await self._gate.open(arrival.user, arrival.user, {}, scene)
        if again and (kept := await self._kept(arrival)) is not None:
            return kept
        if not again:
            await self._grant(name, arrival)
        if not await self._take(name, arrival, until):
            return ""
        return await self._passive(name, arrival, listening)

    async def _take(self, name: str, arrival: Arrival, until: float) -> bool:
        """Whether there may be something to answer with."""
        if arrival.kind == "own":
            reply = Reply("text", say(arrival.content["say"]), choices("help_choices"))
            await self._tell(name, arrival, shown(arrival.content["shown"]), reply)
            return True
        if arrival.kind in ("follow", "scan"):
            return await self._arrived(name, arrival, until)
        kind, content = await self._inside(name, arrival)
        return await self._answered(Inbound(name, CHANNEL, arrival.message_id, kind, content), until)

    async def _arrived(self, name: str, arrival: Arrival, until: float) -> bool:
        """Followed us, or scanned a code: a welcome, and at a locker's code that locker."""
        payload = locker(str(arrival.content.get("scene") or ""))
        if arrival.kind == "follow":
            facts = self._own.bind_link(name)
            reply = Reply("text", say("welcome", **facts), choices("welcome_choices"))
            await self._tell(name, arrival, shown("subscribe"), reply)
        elif payload is None:
            reply = Reply("text", say("back"), choices("help_choices"))
            await self._tell(name, arrival, shown("scan"), reply)
        if payload is None:
            return True
        content = {"payload": payload, "text": shown("scan")}
        return await self._answered(Inbound(name, CHANNEL, arrival.message_id, "choice", content), until)

    async def _inside(self, name: str, arrival: Arrival) -> tuple[str, dict[str, Any]]:
        """The talk's own kind and content. A tapped menu line is the choice it stands for."""
        content = dict(arrival.content)
        if arrival.kind != "text":
            return arrival.kind, content
        menu = str(content.pop("menu", ""))
        if not menu:
            return "text", content
        chosen = await self._gate.threads.read(self._own.chosen, name, menu)
        if chosen is not None:
            return "choice", {"payload": chosen.payload, "text": chosen.title}
        return "text", {"text": _NUMBERED.sub("", content["text"], count=1) or content["text"]}

    async def _answered(self, inbound: Inbound, until: float) -> bool:
        seconds = max(until - SPARE_SECONDS - time.monotonic(), LEAST_SECONDS)
        try:
            return await self._gate.answered(inbound, seconds)
        except TimeoutError:
            raise NotKept from None

    async def _passive(self, name: str, arrival: Arrival, listening: Listening) -> str:
        """Join what waits into one text, keep it for retries, and count it as handed over."""
        if not await listening():
            return ""  # nobody would read it: it is pushed
        collected = await self._gate.collect(name, arrival.message_id)
        if not collected:
            return await self._kept(arrival) or ""
        made = rendering.passive(collected)
        if not made.text:
            await self._gate.settle([], "", [])
            return ""
        kept = await self._keep(arrival, made.text)
        await self._gate.settle(made.deliveries, "passive", made.progress)
        return kept

    async def _aside(self, arrival: Arrival) -> None:
        """Events that nobody answers."""
        name = await self._gate.find(arrival.user)
        if name is None or arrival.kind == "none":
            return
        now = self._deps.clock.now()
        if arrival.kind == "leave":
            await self._gate.unreachable(name, "unsubscribed")
            await self._write(store.use_up, name)
        elif arrival.kind == "place":
            sealed = self._deps.vault.seal(json.dumps({**arrival.content, "at": now.isoformat()}))
            await self._gate.facts(name, place=sealed)
        elif arrival.kind == "consent":
            for template_id, accepted in arrival.content["changes"]:
                await self._write(store.consent, name, template_id, accepted, now)
        else:
            await self._job(name, arrival)

    async def _job(self, name: str, arrival: Arrival) -> None:
        msg_id, state = str(arrival.content["msg_id"])[:64], str(arrival.content["state"])
        if not msg_id:
            return
        delivery = await self._write(store.job_ended, msg_id, name, state, self._deps.clock.now())
        if state == "blocked":
            await self._gate.facts(name, template_refused=True)
        if state != "success":
            log.warning("wechat_template_failed", state=state, delivery=delivery)

    async def _grant(self, name: str, arrival: Arrival) -> None:
        if arrival.spoke or arrival.acted:
            grant = store.reader_spoke if arrival.spoke else store.reader_acted
            await self._write(grant, name, self._deps.clock.now())

    async def _tell(self, name: str, arrival: Arrival, did: str, reply: Reply) -> None:
        key = f"wechat:{arrival.key}"
        await self._gate.threads.write(self._own.tell, name, key, did, reply)

    async def _kept(self, arrival: Arrival) -> str | None:
        def look() -> str | None:
            with self._deps.database.read() as conn:
                return store.kept_answer(conn, arrival.key)

        sealed = await self._gate.threads.read(look)
        return None if sealed is None else self._deps.vault.open(sealed)

    async def _keep(self, arrival: Arrival, text: str) -> str:
        now = self._deps.clock.now()
        sealed = await self._write(store.keep_answer, arrival.key, self._deps.vault.seal(text), now)
        return self._deps.vault.open(str(sealed))

    async def _write(self, call: Callable[..., Any], *given: Any) -> Any:
        def run() -> Any:
            with self._deps.database.begin() as conn:
                return call(conn, *given)

        return await self._gate.threads.write(run)
