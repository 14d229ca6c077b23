"""A small server that keeps the rules of the chat API: sessions, ids answered once, long poll, history.

What the library says is scripted: `talk.says["你好"] = [reply, …]`. `Talk` outlives the server, as a database
would, so a test can restart the server in between. Real HTTP on loopback.
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

    def told(self) -> dict[str, Any]:
        """As the history tells it."""
        body = {"cursor": self.cursor, "from": self.sender, "at": self.at, "text": self.text}
        return body | ({"reply": self.reply} if self.reply else {})


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
    before_answer: Callable[[], object] | None = None
    """Runs after the message is written and before its answer is."""
    poll_brings_answers: bool = False
    """Whether the long poll brings direct answers too: a page has to get along with both."""
    hears: str = "有没有三体"
    """What every recording says."""
    sound: bytes = b""
    """What every spoken reply sounds like."""
    changed: set[asyncio.Event] = field(default_factory=set)

    @property
    def session(self) -> str:
        """The newest session."""
        return list(self.rows)[-1]

    @property
    def handled(self) -> list[str]:
        """What the reader said, once each."""
        return [row.text for rows in self.rows.values() for row in rows if row.sender == "reader"]

    def write(
        self, session: str, sender: str, reply: Reply | None, text: str, *, later: bool = False
    ) -> None:
        rows = self.rows[session]
        rows.append(Row(len(rows) + 1, sender, text, reply, later))

    def answer(self, session: str, body: dict[str, Any]) -> dict[str, Any]:
        """Answer a message; the same id gets the same answer and does nothing twice."""
        key = (session, body["id"])
        if key not in self.answers:
            said = body.get("text") or body.get("payload") or "我的位置"
            said = self.hears if "voice" in body else said
            self.write(session, "reader", None, said)
            if self.before_answer:
                self.before_answer()
            replies = self.says.get(said, [{"kind": "text", "text": f"听到了：{said}"}])
            for reply in replies:
                self.write(session, "library", reply, reply["text"])
            self.answers[key] = {"replies": replies, "cursor": len(self.rows[session])}
            if "voice" in body:
                self.answers[key]["heard"] = said
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


class LoopbackServer:
    """Serves an application on a port of this machine that stays the same over restarts."""

    def __init__(self, make_app: Callable[[], FastAPI]) -> None:
        self.port = _free_port()
        self._make_app = make_app
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        config = uvicorn.Config(
            self._make_app(),
            "127.0.0.1",
            self.port,
            log_level="critical",
            ws="none",
            timeout_graceful_shutdown=1,
        )
        listening = threading.Event()
        self._server = _Server(config, listening)
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(self._server),), daemon=True)
        self._thread.start()
        assert listening.wait(START_SECONDS), "the server did not start"

    def stop(self) -> None:
        assert self._server
        assert self._thread
        self._server.should_exit = True
        self.run(self.wake)
        self._thread.join(START_SECONDS)

    def run(self, work: Callable[[], object]) -> None:
        """Run something in the server's loop."""
        assert self._loop
        self._loop.call_soon_threadsafe(work)

    def wake(self) -> None:
        """End what waits, so that a stop is quick."""

    async def _serve(self, server: uvicorn.Server) -> None:
        self._loop = asyncio.get_running_loop()
        await server.serve()


class ChatServer(LoopbackServer):
    """Serves a `Talk` and the routers given."""

    def __init__(self, talk: Talk, *routers: APIRouter) -> None:
        super().__init__(lambda: _app(talk, routers))
        self.talk = talk

    def push(self, reply: Reply, sender: str = "library") -> None:
        """A later message: a notice, or a person of the staff."""
        self.talk.write(self.talk.session, sender, reply, reply["text"], later=True)
        self.run(self.wake)

    def wake(self) -> None:
        for event in self.talk.changed:
            event.set()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class _Refused(Exception):
    """Answered with a status and a code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


async def _body(request: Request) -> dict[str, Any]:
    """JSON, or the form of a recording: its sound as `voice`."""
    if not request.headers["content-type"].startswith("multipart/"):
        body: dict[str, Any] = await request.json()
        return body
    async with request.form() as form:
        file = form["file"]
        assert form["type"] == "voice"
        assert not isinstance(file, str)
        return {"id": form["id"], "voice": await file.read(), "mime": file.content_type}


class _Routes:
    """The chat API on a `Talk`."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk

    def session(self, request: Request) -> str:
        secret = request.headers.get("authorization", "").removeprefix("Bearer ")
        if secret not in self.talk.rows:
            raise _Refused(401, "session_missing")
        return secret

    async def open(self, request: Request) -> Response:
        secret = f"secret-{len(self.talk.rows) + 1}"
        self.talk.rows[secret] = []
        return JSONResponse({"session": secret}, 201)

    async def say(self, request: Request) -> Response:
        body = await _body(request)
        self.talk.received.append(body)
        session = self.session(request)
        fault = self.talk.fail.pop(0) if self.talk.fail else 0
        if fault > 0:
            raise _Refused(fault, "unavailable")
        answer = await asyncio.to_thread(self.talk.answer, session, body)
        if fault < 0:
            raise _Refused(-fault, "unavailable")
        return JSONResponse(answer)

    async def speech(self, request: Request) -> Response:
        self.session(request)
        return Response(self.talk.sound, media_type="audio/wav")

    async def listen(self, request: Request) -> Response:
        session = self.session(request)
        after, wait = int(request.query_params["after"]), float(request.query_params["wait"])
        if not self.talk.after(session, after):
            await self._rung(wait)
        self.session(request)
        cursor = max(after, len(self.talk.rows[session]))
        return JSONResponse({"replies": self.talk.after(session, after), "cursor": cursor})

    async def _rung(self, wait: float) -> None:
        event = asyncio.Event()
        self.talk.changed.add(event)
        try:
            await asyncio.wait_for(event.wait(), wait)
        except TimeoutError:
            pass
        finally:
            self.talk.changed.discard(event)

    async def history(self, request: Request) -> Response:
        rows = self.talk.rows[self.session(request)]
        messages = [row.told() for row in rows[-int(request.query_params["limit"]) :]]
        return JSONResponse({"messages": messages, "cursor": len(rows)})

    async def nothing(self, request: Request) -> Response:
        return Response(status_code=204)


def _app(talk: Talk, routers: tuple[APIRouter, ...]) -> FastAPI:
    routes = _Routes(talk)
    app = FastAPI()
    for router in routers:
        app.include_router(router)
    app.add_api_route("/api/chat/sessions", routes.open, methods=["POST"])
    app.add_api_route("/api/chat/messages", routes.say, methods=["POST"])
    app.add_api_route("/api/chat/messages", routes.listen, methods=["GET"])
    app.add_api_route("/api/chat/speech/{number}", routes.speech, methods=["GET"])
    app.add_api_route("/api/chat/history", routes.history, methods=["GET"])
    app.add_api_route("/api/chat/bind", routes.nothing, methods=["DELETE"])

    @app.exception_handler(_Refused)
    async def refuse(request: Request, error: _Refused) -> Response:
        return JSONResponse({"error": {"code": error.code, "message": "请稍后再试。"}}, error.status)

    return app
