"""Who is next: messages of one conversation are answered in order, by one replica at a time."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar, cast

import structlog

from bot.conversation import Conversation
from bot.dialogue import DialogueDown
from bot.inbound import Inbound
from bot.metrics import Metrics
from bot.store.model import Answer, Opened, Pending, Standing
from bot.store.turns import Turns
from bot.threads import Threads
from bot.wakeups import Wakeups

T = TypeVar("T")

log = structlog.get_logger(__name__)

BACK_OFF_SECONDS = (1, 2, 4, 8, 15)
LEASE_POLL_SECONDS = 0.05
SWEEP_LIMIT = 40
THINKING_SECONDS = 1.0
"""A turn that takes longer shows that it is thinking, where the channel can."""


@dataclass(slots=True)
class _Line:
    """The queue at one conversation: through the `door` in order of arrival, then one at a time."""

    door: asyncio.Lock = field(default_factory=asyncio.Lock)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class Queue:
    """Takes messages in, gives answers out.

    patience: seconds until “it takes a moment” is told, `patiences` the same by channel. thinking: called
    with a conversation whose turn takes long.
    """

    def __init__(
        self,
        turns: Turns,
        conversation: Conversation,
        threads: Threads,
        wakeups: Wakeups,
        metrics: Metrics,
        *,
        patience: float = 4.5,
        patiences: Mapping[str, float] | None = None,
        session_turns: int = 20,
        thinking: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self._turns = turns
        self._conversation = conversation
        self._threads = threads
        self._wakeups = wakeups
        self._metrics = metrics
        self._patience = patience
        self._patiences = patiences or {}
        self._thinking = thinking
        self._session_turns = session_turns
        self._lines: dict[str, _Line] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def handle(self, inbound: Inbound) -> Answer:
        """The answer to one message; the same message again gets the same answer and does nothing."""
        return await self._handle(inbound, asyncio.Event())

    async def take(self, inbound: Inbound) -> "asyncio.Task[Answer]":
        """Returns when the message is written down; the task ends with its answer, or with “a moment”.

        Raises what the database raises when it could not be written.
        """
        written = asyncio.Event()
        task = self._start(self._handle(inbound, written))
        waiter = asyncio.create_task(written.wait())
        try:
            await asyncio.wait({task, waiter}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiter.cancel()
        if not written.is_set():
            await task
        return task

    async def _handle(self, inbound: Inbound, written: asyncio.Event) -> Answer:
        began = time.perf_counter()
        task = self._start(self._answer(inbound, written))
        if await self._patiently(task, inbound.channel, inbound.conversation_id):
            answer = task.result()
        else:
            answer = await self._wait(inbound, task)
        outcome = "final" if answer.final else "later"
        self._metrics.turn(inbound.channel, inbound.kind, outcome, began)
        taken = round((time.perf_counter() - began) * 1000)
        log.info("turn", channel=inbound.channel, kind=inbound.kind, outcome=outcome, milliseconds=taken)
        return answer

    async def _patiently(self, task: "asyncio.Task[Answer]", channel: str, conversation_id: str) -> bool:
        """Wait as long as this channel's readers may be left without a word; whether the task is done."""
        patience = self._patiences.get(channel, self._patience)
        if self._thinking is not None and channel in self._patiences:
            await asyncio.wait({task}, timeout=min(THINKING_SECONDS, patience))
            if not task.done():
                patience -= THINKING_SECONDS
                self._start(self._think(conversation_id))
        await asyncio.wait({task}, timeout=max(patience, 0))
        return task.done()

    async def _think(self, conversation_id: str) -> None:
        if self._thinking is not None:
            await self._thinking(conversation_id)

    async def enqueue(self, inbound: Inbound) -> None:
        """Write a message down now and answer it in the background, as later messages."""
        await self._threads.write(self._turns.receive, inbound, False)
        self._start(self._answer(inbound, asyncio.Event()))

    async def sweep(self) -> int:
        """Answer what was left (a crash, the dialogue down). How many conversations were tried.

        The oldest goes first and alone: while the dialogue is down, one try a sweep is enough.
        """
        due = await self._threads.read(self._turns.due, SWEEP_LIMIT)
        left = [(name, inbox_id) for name, inbox_id in due if name not in self._lines]
        if not left:
            return 0
        first = await self._resumed(*left[0])
        if not first.final:
            return 1
        await asyncio.gather(*(self._resumed(*one) for one in left[1:]))
        return len(left)

    async def renew(self) -> None:
        """Keep the leases of the turns under way."""
        if self._lines:
            await self._threads.write(self._turns.renew)

    async def drain(self, seconds: float = 3.0) -> None:
        """Let turns under way end; what does not end stays received for the next start."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)
        for task in set(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._metrics.error("turn")
            log.error("turn_failed", error=type(error).__name__, exc_info=error)

    async def _wait(self, inbound: Inbound, task: "asyncio.Task[Answer]") -> Answer:
        opened = await self._threads.write(self._turns.receive, inbound, False)
        if opened.answer is not None:
            return await task
        if self._conversation.urgent(inbound.kind, inbound.content):
            return await self._hand_over(inbound.conversation_id, opened.inbox_id)
        return await self._tell_wait(inbound.conversation_id, opened.inbox_id)

    async def _hand_over(self, conversation_id: str, inbox_id: int) -> Answer:
        """“人工” out of turn: what stands before it may be stuck."""
        pending, standing = await self._threads.read(self._turns.look, conversation_id, inbox_id)
        outcome = self._conversation.hand_over()
        answer, _ = await self._threads.write(self._turns.answer, pending, standing, outcome, True)
        self._wakeups.wake(conversation_id)
        return answer

    async def _tell_wait(self, conversation_id: str, inbox_id: int) -> Answer:
        reply = self._conversation.waiting()
        answer = await self._threads.write(self._turns.wait, conversation_id, inbox_id, reply)
        self._wakeups.wake(conversation_id)
        return answer

    async def _answer(self, inbound: Inbound, written: asyncio.Event) -> Answer:
        async with self._at(inbound.conversation_id) as line:
            async with line.door:
                at_once = not line.lock.locked()
                if at_once:
                    await line.lock.acquire()
                opened = await self._receive(inbound, line, at_once)
                written.set()
            if not at_once:
                await line.lock.acquire()
            try:
                return opened.answer or await self._work(inbound.conversation_id, opened)
            finally:
                line.lock.release()

    async def _receive(self, inbound: Inbound, line: _Line, lease: bool) -> Opened:
        """Write the message down, whether or not its turn has come."""
        began = time.perf_counter()
        try:
            return await self._threads.write(self._turns.receive, inbound, lease)
        except BaseException:
            if lease:
                line.lock.release()
            raise
        finally:
            self._metrics.stage("received", began)

    async def _resumed(self, conversation_id: str, inbox_id: int) -> Answer:
        """Answer what was left; the reader hears within our patience that it takes a moment."""
        task = self._start(self._resume(conversation_id, inbox_id))
        await asyncio.wait({task}, timeout=self._patience)
        if not task.done():
            await self._tell_wait(conversation_id, inbox_id)
        return await task

    async def _resume(self, conversation_id: str, inbox_id: int) -> Answer:
        async with self._at(conversation_id) as line, line.lock:
            return await self._work(conversation_id, Opened(inbox_id))

    @asynccontextmanager
    async def _at(self, conversation_id: str) -> AsyncIterator[_Line]:
        """The conversation's queue, kept as long as anyone stands in it."""
        line = self._lines.setdefault(conversation_id, _Line())
        line.waiting += 1
        try:
            yield line
        finally:
            line.waiting -= 1
            if not line.waiting:
                self._lines.pop(conversation_id, None)

    async def _work(self, conversation_id: str, opened: Opened) -> Answer:
        """Answer everything up to the opened message, oldest first; the answer to the opened one."""
        while not opened.leased:
            opened = await self._threads.write(self._turns.take, conversation_id, opened.inbox_id)
            if opened.answer is not None:
                return opened.answer
            if not opened.leased:
                await asyncio.sleep(LEASE_POLL_SECONDS)
        return await self._answer_all(opened)

    async def _answer_all(self, opened: Opened) -> Answer:
        standing = cast(Standing, opened.standing)
        for place, pending in enumerate(opened.pending):
            last = place == len(opened.pending) - 1
            try:
                answer, standing = await self._one(pending, standing, keep=not last)
            except DialogueDown as down:
                return await self._put_off(opened.pending[place:], down)
            except asyncio.CancelledError:
                with suppress(Exception):
                    self._turns.release(pending.conversation_id)
                raise
        if standing.turns >= self._session_turns:
            self._start(self._rest(opened.pending[-1].conversation_id, standing.turns))
        return answer

    async def _one(self, pending: Pending, standing: Standing, *, keep: bool) -> tuple[Answer, Standing]:
        try:
            outcome = await self._conversation.turn(pending, standing)
        except DialogueDown:
            raise
        except Exception:
            self._metrics.error("turn")
            log.exception("turn_broke", inbox=pending.inbox_id, kind=pending.kind)
            outcome = self._conversation.trouble()
        began = time.perf_counter()
        answer, after = await self._threads.write(self._turns.answer, pending, standing, outcome, keep)
        self._metrics.stage("written", began)
        self._wakeups.wake(pending.conversation_id)
        return answer, after

    async def _put_off(self, pending: tuple[Pending, ...], down: DialogueDown) -> Answer:
        """Keep the messages, tell the reader once for each that it takes a moment."""
        self._metrics.error("dialogue")
        log.warning("dialogue_down", reason=str(down), sent=down.sent, messages=len(pending))
        reply = self._conversation.waiting()
        urgent = [one for one in pending if self._conversation.urgent(one.kind, one.content)]
        told = {one.inbox_id: await self._hand_over(one.conversation_id, one.inbox_id) for one in urgent}
        for one in pending:
            if one.inbox_id in told:
                continue
            pause = timedelta(seconds=BACK_OFF_SECONDS[min(one.attempts, len(BACK_OFF_SECONDS) - 1)])
            told[one.inbox_id] = await self._threads.write(self._turns.put_off, one, reply, pause)
            self._wakeups.wake(one.conversation_id)
        return told[pending[-1].inbox_id]

    async def _rest(self, conversation_id: str, turns: int) -> None:
        async with self._at(conversation_id) as line, line.lock:
            try:
                if await self._conversation.rest(conversation_id):
                    await self._threads.write(self._turns.rested, conversation_id, turns)
            except DialogueDown:
                log.info("session_rest_put_off")
