"""The chat API: sites, mini-programs and the web page talk to the library through it (docs/chat-api.md)."""

import asyncio
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from pydantic import ValidationError

from bot.channels.web.body import MESSAGE, Card, read_json, read_message
from bot.channels.web.errors import Refused, from_lending
from bot.channels.web.limits import RateLimit
from bot.channels.web.schema import Bound, History, Replies, Session, failures
from bot.deps import BotDeps
from bot.inbound import Inbound
from bot.queue import Queue
from bot.replies import Reply
from bot.store import sessions
from bot.store.model import Answer
from bot.store.turns import Turns
from bot.telling import Teller
from bot.threads import Threads
from bot.voice import speaking
from bot.voice.manner import SPEECH_PATH
from bot.wakeups import Wakeups
from lending.errors import LendingError

LONGEST_WAIT = 25
LOOK_AGAIN_SECONDS = 5.0
"""A waiting poll looks by itself this often, should a bell be missed."""
KEPT_SESSIONS = 10_000

CARD_BOUND = "/card_bound"


@dataclass
class WebChat:
    """What the routes share."""

    deps: BotDeps
    turns: Turns
    queue: Queue
    threads: Threads
    wakeups: Wakeups
    teller: Teller
    limit: RateLimit
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    known: OrderedDict[str, str] = field(default_factory=OrderedDict)

    async def conversation(self, request: Request) -> str:
        """The conversation of the request's session. Raises `Refused`."""
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret or len(secret) > 128:
            raise Refused("session_missing")
        digest = sessions.digest(secret)
        if digest not in self.known:
            found = await self.threads.read(self._look_up, secret)
            if found is None:
                raise Refused("session_missing")
            self.known[digest] = found
            if len(self.known) > KEPT_SESSIONS:
                self.known.popitem(last=False)
        return self.known[digest]

    async def card_bound(self, conversation_id: str) -> None:
        """Let the talk go on where it was when the card was asked for; the replies come later."""
        await self.say_inside(conversation_id, CARD_BOUND)

    async def say_inside(self, conversation_id: str, payload: str) -> None:
        """The gateway's own word to the dialogue."""
        message_id = f"gateway:{secrets.token_hex(8)}"
        await self.queue.enqueue(
            Inbound(conversation_id, "web", message_id, "internal", {"payload": payload})
        )

    async def later(self, conversation_id: str, after: int, wait: float) -> tuple[list[Reply], int]:
        """Later replies, waiting for the first of them."""
        bell = self.wakeups.enter(conversation_id)
        deadline = time.monotonic() + wait
        try:
            while True:
                bell.clear()
                replies, cursor = await self.threads.read(self.turns.later, conversation_id, after)
                left = deadline - time.monotonic()
                if replies or left <= 0 or self.stopping.is_set():
                    return replies, cursor
                await _rung(bell, min(left, LOOK_AGAIN_SECONDS))
                if self.wakeups.ended(conversation_id, bell):
                    deadline = 0
        finally:
            self.wakeups.leave(conversation_id, bell)

    def stop(self) -> None:
        """Let every waiting poll go: the server is going down."""
        self.stopping.set()
        self.wakeups.wake_all()

    def _look_up(self, secret: str) -> str | None:
        with self.deps.database.read() as conn:
            return sessions.conversation_of(conn, secret)


async def chat(request: Request) -> WebChat:
    """The shared part, from the application (async: a plain function would take a thread each time)."""
    shared: WebChat = request.app.state.chat
    return shared


Chat = Annotated[WebChat, Depends(chat)]
router = APIRouter(prefix="/api/chat", tags=["chat"])
signed_in = [Depends(HTTPBearer(auto_error=False, description="The session's secret."))]


def _body_of(shape: dict[str, Any], *, voice: bool = False) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": shape}}
    if voice:
        content["multipart/form-data"] = {"schema": _VOICE}
    return {"requestBody": {"required": True, "content": content}}


_VOICE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "type", "file"],
    "properties": {
        "id": {"type": "string", "minLength": 1, "maxLength": 100},
        "type": {"const": "voice"},
        "file": {"type": "string", "format": "binary"},
    },
}


@router.post("/sessions", status_code=201, response_model=Session, responses=failures(503))
async def open_session(shared: Chat) -> dict[str, str]:
    """Open a session: one conversation, and the secret that speaks for it."""

    def make() -> str:
        with shared.deps.database.begin() as conn:
            return sessions.open_web_session(conn, shared.deps.clock.now())[0]

    return {"session": await shared.threads.write(make)}


@router.post(
    "/messages",
    response_model=Replies,
    response_model_exclude_none=True,
    responses=failures(400, 401, 413, 422, 429, 503),
    dependencies=signed_in,
    openapi_extra=_body_of(MESSAGE.json_schema(ref_template="#/components/schemas/{model}"), voice=True),
)
async def say(request: Request, shared: Chat) -> JSONResponse:
    """Say something and get the answer. The same `id` again gets the same answer and does nothing twice."""
    conversation_id = await shared.conversation(request)
    retry_after = shared.limit.take(conversation_id)
    if retry_after is not None:
        raise Refused("too_many", retry_after)
    said = (shared.teller.say("location"), shared.teller.say("voice"))
    inbound = await read_message(request, conversation_id, *said)
    return JSONResponse(_told(await shared.queue.handle(inbound)))


@router.get(
    "/messages",
    response_model=Replies,
    response_model_exclude_none=True,
    responses=failures(401, 422, 503),
    dependencies=signed_in,
)
async def listen(
    request: Request,
    shared: Chat,
    after: Annotated[int, Query(ge=0, le=2**53, description="The cursor got last.")] = 0,
    wait: Annotated[
        float, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for the first reply.")
    ] = 0,
) -> JSONResponse:
    """Later replies after a cursor: notices, staff, and answers that took long."""
    conversation_id = await shared.conversation(request)
    replies, cursor = await shared.later(conversation_id, after, wait)
    return JSONResponse({"replies": [reply.to_json() for reply in replies], "cursor": cursor})


@router.get(
    "/history",
    response_model=History,
    response_model_exclude_none=True,
    responses=failures(401, 422, 503),
    dependencies=signed_in,
)
async def history(
    request: Request, shared: Chat, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> JSONResponse:
    """The last messages of both sides, oldest first."""
    conversation_id = await shared.conversation(request)
    messages, cursor = await shared.threads.read(shared.turns.history, conversation_id, limit)
    return JSONResponse({"messages": messages, "cursor": cursor})


@router.get(
    "/speech/{inbox_id}/{place}",
    response_class=Response,
    responses={200: {"content": {"audio/mpeg": {}}}, **failures(401, 404, 422, 503)},
    dependencies=signed_in,
)
async def speech(
    request: Request,
    shared: Chat,
    inbox_id: Annotated[int, Path(ge=1, le=2**53)],
    place: Annotated[int, Path(ge=0, le=99)],
) -> Response:
    """A reply spoken: the `url` of its `data.speech`. 503 when nobody speaks just now; the text is there."""
    conversation_id = await shared.conversation(request)
    told = await shared.threads.read(shared.turns.told, conversation_id, inbox_id)
    wanted = {"url": f"{SPEECH_PATH}/{inbox_id}/{place}"}
    reply = next((one for one in told if (one.data or {}).get("speech") == wanted), None)
    if reply is None:
        raise Refused("not_found")
    sound = await speaking.clip(reply, "mp3")
    if sound is None:
        raise Refused("voice_unavailable")
    return Response(sound, media_type="audio/mpeg", headers={"Cache-Control": "private, max-age=86400"})


@router.post(
    "/bind",
    response_model=Bound,
    responses=failures(400, 401, 403, 409, 413, 422, 429, 503),
    dependencies=signed_in,
    openapi_extra=_body_of(Card.model_json_schema()),
)
async def bind(request: Request, shared: Chat) -> JSONResponse:
    """Bind a card to the conversation. Five wrong PINs in 15 minutes lock it for a while."""
    conversation_id = await shared.conversation(request)
    try:
        card = Card.model_validate(await read_json(request))
    except ValidationError:
        raise Refused("invalid") from None
    try:
        reader = await asyncio.to_thread(
            shared.deps.readers.verify_and_bind, conversation_id, card.card.strip(), card.pin.strip()
        )
    except LendingError as error:
        raise from_lending(error) from None
    await shared.card_bound(conversation_id)
    return JSONResponse({"reader": {"kind": str(reader.kind), "display_name": reader.display_name}})


@router.delete("/bind", status_code=204, responses=failures(401, 503), dependencies=signed_in)
async def unbind(request: Request, shared: Chat) -> Response:
    """The conversation forgets the card."""
    conversation_id = await shared.conversation(request)
    await asyncio.to_thread(shared.deps.readers.unbind, conversation_id)
    return Response(status_code=204)


def _told(answer: Answer) -> dict[str, Any]:
    body: dict[str, Any] = {"replies": [reply.to_json() for reply in answer.replies], "cursor": answer.cursor}
    if answer.heard is not None:
        body["heard"] = answer.heard
    return body


async def _rung(bell: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(bell.wait(), seconds)
    except TimeoutError:
        return
