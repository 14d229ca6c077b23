"""What one replica at a time does: introduce us, poll or set the webhook, tell the staff chat."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramRetryAfter

from bot.channels.telegram.api import field
from bot.channels.telegram.commands import known
from bot.channels.telegram.desk import Desk
from bot.channels.telegram.intake import KINDS
from bot.channels.telegram.polling import PAUSES, Poller
from bot.channels.telegram.settings import TelegramSettings
from bot.channels.telegram.staff import StaffChat
from bot.gate import Gate
from bot.store import telegram as store

log = structlog.get_logger(__name__)

LEASE = "telegram"
LEASE_SECONDS = 20.0
BEAT_SECONDS = 4.0
LOOK_AGAIN_SECONDS = 300.0
"""So often the webhook is looked after."""


class Leader:
    """Runs in every replica; works in the one that has the lease."""

    def __init__(
        self, bot: Bot, gate: Gate, desk: Desk, settings: TelegramSettings, poller: Poller, staff: StaffChat
    ) -> None:
        self._bot = bot
        self._gate = gate
        self._desk = desk
        self._settings = settings
        self._poller = poller
        self._staff = staff
        self._set = False
        self._owner = gate.deps.settings.instance[:64]

    async def run(self) -> None:
        """Until cancelled; then the lease is given back."""
        try:
            while True:
                if await self._hold():
                    await self._lead()
                await asyncio.sleep(BEAT_SECONDS)
        finally:
            await self._gate.threads.write(self._drop)

    async def _lead(self) -> None:
        """Work as long as the lease is ours."""
        work = asyncio.gather(self._introduce(), self._come_in(), self._staff.run())
        held = time.monotonic()
        try:
            while not work.done() and time.monotonic() - held < LEASE_SECONDS:
                await asyncio.wait({work}, timeout=BEAT_SECONDS)
                if await self._hold():
                    held = time.monotonic()
                else:
                    break
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        log.warning("telegram_lease_lost")

    async def _hold(self) -> bool:
        try:
            return await self._gate.threads.write(self._take)
        except Exception as error:  # noqa: BLE001 - whatever the database raises
            log.warning("telegram_lease_failed", error=type(error).__name__)
            return False

    def _take(self) -> bool:
        with self._gate.deps.database.begin() as conn:
            return store.take_lease(conn, LEASE, self._owner, time.time(), LEASE_SECONDS)

    def _drop(self) -> None:
        with self._gate.deps.database.begin() as conn:
            store.drop_lease(conn, LEASE, self._owner)

    async def _introduce(self) -> None:
        await _patiently("commands", lambda: self._bot.set_my_commands(known()))

    async def _come_in(self) -> None:
        """One way in: Telegram posts, or we poll; never both."""
        if not self._settings.webhook_url:
            await self._poller.run()
            return
        while True:
            await _patiently("webhook", self._look_after_webhook)
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def _look_after_webhook(self) -> None:
        url = field(await self._bot.get_webhook_info(), "url")
        if url == self._settings.webhook_url and self._set:
            return
        await self._bot.set_webhook(
            self._settings.webhook_url,
            secret_token=self._settings.secret,
            allowed_updates=KINDS,
            drop_pending_updates=False,
        )
        self._set = True


async def _patiently(what: str, call: Callable[[], Awaitable[object]]) -> None:
    """Until Telegram takes it."""
    tries = 0
    while True:
        try:
            await call()
            return
        except TelegramRetryAfter as busy:
            await asyncio.sleep(busy.retry_after)
        except TelegramAPIError as error:
            seconds = PAUSES[min(tries, len(PAUSES) - 1)]
            if tries == 0:
                log.warning("telegram_unreachable", what=what, error=type(error).__name__)
            tries += 1
            await asyncio.sleep(seconds)
