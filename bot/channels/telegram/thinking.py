"""“typing…” from the moment a message is in until its answer goes out (sendChatAction lasts 5 seconds)."""

import asyncio
import time
from contextlib import suppress

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError

FIRST_SECONDS = 0.3
"""Most answers are faster than this and need no sign."""
AGAIN_SECONDS = 4.5
LONGEST_SECONDS = 12.0
"""Long before this the reader hears that it takes a moment; or a person has the talk and nothing comes."""


class Thinking:
    """One sign a conversation, repeated; best effort."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self, conversation_id: str, chat: int, action: str = "typing") -> None:
        """A message came in."""
        self.end(conversation_id)
        task = asyncio.create_task(self._show(chat, action))
        self._tasks[conversation_id] = task
        task.add_done_callback(lambda done: self._forget(conversation_id, done))

    def keep(self, conversation_id: str, chat: int) -> None:
        """As `begin`, unless the sign is shown already."""
        if conversation_id not in self._tasks:
            self.begin(conversation_id, chat)

    def end(self, conversation_id: str) -> None:
        """Its answer goes out."""
        task = self._tasks.pop(conversation_id, None)
        if task is not None:
            task.cancel()

    async def once(self, chat: int, action: str = "typing") -> None:
        """One sign."""
        with suppress(TelegramAPIError):
            await self._bot.send_chat_action(chat, action, request_timeout=5)

    async def stop(self) -> None:
        """No more signs."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self, conversation_id: str, task: "asyncio.Task[None]") -> None:
        if self._tasks.get(conversation_id) is task:
            self._tasks.pop(conversation_id, None)

    async def _show(self, chat: int, action: str) -> None:
        until = time.monotonic() + LONGEST_SECONDS
        await asyncio.sleep(FIRST_SECONDS)
        while time.monotonic() < until:
            await self.once(chat, action)
            await asyncio.sleep(AGAIN_SECONDS)
