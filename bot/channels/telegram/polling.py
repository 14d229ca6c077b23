"""Long polling by one replica at a time: what was fetched is acknowledged once it is written down."""

import asyncio
import random
from collections.abc import Mapping
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramConflictError, TelegramRetryAfter

from bot.channels.telegram.api import RawUpdates
from bot.channels.telegram.intake import KINDS, Intake

log = structlog.get_logger(__name__)

POLL_SECONDS = 20
"""How long Telegram holds the call when nothing is new."""
GRACE_SECONDS = 10
"""How much longer we wait for it."""
PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
CONFLICT_SECONDS = 20.0
"""Another poller has the bot: asking again sooner would only throw it out."""


class Poller:
    """Runs until cancelled; survives whatever the network does."""

    def __init__(self, bot: Bot, intake: Intake) -> None:
        self._bot = bot
        self._intake = intake
        self._offset: int | None = None
        self._failed = 0
        self._conflict = False

    async def run(self) -> None:
        """Fetch, write down, acknowledge, and again."""
        while True:
            try:
                await self._once()
            except TelegramRetryAfter as busy:
                await asyncio.sleep(busy.retry_after)
            except TelegramConflictError as conflict:
                await self._other_poller(conflict)
            except Exception as error:  # noqa: BLE001 - polling survives everything
                await self._pause(error)
            else:
                self._recovered()

    async def _once(self) -> None:
        method = RawUpdates(offset=self._offset, limit=100, timeout=POLL_SECONDS, allowed_updates=KINDS)
        batch = await self._bot(method, request_timeout=POLL_SECONDS + GRACE_SECONDS)
        updates = [raw for raw in batch or () if _number(raw) is not None]
        if not updates:
            self._offset = None  # all is acknowledged; ids may begin lower after a quiet week
            return
        await self._intake.take_all(updates)
        self._offset = max(int(raw["update_id"]) for raw in updates) + 1

    async def _other_poller(self, conflict: TelegramConflictError) -> None:
        if "webhook" in conflict.message.lower():
            log.warning("telegram_webhook_in_the_way")
            await self._bot.delete_webhook(drop_pending_updates=False)
            await asyncio.sleep(PAUSES[0])
            return
        if not self._conflict:
            log.error("telegram_other_poller")
        self._conflict = True
        await asyncio.sleep(CONFLICT_SECONDS)

    async def _pause(self, error: Exception) -> None:
        """Longer each time, and not in step with other replicas."""
        seconds = PAUSES[min(self._failed, len(PAUSES) - 1)] * random.uniform(0.7, 1.0)
        if self._failed == 0 or not isinstance(error, TelegramAPIError):
            log.warning("telegram_poll_failed", error=type(error).__name__, again_in=round(seconds, 1))
        self._failed += 1
        await asyncio.sleep(seconds)

    def _recovered(self) -> None:
        if self._failed or self._conflict:
            log.info("telegram_polling_again", failed=self._failed)
        self._failed, self._conflict = 0, False


def _number(raw: Any) -> int | None:
    found = raw.get("update_id") if isinstance(raw, Mapping) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None
