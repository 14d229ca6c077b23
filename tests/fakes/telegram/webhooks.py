"""The webhook's side: posts updates, one at a time a lane, and again until they are answered 2xx."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import httpx

from tests.fakes.telegram.state import State, Update

PAUSES = (0, 2, 4, 8, 16, 32, 60)
POST_SECONDS = 60.0


class Webhooks:
    """Runs while the server does. Pauses are divided by `hurry`."""

    def __init__(self, state: State, hurry: float) -> None:
        self.state = state
        self.hurry = hurry
        self._bell = asyncio.Event()
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._main: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._main = asyncio.create_task(self._run())

    async def stop(self) -> None:
        tasks = [task for task in (self._main, *self._lanes.values()) if task is not None]
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self) -> None:
        self._bell.set()

    async def _run(self) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=POST_SECONDS) as client:
            while True:
                self._bell.clear()
                for lane in self._waiting():
                    self._lanes[lane] = asyncio.create_task(self._serve(lane, client))
                await self._bell.wait()

    def _waiting(self) -> Iterator[str]:
        with self.state.lock:
            lanes = {update.lane for update in self.state.updates} if self.state.webhook else set()
        return (lane for lane in sorted(lanes) if lane not in self._lanes)

    async def _serve(self, lane: str, client: httpx.AsyncClient) -> None:
        try:
            while (update := self._next(lane)) is not None:
                await self._deliver(update, client)
        finally:
            self._lanes.pop(lane, None)
            self.wake()

    def _next(self, lane: str) -> Update | None:
        with self.state.lock:
            if not self.state.webhook:
                return None
            return next((update for update in self.state.updates if update.lane == lane), None)

    async def _deliver(self, update: Update, client: httpx.AsyncClient) -> None:
        tries = 0
        while self.state.webhook:
            status, again = await self._post(update, client)
            self.state.posts.append((update.id, status))
            if 200 <= status < 300:
                with self.state.lock:
                    self.state.updates = [one for one in self.state.updates if one is not update]
                return
            pause = again if again is not None else PAUSES[min(tries, len(PAUSES) - 1)]
            tries += 1
            await asyncio.sleep(pause / self.hurry)

    async def _post(self, update: Update, client: httpx.AsyncClient) -> tuple[int, float | None]:
        hook = self.state.webhook
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook["secret"]} if hook["secret"] else {}
        try:
            answer = await client.post(hook["url"], json=update.body, headers=headers)
        except httpx.HTTPError:
            return 0, None
        after = answer.headers.get("retry-after", "")
        return answer.status_code, float(after) if after.isdigit() else None
