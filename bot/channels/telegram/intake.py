"""Updates, once each and in order, whether polled or posted: what is through here is written down."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from aiogram import Bot, Dispatcher

from bot.channels.telegram import commands, members, messages, presses
from bot.channels.telegram.addressed import Addressed
from bot.channels.telegram.desk import Desk
from bot.channels.telegram.mend import read
from bot.gate import Gate
from bot.store import telegram as store

log = structlog.get_logger(__name__)

KINDS = ["message", "edited_message", "callback_query", "my_chat_member"]
"""What we ask Telegram for (allowed_updates)."""
TRIES = 5
"""An update that breaks a handler this often is put aside, so that it does not stop those behind it."""
PRUNE_SECONDS = 3600.0


class Intake:
    """Deals with updates. The seen set spares work; that nothing is done twice is the inbox's key."""

    def __init__(self, bot: Bot, gate: Gate, desk: Desk) -> None:
        self._bot = bot
        self._gate = gate
        self._lanes: dict[str, _Lane] = defaultdict(_Lane)
        self._broken: dict[int, int] = {}
        self._pruned = 0.0
        self._dispatcher = Dispatcher(disable_fsm=True, desk=desk)
        self._dispatcher.message.outer_middleware(Addressed())
        self._dispatcher.edited_message.outer_middleware(Addressed())
        self._dispatcher.include_routers(
            commands.router(), messages.router(), presses.router(), members.router()
        )

    async def take_all(self, batch: Sequence[Mapping[str, Any]]) -> None:
        """A batch: chats beside each other, each in order. Raises when one of them could not be written."""
        lanes: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for raw in batch:
            lanes[lane(raw)].append(raw)
        done = await asyncio.gather(*(self._take_lane(one) for one in lanes.values()), return_exceptions=True)
        failed = [error for error in done if isinstance(error, BaseException)]
        if failed:
            raise failed[0]

    async def _take_lane(self, updates: Sequence[Mapping[str, Any]]) -> None:
        for raw in updates:
            await self.take(raw)

    async def take(self, raw: Mapping[str, Any]) -> None:
        """Deal with one update; returns when what it says is written down. Raises when it could not be."""
        async with self._at(lane(raw)):
            update_id = int(raw["update_id"])
            if await self._gate.threads.read(self._seen, update_id):
                log.info("telegram_update_again", update=update_id)
                return
            await self._deal(raw, update_id)
            await self._gate.threads.write(self._note, update_id)

    async def _deal(self, raw: Mapping[str, Any], update_id: int) -> None:
        if not any(kind in raw for kind in KINDS):
            return
        update = read(raw, self._bot)
        if update is None:
            log.error("telegram_update_unreadable", update=update_id, kinds=sorted(set(raw) - {"update_id"}))
            return
        try:
            await self._dispatcher.feed_update(self._bot, update)
        except Exception as error:
            self._broken[update_id] = self._broken.get(update_id, 0) + 1
            if self._broken[update_id] < TRIES:
                raise
            log.exception("telegram_update_put_aside", update=update_id, error=type(error).__name__)
        self._broken.pop(update_id, None)

    def _seen(self, update_id: int) -> bool:
        with self._gate.deps.database.read() as conn:
            return store.seen(conn, update_id)

    def _note(self, update_id: int) -> None:
        now = time.time()
        with self._gate.deps.database.begin() as conn:
            store.note_seen(conn, update_id, now)
            if now - self._pruned > PRUNE_SECONDS:
                store.prune(conn, now)
                self._pruned = now

    @asynccontextmanager
    async def _at(self, name: str) -> AsyncIterator[None]:
        """One update of a chat at a time, in order of arrival."""
        line = self._lanes[name]
        line.waiting += 1
        try:
            async with line.lock:
                yield
        finally:
            line.waiting -= 1
            if not line.waiting:
                self._lanes.pop(name, None)


class _Lane:
    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.waiting = 0


def lane(raw: Mapping[str, Any]) -> str:
    """The chat an update belongs to; a press goes with its chat's messages."""
    for body in raw.values():
        if not isinstance(body, Mapping):
            continue
        inside = body.get("message")
        holder = inside if isinstance(inside, Mapping) else body
        chat = holder.get("chat")
        if isinstance(chat, Mapping):
            return str(chat.get("id"))
    return ""
