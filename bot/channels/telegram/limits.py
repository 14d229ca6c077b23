"""How fast we send: 1/s a chat with a burst, 20/min a group, 30/s in all; rows, shared among replicas.

Telegram, Bots FAQ, “My bot is hitting limits”. Ours stay a little below; a 429 is obeyed to the second.
"""

import asyncio
import time
from collections.abc import Callable

from bot.store import telegram as store
from bot.store.sessions import digest
from bot.store.telegram import Pace
from bot.threads import Threads
from lending.storage.base import Database

OVERALL = Pace("all", 1 / 25, 5)
PRIVATE_SECONDS, PRIVATE_BURST = 1.0, 4
GROUP_SECONDS, GROUP_BURST = 3.3, 2
PATIENCE = 3.0
"""A turn that comes this soon is waited for; a later one is the deliverer's to wait for."""


class Limits:
    """`now` is the machine's clock in seconds, the same for all replicas within their accuracy."""

    def __init__(self, database: Database, threads: Threads, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._threads = threads
        self._now = now

    async def turn(self, chat: str, group: bool) -> float:
        """Returns when a message may go (0), or the seconds until then when that is too long to wait here."""
        left = PATIENCE
        while (wait := await self._threads.write(self._take, chat, group)) > 0:
            if wait > left:
                return wait
            left -= wait
            await asyncio.sleep(wait)
        return 0.0

    async def told_to_wait(self, chat: str, seconds: float) -> None:
        """A 429: this chat waits. When a second chat was told so meanwhile, it is meant for all."""
        await self._threads.write(self._close, chat, seconds)

    def _take(self, chat: str, group: bool) -> float:
        pace = (GROUP_SECONDS, GROUP_BURST) if group else (PRIVATE_SECONDS, PRIVATE_BURST)
        with self._database.begin() as conn:
            return store.take_turn(conn, (OVERALL, Pace(key(chat), *pace)), self._now())

    def _close(self, chat: str, seconds: float) -> None:
        now = self._now()
        with self._database.begin() as conn:
            store.close_until(conn, key(chat), now + seconds, now)
            if store.closed_chats(conn, "chat:", now) > 1:
                store.close_until(conn, OVERALL.key, now + seconds, now)


def key(chat: str) -> str:
    """A chat's row: its id is kept as a hash only."""
    return f"chat:{digest(chat)[:32]}"
