"""The deliverer: what was written for a push channel reaches its reader, in order, however often we crash."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import structlog

from bot.channels.base import Channel, Delivery, Parcel, Peer, Result, Verdict
from bot.metrics import Metrics
from bot.store.deliveries import Claimed, Deliveries
from bot.threads import Threads
from lending.ports import Clock

log = structlog.get_logger(__name__)

PAUSES = (1, 2, 5, 15, 30, 60, 120, 300)
"""Seconds before the next try, by tries before; the last goes on."""
GIVE_UP_SECONDS = 86_400
"""A reply that could not be sent for a day is given up."""
BROKEN_TRIES = 8
"""So often may a channel's own code break over one delivery, before it is given up."""
AT_ONCE = 40
"""Conversations of one channel that are sent to at the same time."""
SWEEP_LIMIT = 200


class Deliverer:
    """One task for each conversation that has something to hand over; what it is stands in the rows alone."""

    def __init__(
        self,
        channels: Sequence[Channel],
        store: Deliveries,
        threads: Threads,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self.channels: Mapping[str, Channel] = {channel.name: channel for channel in channels}
        self._store = store
        self._threads = threads
        self._metrics = metrics
        self._clock = clock
        self._lanes = {name: asyncio.Semaphore(AT_ONCE) for name in self.channels}
        self._serving: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._alarms: dict[str, asyncio.TimerHandle] = {}
        self._stopping = False

    def wake(self, conversation_id: str) -> None:
        """Something may be due in this conversation."""
        if not self.channels or self._stopping:
            return
        if conversation_id in self._serving:
            self._again.add(conversation_id)
            return
        if (alarm := self._alarms.pop(conversation_id, None)) is not None:
            alarm.cancel()
        task = asyncio.get_running_loop().create_task(self._serve(conversation_id))
        self._serving[conversation_id] = task
        task.add_done_callback(lambda done: self._served(conversation_id, done))

    async def thinking(self, conversation_id: str) -> None:
        """Show the reader that an answer is being made."""
        peer = await self._threads.read(self._store.peer, conversation_id)
        if peer is not None and peer.channel in self.channels:
            with suppress(Exception):
                await self.channels[peer.channel].typing(peer)

    async def sweep(self) -> int:
        """Wake what is due, whoever wrote it. How many conversations."""
        if not self.channels:
            return 0
        due = await self._threads.read(self._store.due, SWEEP_LIMIT)
        for conversation_id in due:
            self.wake(conversation_id)
        return len(due)

    async def idle(self) -> None:
        """Until nobody is being served (for tests and for the end)."""
        while self._serving:
            await asyncio.gather(*self._serving.values(), return_exceptions=True)

    async def stop(self, seconds: float = 3.0) -> None:
        """Let parcels under way end; what is cut off is sent again by the next start."""
        self._stopping = True
        for alarm in self._alarms.values():
            alarm.cancel()
        if tasks := set(self._serving.values()):
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _served(self, conversation_id: str, task: "asyncio.Task[None]") -> None:
        self._serving.pop(conversation_id, None)
        again = conversation_id in self._again
        self._again.discard(conversation_id)
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            self._metrics.error("delivery")
            log.error("delivery_failed", error=type(error).__name__, exc_info=error)
        elif again:
            self.wake(conversation_id)

    async def _serve(self, conversation_id: str) -> None:
        """Hand over batch after batch until nothing is due."""
        if not await self._threads.read(self._store.waits, conversation_id):
            return
        while not self._stopping:
            claimed = await self._threads.write(self._store.claim, conversation_id)
            if claimed.peer is None or not await self._hand_over(claimed.peer, claimed):
                self._set_alarm(conversation_id, claimed)
                return

    def _set_alarm(self, conversation_id: str, claimed: Claimed) -> None:
        """Come back when the first one is due; should the alarm be lost, the sweep comes."""
        if claimed.again_at is None:
            return
        seconds = (claimed.again_at - self._clock.now()).total_seconds()
        loop = asyncio.get_running_loop()
        self._alarms[conversation_id] = loop.call_later(max(seconds, 0.01), self._ring, conversation_id)

    def _ring(self, conversation_id: str) -> None:
        self._alarms.pop(conversation_id, None)
        self.wake(conversation_id)

    async def _hand_over(self, peer: Peer, claimed: Claimed) -> bool:
        """Send a claimed batch; False when the rest has to wait."""
        channel = self.channels.get(peer.channel)
        if channel is None:  # switched off: kept until it is on again
            await self._put_back(claimed.batch, PAUSES[-1], "no such channel")
            return False
        async with self._lanes[peer.channel]:
            try:
                parcels = channel.parcels(peer, claimed.batch)
            except Exception as error:  # noqa: BLE001 - a channel's bug costs one reply, not the rest
                return await self._broke(channel, claimed.batch, error)
            for parcel in parcels:
                if not await self._post(channel, peer, parcel, claimed.batch):
                    return False
        await self._unsendable(channel, claimed.batch, parcels)
        return True

    async def _post(self, channel: Channel, peer: Peer, parcel: Parcel, batch: Sequence[Delivery]) -> bool:
        """One parcel; False ends the batch."""
        packed = {step[0] for step in parcel.progress}
        tried = [one for one in batch if one.id in packed]
        try:
            result = await channel.send(peer, parcel)
        except Exception as error:  # noqa: BLE001 - as above
            return await self._broke(channel, tried, error)
        self._metrics.delivery(channel.name, str(result.verdict), len(tried))
        return await self._heed(result, peer, parcel, tried)

    async def _heed(self, result: Result, peer: Peer, parcel: Parcel, tried: Sequence[Delivery]) -> bool:
        name, ids = peer.conversation_id, [one.id for one in tried]
        match result.verdict:
            case Verdict.SENT:
                await self._threads.write(self._store.advance, name, parcel.progress, result.proof)
            case Verdict.HELD | Verdict.REFUSED:
                state = str(result.verdict)
                log.warning("not_delivered", channel=peer.channel, state=state, proof=result.proof)
                await self._threads.write(self._store.end, name, ids, state, result.proof)
            case Verdict.STOPPED:
                log.info("reader_left", channel=peer.channel, proof=result.proof)
                await self._threads.write(self._store.stop, name, result.proof)
                return False
            case Verdict.AGAIN:
                return await self._try_later(tried, result)
        return True

    async def _try_later(self, tried: Sequence[Delivery], result: Result) -> bool:
        first = tried[0]
        if (self._clock.now() - first.at).total_seconds() > GIVE_UP_SECONDS:
            ids, proof = [one.id for one in tried], f"given up: {result.proof}"
            await self._threads.write(self._store.end, first.conversation_id, ids, "refused", proof)
            return True
        seconds = result.seconds or PAUSES[min(first.attempts, len(PAUSES) - 1)]
        await self._put_back(tried, seconds, result.proof)
        return False

    async def _put_back(self, tried: Sequence[Delivery], seconds: float, proof: str) -> None:
        name = tried[0].conversation_id
        await self._threads.write(self._store.put_back, name, [one.id for one in tried], seconds, proof)
        self._again.add(name)  # once more round, which sets the alarm

    async def _broke(self, channel: Channel, tried: Sequence[Delivery], error: Exception) -> bool:
        """A channel's own code broke: try again, but let it never block the conversation for good."""
        self._metrics.error("delivery")
        log.error("channel_broke", channel=channel.name, exc_info=error)
        if tried[0].attempts + 1 < BROKEN_TRIES:
            return await self._try_later(tried, Result(Verdict.AGAIN, proof="broke"))
        name = tried[0].conversation_id
        await self._threads.write(self._store.end, name, [tried[0].id], "refused", "broke")
        await self._put_back(tried, 0, "broke")
        return False

    async def _unsendable(self, channel: Channel, batch: Sequence[Delivery], parcels: Sequence[Any]) -> None:
        """What a channel has no parcel for (nothing in it) is done with."""
        packed = {step[0] for parcel in parcels for step in parcel.progress}
        empty = [(one.id, 0, True) for one in batch if one.id not in packed]
        if empty:
            await self._threads.write(self._store.advance, batch[0].conversation_id, empty, "nothing to send")
