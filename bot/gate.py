"""What a push channel gets: the way in for messages, the way out for answers it hands over itself."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from bot.channels.base import Delivery
from bot.deliveries import Deliverer
from bot.deps import BotDeps
from bot.inbound import Inbound
from bot.metrics import Metrics
from bot.queue import Queue
from bot.replies import Reply
from bot.store.deliveries import Deliveries
from bot.store.peers import Peers
from bot.store.turns import Turns
from bot.telling import Teller
from bot.threads import Threads


class Gate:
    """One channel's gate. Conversation ids are ours; `user` is the platform's name of the reader."""

    def __init__(
        self,
        channel: str,
        deps: BotDeps,
        queue: Queue,
        deliverer: Deliverer,
        peers: Peers,
        store: Deliveries,
        *,
        turns: Turns,
        threads: Threads,
        teller: Teller,
        metrics: Metrics,
    ) -> None:
        self.channel = channel
        self.deps = deps
        self.turns = turns
        self.threads = threads
        self.teller = teller
        self.metrics = metrics
        self._queue = queue
        self._deliverer = deliverer
        self._peers = peers
        self._store = store

    async def open(
        self,
        user: str,
        address: str,
        facts: Mapping[str, Any] | None = None,
        source: str | None = None,
    ) -> str:
        """The conversation of this user, made when there is none, and reachable again.

        facts: merged into what is known. source: where a new reader came from (kept from the first time).
        """
        known, told = facts or {}, source[:64] if source else None
        found = await self.threads.read(self._peers.known, self.channel, user, address, known)
        if found is not None:
            return found
        return await self.threads.write(self._peers.open, self.channel, user, address, known, told)

    async def find(self, user: str) -> str | None:
        """The conversation of this user, if there is one."""
        return await self.threads.read(self._peers.find, self.channel, user)

    async def take(self, inbound: Inbound) -> None:
        """Returns when the message is written down, so that the platform may be told; answered behind it."""
        await self._queue.take(inbound)

    async def tell(self, conversation_id: str, reply: Reply, key: str) -> bool:
        """Say something on the channel's own account; False when this key was told before."""
        fresh = await self.threads.write(self.turns.say_later, conversation_id, reply, key=key)
        self._deliverer.wake(conversation_id)
        return fresh

    async def answered(self, inbound: Inbound, seconds: float) -> bool:
        """`take`, then wait, at most so long in all, until it is answered or “it takes a moment” was written.

        False: nothing yet. The same message again waits for the same answer and does nothing twice. Raises
        TimeoutError when it could not even be written down: then do not acknowledge it.
        """
        until = time.monotonic() + seconds
        async with asyncio.timeout(seconds):
            task = await self._queue.take(inbound)
        await asyncio.wait({task}, timeout=max(until - time.monotonic(), 0))
        return task.done() and not task.cancelled() and task.exception() is None

    async def collect(self, conversation_id: str, message_id: str) -> list[Delivery]:
        """Everything that waits for this reader, oldest first, kept from being pushed for 10 seconds.

        `message_id` is what the passive answer answers: asked again for it (the platform's retry), the same
        deliveries come again, whether or not they were settled. Empty while a push is under way.
        """
        return await self.threads.write(self._store.collect, conversation_id, message_id)

    async def settle(
        self,
        deliveries: Sequence[Delivery],
        proof: str,
        progress: Sequence[tuple[int, int, bool]] | None = None,
    ) -> None:
        """These were handed over passively; what was collected with them and is not among them gets pushed.

        progress: as in a parcel, when a delivery went only in part.
        """
        ids = [one.id for one in deliveries]
        for name in await self.threads.write(self._store.settle, ids, proof, progress):
            self._deliverer.wake(name)
        self.metrics.delivery(self.channel, "passive", len(ids))

    async def unreachable(self, conversation_id: str, reason: str) -> None:
        """The reader left or blocked us: deliveries and notices stop, kept, until `open`."""
        await self.threads.write(self._store.stop, conversation_id, reason)

    async def facts(self, conversation_id: str, **changes: Any) -> None:
        """Change the channel's own facts about this reader; None takes one away."""
        await self.threads.write(self._peers.change, conversation_id, changes)
