"""Rasa, action server and bot as real processes, with proxies between them that can hold an answer back.

Where a turn stands is chosen from outside: a held answer of the action server is “acted”, a held answer of
Rasa is “replies known and not written”, a platform that refuses is “written and not sent”. The programs know
nothing of it.
"""

import asyncio
import json
import os
import signal
import subprocess
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI, Request, Response

from app import migrations
from app.demo.seed import seed
from app.processes import Process, processes
from app.settings import ROOT, load_settings
from app.wiring import Wired, build
from tests.app.demo_world import QUICK_PINS
from tests.databases import free_port
from tests.fakes.chat_api import LoopbackServer
from tests.fakes.telegram import Chat, TelegramServer
from tests.waiting import wait_until

SECRET = "chaos-webhook-secret"
START_SECONDS = 120


class Proxy(LoopbackServer):
    """Hands requests on; while it holds a path (of one action), the answer is made and not given."""

    def __init__(self, upstream: str) -> None:
        super().__init__(self._app)
        self._upstream = upstream
        self._held = self._action = ""
        self.arrived = threading.Event()

    def hold(self, path: str, action: str = "") -> None:
        self.arrived.clear()
        self._held, self._action = path, action

    def _holds(self, path: str, body: bytes) -> bool:
        return path == self._held and (not self._action or json.loads(body)["next_action"] == self._action)

    def let_go(self) -> None:
        self._held = ""

    def _app(self) -> FastAPI:
        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[None]:
            async with httpx.AsyncClient(base_url=self._upstream, timeout=70, trust_env=False) as client:
                app.state.client = client
                yield

        app = FastAPI(lifespan=lifespan)

        @app.api_route("/{path:path}", methods=["GET", "POST"])
        async def hand_on(path: str, request: Request) -> Response:
            return await self._hand_on(path, request)

        return app

    async def _hand_on(self, path: str, request: Request) -> Response:
        kept = {"content-type": request.headers.get("content-type", "application/json")}
        body, query = await request.body(), request.url.query
        url = f"/{path}?{query}" if query else f"/{path}"
        try:
            answer = await request.app.state.client.request(request.method, url, content=body, headers=kept)
        except httpx.HTTPError:
            return Response(status_code=503)
        if self._holds(path, body):
            self.arrived.set()
            while self._held:  # noqa: ASYNC110 - set from the test's thread
                await asyncio.sleep(0.02)
        media = answer.headers.get("content-type")
        return Response(answer.content, answer.status_code, media_type=media)


@dataclass
class Program:
    """One process, its group and how it says that it is ready."""

    process: Process
    log: Path
    child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                self.process.command,
                cwd=ROOT,
                env=dict(self.process.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """kill -9, with whatever it has started."""
        if self.child is not None and self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()

    def answers(self) -> bool:
        """Whether it serves; the bot also while its neighbours do not."""
        try:
            code = httpx.get(self.process.ready_url, timeout=5, trust_env=False).status_code
        except httpx.HTTPError:
            return False
        return code == httpx.codes.OK or (self.process.name == "bot" and code == 503)


class System:
    """Everything, on ports and in a folder of its own. `says` posts each update three times at once."""

    def __init__(self, folder: Path, database_url: str = "") -> None:
        self.telegram = TelegramServer()
        self.telegram.state.strict = False
        base = {"host": "127.0.0.1", "data_dir": folder, "database_url": database_url, "secret_key": "c" * 40}
        ports = {"port": free_port(), "rasa_port": free_port(), "actions_port": free_port()}
        self.settings = load_settings(**base, **ports, demo_autopilot=False, speech="off")
        self.to_rasa = Proxy(self.settings.rasa_url)
        self.to_actions = Proxy(self.settings.actions_url)
        self.wired = self._library()
        self.programs = {one.name: Program(one, folder / f"{one.name}.log") for one in self._processes()}
        self._update = 0

    def __enter__(self) -> "System":
        for server in (self.telegram, self.to_rasa, self.to_actions):
            server.start()
        for program in self.programs.values():
            program.start()
        for name in self.programs:
            self.ready(name)
        return self

    def __exit__(self, *_: object) -> None:
        for program in self.programs.values():
            program.kill()
        for proxy in (self.to_rasa, self.to_actions):
            proxy.let_go()
            proxy.stop()
        self.telegram.stop()
        self.wired.library.database.dispose()

    def start(self, name: str) -> None:
        self.programs[name].start()
        self.ready(name)

    def kill(self, name: str) -> None:
        self.programs[name].kill()

    def ready(self, name: str) -> None:
        wait_until(self.programs[name].answers, START_SECONDS, f"{name} serves")

    # --- readers ---

    def says(self, chat: Chat, text: str) -> None:
        """A message, its callback replayed three times at once, until the bot has it."""
        self._update += 1
        message = {
            "message_id": self._update,
            "date": 1_795_000_000 + self._update,
            "chat": chat.as_json(),
            "from": chat.user(),
            "text": text,
        }
        asyncio.run(self._post({"update_id": self._update, "message": message}))

    async def _post(self, update: dict[str, Any]) -> None:
        url = f"{self.settings.bot_url}/telegram/webhook"
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
            posts = (client.post(url, json=update, headers=headers) for _ in range(3))
            answers = await asyncio.gather(*posts, return_exceptions=True)
        assert any(isinstance(one, httpx.Response) and one.is_success for one in answers), answers

    # --- making it ---

    def _library(self) -> Wired:
        migrations.upgrade(self.settings.database)
        wired = build(self.settings)
        seed(wired.library, QUICK_PINS)
        return wired

    def _processes(self) -> list[Process]:
        own = {
            "SHUDI_RASA_PORT": str(self.to_rasa.port),
            "SHUDI_TELEGRAM_TOKEN": self.telegram.token,
            "SHUDI_TELEGRAM_API_BASE": self.telegram.url,
            "SHUDI_TELEGRAM_WEBHOOK_SECRET": SECRET,
            "SHUDI_TELEGRAM_WEBHOOK_URL": "https://library.example/telegram/webhook",
        }
        changes = {"bot": own, "rasa": {"RASA_ACTIONS_URL": f"{self.to_actions.url}/webhook"}}
        return [_with(one, changes.get(one.name, {})) for one in processes(self.settings)]


def _with(process: Process, environment: dict[str, str]) -> Process:
    return replace(process, environment={**process.environment, **environment})
