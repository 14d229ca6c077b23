"""A small server that keeps the rules of the chat API: sessions, ids answered once, long poll, history.

What the library says is scripted: `talk.says["你好"] = [reply, …]`. `Talk` outlives the server, as a database would, so a
test can restart the server in between. Real HTTP on loopback.
"""

import asyncio
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse

Reply = dict[str, Any]
START_SECONDS = 10


@dataclass
class Row:
    """One message; `later`: no direct answer, so the long poll brings it."""

    cursor: int
    sender: str
    text: str
    reply: Reply | None
    later: bool
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat())


@dataclass
class Talk:
    """Everything the fake library remembers, and its faults."""

    says: dict[str, list[Reply]] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    answers: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    received: list[dict[str, Any]] = field(default_factory=list)
    """Every POST of a message, also the refused ones."""
    fail: list[int] = field(default_factory=list)
    """Statuses for the next POSTs, in order; negative: the message is handled and then the answer is lost."""
    before_answer: Callable[[], None] | None = None
    """Runs after the message is written and before its answer is."""
    poll_brings_answers: bool = False
    """Whether the long poll brings direct answers too: a page has to get along with both."""
    changed: set[asyncio.Event] = field(default_factory=set)

    @property
    def session(self) -> str:
        """The newest session."""
        return list(self.rows)[-1]

    @property
    def handled(self) -> list[str]:
        """What the reader said, once each."""
        return [row.text for rows in self.rows.values() for row in rows if row.sender == "reader"]

    def write(self, session: str, sender: str, reply: Reply | None, text: str, *, later: bool = False) -> None:
        rows = self.rows[session]
        rows.append(Row(len(rows) + 1, sender, text, reply, later))

    def answer(self, session: str, body: dict[str, Any]) -> dict[str, Any]:
        """Answer a message; the same id gets the same answer and does nothing twice."""
        key = (session, body["id"])
        if key not in self.answers:
            said = body.get("text") or body.get("payload") or "我的位置"
            self.write(session, "reader", None, said)
            if self.before_answer:
                self.before_answer()
            replies = self.says.get(said, [{"kind": "text", "text": f"听到了：{said}"}])
            for reply in replies:
                self.write(session, "library", reply, reply["text"])
            self.answers[key] = {"replies": replies, "cursor": len(self.rows[session])}
        return self.answers[key]

    def after(self, session: str, cursor: int) -> list[Reply]:
        return [
            row.reply
            for row in self.rows[session]
            if row.cursor > cursor and row.reply and (row.later or self.poll_brings_answers)
        ]


class _Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config, listening: threading.Event) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listening.set()


class ChatServer:
    """Serves a `Talk` and the routers given, on a port that stays the same over restarts."""

    def __init__(self, talk: Talk, *routers: APIRouter) -> None:
        self.talk = talk
        self.port = _free_port()
        self._routers = routers
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        config = uvicorn.Config(
            _app(self.talk, self._routers), "127.0.0.1", self.port, log_level="error", ws="none", lifespan="off",
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        listening = threading.Event()
        self._server = _Server(config, listening)
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(self._server),), daemon=True)
        self._thread.start()
        assert listening.wait(START_SECONDS), "the fake server did not start"

    def stop(self) -> None:
        assert self._server and self._thread and self._loop
        self._server.should_exit = self._server.force_exit = True
        self._loop.call_soon_threadsafe(self._ring)
        self._thread.join(START_SECONDS)

    def push(self, reply: Reply, sender: str = "library") -> None:
        """A later message: a notice, or a person of the staff."""
        assert self._loop
        self.talk.write(self.talk.session, sender, reply, reply["text"], later=True)
        self._loop.call_soon_threadsafe(self._ring)

    def _ring(self) -> None:
        for event in self.talk.changed:
            event.set()

    async def _serve(self, server: uvicorn.Server) -> None:
        self._loop = asyncio.get_running_loop()
        await server.serve()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _error(status: int, code: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": "请稍后再试。"}}, status)


def _app(talk: Talk, routers: tuple[APIRouter, ...]) -> FastAPI:
    app = FastAPI()
    for router in routers:
        app.include_router(router)

    def session_of(request: Request) -> str | None:
        secret = request.headers.get("authorization", "").removeprefix("Bearer ")
        return secret if secret in talk.rows else None

    @app.get("/favicon.ico")
    def favicon() -> Response:
        return Response(status_code=204)

    @app.post("/api/chat/sessions", status_code=201)
    def open_session() -> dict[str, str]:
        secret = f"secret-{len(talk.rows) + 1}"
        talk.rows[secret] = []
        return {"session": secret}

    @app.post("/api/chat/messages")
    async def say(request: Request) -> JSONResponse:
        body = await request.json()
        talk.received.append(body)
        session = session_of(request)
        if session is None:
            return _error(401, "session_missing")
        fault = talk.fail.pop(0) if talk.fail else 0
        if fault > 0:
            return _error(fault, "unavailable")
        answer = talk.answer(session, body)
        return _error(-fault, "unavailable") if fault else JSONResponse(answer)

    @app.get("/api/chat/messages")
    async def listen(request: Request, after: int, wait: float) -> JSONResponse:
        session = session_of(request)
        if session is None:
            return _error(401, "session_missing")
        event = asyncio.Event()
        talk.changed.add(event)
        try:
            if not talk.after(session, after):
                async with asyncio.timeout(wait):
                    await event.wait()
        except TimeoutError:
            pass
        finally:
            talk.changed.discard(event)
        return JSONResponse({"replies": talk.after(session, after), "cursor": max(after, len(talk.rows[session]))})

    @app.get("/api/chat/history")
    def history(request: Request, limit: int) -> JSONResponse:
        session = session_of(request)
        if session is None:
            return _error(401, "session_missing")
        rows = talk.rows[session]
        messages = [
            {"cursor": row.cursor, "from": row.sender, "at": row.at, "text": row.text}
            | ({"reply": row.reply} if row.reply else {})
            for row in rows[-limit:]
        ]
        return JSONResponse({"messages": messages, "cursor": len(rows)})

    @app.delete("/api/chat/bind", status_code=204)
    def unbind() -> Response:
        return Response(status_code=204)

    return app
