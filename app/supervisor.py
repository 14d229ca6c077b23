"""Keeps the programs running: starts them together, tells when each is ready, restarts the dead, ends all.

Each child leads a process group of its own, so whatever it started ends with it; `app/minder.py` ends the
groups when the supervisor itself is killed outright.
"""

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.processes import Process, log_file
from app.settings import ROOT

KEPT_LOGS = 5
LAST_LINES = 15


@dataclass(frozen=True, slots=True)
class Limits:
    """When to wait, when to give up. Seconds, but for `deaths`."""

    deaths: int = 3
    window: float = 60.0
    first_wait: float = 1.0
    longest_wait: float = 30.0
    stop_grace: float = 7.0
    start_limit: float = 300.0
    poll: float = 0.2
    still_starting: float = 15.0


class GaveUp(Exception):
    """A program died too often, or never became ready. The message says which."""


class Supervisor:
    """Runs the processes until told to stop. `say` gets each line meant for the operator."""

    def __init__(
        self,
        processes: Sequence[Process],
        logs: Path,
        say: Callable[[str], None],
        *,
        addresses: Sequence[str] = (),
        follow: bool = False,
        limits: Limits | None = None,
    ) -> None:
        self.processes = processes
        self.logs = logs
        self.say = say
        self.addresses = addresses
        self.follow = follow
        self.limits = limits or Limits()
        self.ready: set[str] = set()
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()
        self._minder: asyncio.subprocess.Process | None = None

    def stop(self) -> None:
        """Ask for an orderly end; asked twice, kill at once."""
        if self._stopping.is_set():
            self._hurry.set()
        else:
            self.say("Stopping.")
        self._stopping.set()

    async def run(self) -> int:
        """The exit code: 0 after `stop`, 1 when a program could not be kept running."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup means it
                loop.add_signal_handler(number, self.stop)
        for process in self.processes:
            rotate(log_file(self.logs, process.name))
        self._minder = await _start_minder()
        keepers = [asyncio.create_task(self._keep(process)) for process in self.processes]
        stopped = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([stopped, *keepers], return_when=asyncio.FIRST_COMPLETED)
            return self._verdict(keepers)
        finally:
            await _cancel([stopped, *keepers])
            await _end_minder(self._minder)

    def _verdict(self, keepers: Sequence[asyncio.Task[None]]) -> int:
        failed = [keeper.exception() for keeper in keepers if keeper.done()]
        for failure in failed:
            if not isinstance(failure, GaveUp):
                raise failure or AssertionError("a keeper never returns")
            self.say(f"{failure} Stopping everything.")
        return 1 if failed else 0

    # --- one process ---

    async def _keep(self, process: Process) -> None:
        """Start it again each time it dies, until it dies too often (GaveUp)."""
        loop = asyncio.get_running_loop()
        deaths: deque[float] = deque(maxlen=self.limits.deaths)
        while True:
            began = loop.time()
            ended = await self._run_once(process)
            died = loop.time()
            deaths.append(died)
            self._tell_death(process, ended)
            if len(deaths) == self.limits.deaths and died - deaths[0] <= self.limits.window:
                raise GaveUp(
                    f"{process.name} died {self.limits.deaths} times within {self.limits.window:.0f} s."
                )
            if died - began > self.limits.window:
                deaths = deque([died], maxlen=self.limits.deaths)
            wait = min(self.limits.first_wait * 2 ** (len(deaths) - 1), self.limits.longest_wait)
            self.say(f"{process.name} starts again in {wait:g} s.")
            await asyncio.sleep(wait)

    async def _run_once(self, process: Process) -> str:
        """How it ended, in words. However this returns or is cancelled, nothing of the child is left."""
        path = log_file(self.logs, process.name)
        with path.open("ab") as log:
            child = await asyncio.create_subprocess_exec(
                *process.command,
                cwd=ROOT,
                env=dict(process.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._tell_minder(f"+{child.pid}")
        helpers = [asyncio.create_task(self._watch_start(process, child))]
        if self.follow:
            helpers.append(asyncio.create_task(self._follow(process.name, path)))
        try:
            return _how(await child.wait())
        finally:
            await _cancel(helpers)
            await self._end(child)
            self.ready.discard(process.name)
            self._tell_minder(f"-{child.pid}")

    async def _end(self, child: asyncio.subprocess.Process) -> None:
        """Ask the group to end, wait, then kill whatever is left of it."""
        if child.returncode is None:
            _signal_group(child.pid, signal.SIGTERM)
            hurry = asyncio.create_task(self._hurry.wait())
            waiter = asyncio.create_task(child.wait())
            await asyncio.wait(
                [hurry, waiter], timeout=self.limits.stop_grace, return_when=asyncio.FIRST_COMPLETED
            )
            await _cancel([hurry, waiter])
        _signal_group(child.pid, signal.SIGKILL)
        await child.wait()

    async def _watch_start(self, process: Process, child: asyncio.subprocess.Process) -> None:
        """Say when it is ready; kill it when it takes too long."""
        loop = asyncio.get_running_loop()
        began = said = loop.time()
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            while not await _answers(client, process.ready_url):
                now = loop.time()
                if now - began > self.limits.start_limit:
                    self.say(f"{process.name} was not ready within {self.limits.start_limit:.0f} s.")
                    _signal_group(child.pid, signal.SIGKILL)
                    return
                if now - said >= self.limits.still_starting:
                    said = now
                    self.say(f"{process.name} is starting ({now - began:.0f} s) ...")
                await asyncio.sleep(self.limits.poll)
        self._tell_ready(process, loop.time() - began)

    # --- what the operator hears ---

    def _tell_ready(self, process: Process, seconds: float) -> None:
        self.say(f"{process.name} is ready ({seconds:.1f} s).")
        self.ready.add(process.name)
        if len(self.ready) == len(self.processes):
            for address in self.addresses:
                self.say(address)

    def _tell_death(self, process: Process, ended: str) -> None:
        self.say(f"{process.name} {ended}. Its last lines:")
        for line in last_lines(log_file(self.logs, process.name)):
            self.say(f"  {line}")

    async def _follow(self, name: str, path: Path) -> None:
        """Repeat on the console what the child writes into its log."""
        with path.open(encoding="utf-8", errors="replace") as log:
            log.seek(0, os.SEEK_END)
            while True:
                for line in log:
                    self.say(f"[{name}] {line.rstrip()}")
                await asyncio.sleep(self.limits.poll)

    def _tell_minder(self, line: str) -> None:
        if self._minder and self._minder.stdin:
            self._minder.stdin.write(f"{line}\n".encode())


async def _start_minder() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-S",
        str(ROOT / "app" / "minder.py"),
        stdin=asyncio.subprocess.PIPE,
        start_new_session=True,
    )


async def _end_minder(minder: asyncio.subprocess.Process) -> None:
    if minder.stdin:
        minder.stdin.close()
    await minder.wait()


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


async def _cancel(tasks: Sequence[asyncio.Task[object] | asyncio.Task[None]]) -> None:
    """Cancel them together and wait until each has cleaned up; how they ended is told elsewhere."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _how(code: int) -> str:
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def last_lines(path: Path, count: int = LAST_LINES) -> list[str]:
    """The end of a log file, at most `count` lines, reading no more than its last 16 KiB."""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 16_384))
        lines = log.read().decode("utf-8", errors="replace").splitlines()
    return [line for line in lines if line.strip()][-count:]


def rotate(path: Path) -> None:
    """Make room for a new log: `x.log` becomes `x.log.1`, and so on; the oldest goes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for number in range(KEPT_LOGS - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number + 1}"))
    if path.exists():
        path.replace(path.with_name(f"{path.name}.1"))
    path.touch()
