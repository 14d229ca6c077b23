"""GET and POST /wechat/callback: who sent it, what it says, and the answer in the platform's form."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from bot.channels.wechat import parsing
from bot.channels.wechat.crypto import Envelopes, Forged, same, signature
from bot.channels.wechat.inbound import Arrival, arrival
from bot.channels.wechat.intake import Intake, NotKept, Replayed
from bot.channels.wechat.parsing import BODY_LIMIT, Unreadable
from bot.channels.wechat.settings import WeChatSettings
from bot.channels.wechat.splitting import harmless
from bot.channels.wechat.words import words

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 4.5
"""From arrival to the passive answer; WeChat drops the line after five."""
CLOCK_SECONDS = 600
"""A timestamp further off than this is refused."""
SUCCESS = "success"
_STATUS = {
    "signature_refused": 403,
    "replayed": 403,
    "plain_refused": 403,
    "bad_callback": 400,
    "too_large": 413,
    "unavailable": 503,
}


class Refused(Exception):
    """A callback that is not taken. `why` is for the log."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code
        self.why = why


@dataclass(frozen=True, slots=True)
class Callback:
    """The routes of one account. intake: None while the channel is not started."""

    settings: WeChatSettings
    envelopes: Envelopes
    intake: Callable[[], Intake | None]

    def router(self) -> APIRouter:
        """GET and POST /wechat/callback."""
        router = APIRouter(tags=["wechat"], include_in_schema=False)
        router.add_api_route("/wechat/callback", self.verify, methods=["GET"])
        router.add_api_route("/wechat/callback", self.receive, methods=["POST"])
        return router

    async def verify(self, request: Request) -> Response:
        """The console asks whether we know the token: echo its words."""
        try:
            echo = _one(request, "echostr", 2048)
            self._signed(request)
        except Refused as refused:
            return _refuse(refused)
        return PlainTextResponse(echo, headers={"X-Content-Type-Options": "nosniff"})

    async def receive(self, request: Request) -> Response:
        """A message or an event."""
        until = time.monotonic() + ANSWER_SECONDS
        try:
            body = await _body(request)
            came, sealed = self._open(request, body)
            stamp = (_one(request, "timestamp"), _one(request, "nonce"))
            told = await self._hand_in(came, stamp, until, request)
        except Refused as refused:
            return _refuse(refused)
        except Unreadable as error:
            return _refuse(Refused("bad_callback", str(error)))
        return self._answer(came, told, sealed)

    async def _hand_in(self, came: Arrival, stamp: tuple[str, str], until: float, request: Request) -> str:
        intake = self.intake()
        if intake is None:
            raise Refused("unavailable", "not started")

        async def listening() -> bool:
            return not await request.is_disconnected()

        try:
            return await intake.handle(came, stamp, until, listening)
        except Replayed:
            raise Refused("replayed", "nonce was used") from None
        except NotKept:
            raise Refused("unavailable", "not written in time") from None

    def _open(self, request: Request, body: bytes) -> tuple[Arrival, bool]:
        """The message inside, and whether it was sealed. Raises Refused, Unreadable."""
        sealed = bool(request.query_params.get("msg_signature"))
        if not sealed and request.query_params.get("encrypt_type", "raw") == "aes":
            raise Refused("signature_refused", "msg_signature is missing")
        if not sealed:
            if not self.settings.allow_plain:
                raise Refused("plain_refused", "plain mode is off")
            self._signed(request)
            return arrival(parsing.read(body)), False
        timestamp, nonce = self._recent(request), _one(request, "nonce")
        encrypted = parsing.text(parsing.read(body), "Encrypt")
        try:
            inside = self.envelopes.open(encrypted, _one(request, "msg_signature"), timestamp, nonce)
        except Forged as error:
            raise Refused("signature_refused", f"{error}") from None
        return arrival(parsing.read(inside)), True

    def _signed(self, request: Request) -> None:
        timestamp, nonce = self._recent(request), _one(request, "nonce")
        wanted = signature(self.settings.token, timestamp, nonce)
        if not self.settings.token or not same(_one(request, "signature"), wanted):
            raise Refused("signature_refused", "signature")

    def _recent(self, request: Request) -> str:
        timestamp = _one(request, "timestamp")
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            raise Refused("bad_callback", "timestamp is no number")
        if abs(time.time() - int(timestamp)) > CLOCK_SECONDS:
            raise Refused("signature_refused", "timestamp is too far off")
        return timestamp

    def _answer(self, came: Arrival, told: str, sealed: bool) -> Response:
        if not told:
            return PlainTextResponse(SUCCESS)
        now = str(int(time.time()))
        xml = text_xml(came.user, came.account, now, told)
        return Response(self.envelopes.seal(xml, now) if sealed else xml, media_type="application/xml")


def text_xml(to: str, sender: str, made_at: str, content: str) -> str:
    """A passive text. Whatever the content holds, it stays content."""
    fields = (("ToUserName", to), ("FromUserName", sender))
    names = "".join(f"<{name}>{_cdata(value)}</{name}>" for name, value in fields)
    return (
        f"<xml>{names}<CreateTime>{made_at}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content>{_cdata(content)}</Content></xml>"
    )


def _cdata(text: str) -> str:
    """One CDATA section, or several where the text itself would end it."""
    return f"<![CDATA[{harmless(text).replace(']]>', ']]]]><![CDATA[>')}]]>"


def _one(request: Request, name: str, longest: int = 128) -> str:
    """A query parameter given exactly once."""
    given = request.query_params.getlist(name)
    if len(given) != 1 or not 0 < len(given[0]) <= longest:
        raise Refused("bad_callback", f"{name} is missing or doubled")
    return given[0]


async def _body(request: Request) -> bytes:
    """At most 64 KiB, whatever the header says."""
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:18]) > BODY_LIMIT:
        raise Refused("too_large", "content-length")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_LIMIT:
            raise Refused("too_large", "body")
    return bytes(body)


def _refuse(refused: Refused) -> Response:
    log.warning("wechat_callback_refused", code=refused.code, why=refused.why[:80])
    message = words()["errors"][refused.code]
    body = {"error": {"code": refused.code, "message": message}}
    return JSONResponse(body, status_code=_STATUS[refused.code], headers={"Cache-Control": "no-store"})
