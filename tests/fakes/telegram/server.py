"""The fake Bot API on a port of this machine."""

import asyncio
import time
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile

from tests.fakes.chat_api import LoopbackServer
from tests.fakes.telegram.chats import Chat
from tests.fakes.telegram.control import control
from tests.fakes.telegram.methods import Methods
from tests.fakes.telegram.rules import Refused
from tests.fakes.telegram.state import TOKEN, Call, Fault, State
from tests.fakes.telegram.webhooks import Webhooks

LONGEST_POLL = 50.0


class Api:
    """The HTTP side: `/bot<token>/<method>`, `/file/bot<token>/<path>`, `/_fake/…`."""

    def __init__(self, state: State, hurry: float = 1.0) -> None:
        self.state = state
        self.methods = Methods(state)
        self.webhooks = Webhooks(state, hurry)
        self._polls = 0
        self._bell = asyncio.Event()
        self.loop: asyncio.AbstractEventLoop | None = None

    async def begin(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.state.changed = self.ring
        self.webhooks.start()

    async def end(self) -> None:
        self.state.changed = lambda: None
        await self.webhooks.stop()

    def ring(self) -> None:
        """Wake pollers and the webhook, from any thread."""
        if self.loop is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._ring)

    def _ring(self) -> None:
        self._bell.set()
        self._bell = asyncio.Event()
        self.webhooks.wake()

    async def call(self, request: Request, token: str, method: str) -> Response:
        """One call."""
        fields = await _fields(request)
        chat = str(fields.get("chat_id", ""))
        with self.state.lock:
            fault = self.state.fault(method, int(chat) if chat.lstrip("-").isdigit() else None)
        status, body = await self._answer(token, method, fields, fault)
        shown = {name: len(value) if isinstance(value, bytes) else value for name, value in fields.items()}
        with self.state.lock:
            self.state.calls.append(Call(method, shown, status, time.time()))
        if status == 0:
            return _Dropped()
        return JSONResponse(body, status)

    async def _answer(
        self, token: str, method: str, fields: dict[str, Any], fault: Fault | None
    ) -> tuple[int, dict[str, Any]]:
        try:
            if fault is not None and not fault.after:
                raise _refusal(fault)
            if token != TOKEN:
                raise Refused(401, "Unauthorized")
            result = await self._result(method, fields)
            if fault is not None:
                raise _refusal(fault)
        except Refused as refused:
            body = {"ok": False, "error_code": refused.status, "description": refused.words}
            return refused.status, body | ({"parameters": refused.parameters} if refused.parameters else {})
        return 200, {"ok": True, "result": result}

    async def _result(self, method: str, fields: dict[str, Any]) -> Any:
        if method == "getUpdates":
            return await self._poll(fields)
        handler = getattr(self.methods, method, None)
        if handler is None or method.startswith("_"):
            raise Refused(404, "Not Found")
        with self.state.lock:
            return handler(fields)

    async def _poll(self, fields: dict[str, Any]) -> list[dict[str, Any]]:
        if self.state.webhook:
            raise Refused(
                409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first"
            )
        self._polls += 1
        mine = self._polls
        self._ring()
        limit = min(100, max(1, int(fields.get("limit") or 100)))
        until = time.monotonic() + min(LONGEST_POLL, float(fields.get("timeout") or 0))
        with self.state.lock:
            self.state.acknowledge(int(fields.get("offset") or 0))
        while True:
            if mine != self._polls:
                raise Refused(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot runs",
                )
            bell = self._bell
            with self.state.lock:
                found = [update.body for update in self.state.updates[:limit]]
            left = until - time.monotonic()
            if found or left <= 0 or self.state.closing:
                return found
            try:
                await asyncio.wait_for(bell.wait(), left)
            except TimeoutError:
                continue

    async def file(self, token: str, path: str) -> Response:
        """A file's bytes."""
        with self.state.lock:
            fault = self.state.fault("file", None)
            data = self.state.files.get(path.rpartition("/")[2].removesuffix(".oga"))
        if fault is not None and fault.status == 0:
            return _Dropped()
        if fault is not None or data is None or token != TOKEN:
            return JSONResponse({"ok": False, "error_code": 404, "description": "Not Found"}, 404)
        return Response(data, media_type="application/octet-stream")


class _Dropped(Response):
    """No answer: the connection is closed."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        raise ConnectionResetError("dropped")


def _refusal(fault: Fault) -> Refused:
    words = fault.words or f"fault {fault.status}"
    if fault.status == 429:
        seconds = fault.retry_after or 1
        return Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
    return Refused(fault.status, words)


async def _fields(request: Request) -> dict[str, Any]:
    """Query, form, multipart or JSON: all are the same to Telegram."""
    fields: dict[str, Any] = dict(request.query_params)
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        fields.update(await request.json())
        return fields
    if request.method == "POST" and kind:
        async with request.form(max_fields=100) as form:
            for name, value in form.items():
                fields[name] = await value.read() if isinstance(value, UploadFile) else value
    return fields


def make_app(state: State, hurry: float = 1.0) -> tuple[FastAPI, Api]:
    """The application over a state."""
    api = Api(state, hurry)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> Any:
        await api.begin()
        yield
        await api.end()

    app = FastAPI(lifespan=lifespan)
    app.include_router(control(state))
    app.add_api_route("/bot{token}/{method}", api.call, methods=["GET", "POST"])
    app.add_api_route("/file/bot{token}/{path:path}", api.file, methods=["GET"])
    return app, api


class TelegramServer(LoopbackServer):
    """The fake in a thread of its own. `hurry` makes the webhook's pauses so much shorter."""

    token = TOKEN

    def __init__(self, state: State | None = None, hurry: float = 20.0) -> None:
        self.state = state or State()
        super().__init__(lambda: make_app(self.state, hurry)[0])

    def __enter__(self) -> "TelegramServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def reader(self, name: str = "王") -> Chat:
        return self.state.reader(name)

    def group(self, name: str = "读书会", kind: str = "supergroup") -> Chat:
        return self.state.group(name, kind)

    def fail(self, method: str, status: int, **more: Any) -> None:
        self.state.fail(method, status, **more)

    @property
    def calls(self) -> list[Call]:
        with self.state.lock:
            return list(self.state.calls)

    def called(self, method: str) -> list[Call]:
        return self.state.called(method)

    @property
    def strict(self) -> bool:
        return self.state.strict

    @strict.setter
    def strict(self, strict: bool) -> None:
        self.state.strict = strict

    def start(self) -> None:
        self.state.closing = False
        super().start()

    def wake(self) -> None:
        """End the polls that wait, so that a stop is quick."""
        self.state.closing = True
        self.state.changed()
