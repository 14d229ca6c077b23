"""Speech in processes of its own, so that text turns never wait for it and a crash in a codec harms nobody.

Each worker is a fresh interpreter (spawn) that keeps its models loaded. At most `waiting` requests wait; one
more is refused at once (Busy). A worker that dies is replaced and its request tried once more; a request that
takes too long costs its worker its life.
"""

import asyncio
import contextlib
import multiprocessing as mp
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import structlog

from bot.voice.audio import Busy, Fault, Unreadable
from bot.voice.formats import from_wave, header, to_wave
from lending.ports import Heard, PortUnavailable, Speech

log = structlog.get_logger(__name__)

MakeSpeech = Callable[[], Speech]
"""Makes the adapter inside a worker; must be picklable."""

NICENESS = 5
"""Workers give way to text turns."""
PATIENCE = 25.0
"""Seconds that one request may take in a worker."""
WAITING = 8
_WARM_UP_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Hear:
    """Understand a recording in any format."""

    data: bytes
    mime: str
    prompt: str


@dataclass(frozen=True, slots=True)
class Say:
    """Speak a text in a form (`from_wave`)."""

    text: str
    form: str


@dataclass(frozen=True, slots=True)
class WarmUp:
    """Load the models."""


Request = Hear | Say | WarmUp


class SpeechPool:
    """Runs requests in `workers` processes. `start` returns at once; models load in the background."""

    def __init__(
        self, make: MakeSpeech, *, workers: int = 1, waiting: int = WAITING, patience: float = PATIENCE
    ) -> None:
        self._make, self._patience = make, patience
        self._most = workers + waiting
        self._inside = 0
        self._workers = [_Worker(make) for _ in range(workers)]
        self._free: asyncio.Queue[_Worker] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._started = False

    async def start(self) -> None:
        """Begin to load; requests may come at once and wait for it. The first request starts it too."""
        if self._started:
            return
        self._started = True
        for worker in self._workers:
            self._background(self._prepare(worker))

    async def stop(self) -> None:
        """End every worker; requests under way fail with PortUnavailable."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(asyncio.to_thread(worker.end) for worker in self._workers))

    async def hear(self, data: bytes, mime: str, prompt: str) -> Heard:
        """Raises Unreadable, Busy, PortUnavailable."""
        heard: Heard = await self._run(Hear(data, mime, prompt))
        return heard

    async def say(self, text: str, form: str) -> bytes:
        """Raises Busy, PortUnavailable; ValueError for a form that cannot be written."""
        said: bytes = await self._run(Say(text, form))
        return said

    async def _run(self, request: Request) -> Any:
        if self._inside >= self._most:
            raise Busy("too many recordings wait")
        self._inside += 1
        await self.start()
        try:
            worker = await self._free.get()
            try:
                return await self._asked_twice(worker, request)
            finally:
                self._background(self._give_back(worker))
        finally:
            self._inside -= 1

    async def _asked_twice(self, worker: "_Worker", request: Request) -> Any:
        """A worker may have died of an earlier request or be killed for memory: once more, then no more."""
        for attempt in (1, 2):
            try:
                return await self._ask(worker, request, self._patience)
            except _Died as died:
                log.warning("speech worker died", attempt=attempt, exit_code=died.code)
                await asyncio.to_thread(worker.begin)
        if isinstance(request, Hear):
            raise Unreadable(Fault.NOT_AUDIO)
        raise PortUnavailable("the speech worker died twice")

    async def _ask(self, worker: "_Worker", request: Request, seconds: float) -> Any:
        try:
            answer = await asyncio.to_thread(worker.ask, request, seconds)
        except TimeoutError as error:
            raise Busy("this took too long") from error
        except asyncio.CancelledError:
            worker.kill()
            raise
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def _prepare(self, worker: "_Worker") -> None:
        try:
            await asyncio.to_thread(worker.begin)
            await self._ask(worker, WarmUp(), _WARM_UP_SECONDS)
        except (_Died, Busy, PortUnavailable) as error:
            log.warning("speech is not ready", reason=str(error))
        self._free.put_nowait(worker)

    async def _give_back(self, worker: "_Worker") -> None:
        if not worker.alive:
            await self._prepare(worker)
        else:
            self._free.put_nowait(worker)

    def _background(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Died(Exception):
    """The worker ended without an answer."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"exit code {code}")
        self.code = code


class _Worker:
    """One process and the pipe to it. Its calls block; one at a time."""

    def __init__(self, make: MakeSpeech) -> None:
        self._make = make
        self._process: Any = None
        self._pipe: Connection | None = None

    @property
    def alive(self) -> bool:
        return self._process is not None and bool(self._process.is_alive())

    def begin(self) -> None:
        """A new process in place of the old one."""
        self.end()
        context = mp.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, self._make), name="speech", daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, request: Request, seconds: float) -> Any:
        """The answer, or the exception that was raised there. Raises _Died, and TimeoutError after a kill."""
        if self._pipe is None or not self.alive:
            raise _Died(None)
        try:
            self._pipe.send(request)
            if self._pipe.poll(seconds):
                return self._pipe.recv()
        except (EOFError, OSError) as error:
            self.kill()
            raise _Died(self._process.exitcode) from error
        self.kill()
        raise TimeoutError

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join(5)

    def end(self) -> None:
        self.kill()
        if self._pipe is not None:
            self._pipe.close()
        self._process = self._pipe = None


def _work(pipe: Connection, make: MakeSpeech) -> None:
    """A worker's life: request in, answer or exception out, until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    speech = make()
    while True:
        try:
            request = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(_answer(speech, request))


def _answer(speech: Speech, request: Request) -> Any:
    try:
        return _do(speech, request)
    except (Unreadable, PortUnavailable, ValueError) as error:
        return error
    except Exception as error:  # noqa: BLE001 whatever a codec or model raises, the worker lives on
        return PortUnavailable(f"{type(error).__name__}: {error}")


def _do(speech: Speech, request: Request) -> Any:
    if isinstance(request, Hear):
        return speech.listen(to_wave(request.data, request.mime), request.prompt)
    if isinstance(request, Say):
        return from_wave(speech.speak(request.text), request.form)
    return _warm_up(speech)


def _warm_up(speech: Speech) -> None:
    """Speaking loads the voice; hearing that loads the ears. An adapter that lacks one is no fault."""
    with contextlib.suppress(PortUnavailable):
        speech.speak("好")
    speech.listen(_murmur())


def _murmur() -> bytes:
    """Half a second of a quiet rumble, loud enough not to be passed over as silence."""
    samples = b"".join(
        (200 if at // 80 % 2 else -200).to_bytes(2, "little", signed=True) for at in range(8000)
    )
    return header(len(samples)) + samples
