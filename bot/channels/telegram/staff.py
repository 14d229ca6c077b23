"""The staff's chat hears when a reader asks for a person, on whatever channel; never what was said."""

import asyncio

import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramAPIError
from sqlalchemy import Row

from bot.channels.telegram.limits import Limits
from bot.channels.telegram.words import say, word
from bot.gate import Gate
from bot.store import telegram as store
from bot.telling import when

log = structlog.get_logger(__name__)
LOOK_SECONDS = 3.0


class StaffChat:
    """Looks for readers who wait; does nothing without a chat."""

    def __init__(self, bot: Bot, gate: Gate, limits: Limits, chat: str) -> None:
        self._bot = bot
        self._gate = gate
        self._limits = limits
        self._chat = chat.strip()

    async def run(self) -> None:
        """Until cancelled."""
        while self._chat:
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - it looks again
                log.warning("telegram_staff_not_told", error=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Tell of everyone new."""
        for row in await self._gate.threads.read(self._waiting):
            if await self._limits.turn(self._chat, self._chat.startswith(("-", "@"))) > 0:
                return
            text = say("staff_told", channel=word("channel", row.channel), at=when(row.human_since))
            try:
                await self._bot.send_message(self._chat, text)
            except TelegramAPIError as error:
                log.warning("telegram_staff_not_told", error=type(error).__name__)
                return
            await self._gate.threads.write(self._note, row)

    def _waiting(self) -> "list[Row[tuple[object, ...]]]":
        with self._gate.deps.database.read() as conn:
            return store.waiting_for_person(conn)

    def _note(self, row: "Row[tuple[object, ...]]") -> None:
        with self._gate.deps.database.begin() as conn:
            store.note_told(conn, row.id, row.human_since)
