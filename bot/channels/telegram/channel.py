"""Telegram as a push channel: polls or is posted to, sends, fetches voice (docs/telegram.md)."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from aiogram import Bot
from fastapi import APIRouter

from bot.channels.base import Delivery, MediaLater, Parcel, Peer, Result, Verdict
from bot.channels.telegram import media, render, webhook
from bot.channels.telegram.api import make_bot
from bot.channels.telegram.desk import CHANNEL, Desk
from bot.channels.telegram.intake import Intake
from bot.channels.telegram.lead import Leader
from bot.channels.telegram.limits import Limits
from bot.channels.telegram.polling import Poller
from bot.channels.telegram.sender import Sender, Speak
from bot.channels.telegram.settings import TelegramSettings
from bot.channels.telegram.staff import StaffChat
from bot.channels.telegram.thinking import Thinking
from bot.gate import Gate
from bot.voice.audio import Audio
from bot.voice.speaking import clip

CLOSE_SECONDS = 5.0


class TelegramChannel:
    """A `bot.channels.base.Channel`. `speak`: makes the voice of a reply."""

    name = CHANNEL
    grace = 0.0

    def __init__(self, settings: TelegramSettings, speak: Speak = clip) -> None:
        self.settings = settings
        self._speak = speak
        self._bot: Bot | None = None
        self._desk: Desk | None = None
        self._intake: Intake | None = None
        self._sender: Sender | None = None
        self._thinking: Thinking | None = None
        self._running: list[asyncio.Task[Any]] = []
        self.router: APIRouter | None = webhook.router(settings.secret, lambda: self._intake)

    async def start(self, gate: Gate) -> None:
        """Begin in the background: Telegram may be out of reach."""
        bot = self._bot = make_bot(self.settings.token, self.settings.api_base)
        limits = Limits(gate.deps.database, gate.threads)
        self._thinking = Thinking(bot)
        self._desk = Desk(bot, gate, self._thinking)
        self._intake = Intake(bot, gate, self._desk)
        self._sender = Sender(bot, gate, limits, self._speak)
        poller = Poller(bot, self._intake)
        staff = StaffChat(bot, gate, limits, self.settings.staff_chat)
        leader = Leader(bot, gate, self._desk, self.settings, poller, staff)
        self._running = [
            asyncio.create_task(leader.run(), name="telegram-leader"),
            asyncio.create_task(self._desk.know_ourselves(), name="telegram-name"),
        ]

    async def stop(self) -> None:
        """Take nothing in any more and close connections."""
        for task in self._running:
            task.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await asyncio.gather(*self._running, return_exceptions=True)
        if self._thinking is not None:
            await self._thinking.stop()
        if self._desk is not None:
            await self._desk.close()
        if self._bot is not None:
            await self._bot.session.close()
        self._intake = self._sender = None

    def parcels(self, peer: Peer, batch: Sequence[Delivery]) -> list[Parcel]:
        """One parcel a message: texts in pieces, a QR picture for a pickup code, a voice where wanted."""
        return render.parcels(peer, batch, self._desk.username if self._desk else "")

    async def send(self, peer: Peer, parcel: Parcel) -> Result:
        """Send one message at the pace that Telegram allows."""
        if self._sender is None or self._thinking is None:
            return Result(Verdict.AGAIN, 1.0, "stopped")
        self._thinking.end(peer.conversation_id)
        return await self._sender.send(peer, parcel)

    async def typing(self, peer: Peer) -> None:
        """Show that an answer is being made, until it goes out."""
        if self._thinking is not None:
            self._thinking.keep(peer.conversation_id, int(peer.address))

    async def fetch(self, content: Mapping[str, Any]) -> Audio:
        """The voice message's bytes."""
        if self._bot is None:
            raise MediaLater("stopped")
        return await media.fetch(self._bot, content)
