"""A WeChat platform that keeps the real rules, as an HTTP server on loopback.

    fake = FakeWeChat("http://127.0.0.1:8000/wechat/callback")     # defaults fit ACCOUNT
    with fake:                                                     # serves fake.base_url in a thread
        ann = fake.reader("ann")                                   # follows already; reader(…, follows=False)
        await fake.say(ann, "有没有三体")                          # a callback; the passive text or ""
        await fake.click(ann, "/new_books"), fake.scan(ann, "locker_1"), fake.follow(ann), fake.leave(ann) …
        fake.seen(ann)                                             # what this reader saw, in order: [Seen…]
        fake.fail("/custom/send", 45011, times=2)                  # the next calls answer this errcode
        fake.expire_token(); fake.calls                            # every API call: (path, body)

Start the bot with SHUDI_WECHAT_API_BASE=fake.base_url and ACCOUNT's values. Rules kept: callbacks sealed
and signed (plain=True: not), dropped after 5 s, 3 times in all with the same MsgId, a new nonce each; 5
messages in 48 h after a message, 3 in a minute after click, follow, scan (45047 over the count, 45015
outside the window or after leaving); stable_token: the same until 5 minutes before its end, force_refresh
20 a day and 30 s apart; 40001 for a token not in force; 40033 for \\uXXXX bodies, 45002 above 2,048 bytes,
45098 for long menus; media by id, errors as JSON with 200; templates end in TEMPLATESENDJOBFINISH.
Standalone: python -m tests.fakes.wechat --port 9100 --callback URL; then POST /_fake/say {"openid","text"},
POST /_fake/event {"openid","fields"}, GET /_fake/seen?openid=, POST /_fake/fail {"path","code","times"}.
"""

import argparse
import asyncio
import itertools
import json
import random
import secrets
import socket
import threading
import time
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

import httpx
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from bot.channels.wechat.crypto import Envelopes, signature
from bot.channels.wechat.parsing import read

TROUBLE = "该公众号提供的服务出现故障，请稍后再试"
LIMIT = 2048
ACCOUNT = {
    "APP_ID": "wx0123456789abcdef",
    "APP_SECRET": "s3cret",
    "TOKEN": "callbacktoken",
    "AES_KEY": b64encode(bytes(range(32))).decode().rstrip("="),
}
GH = "gh_library0001"


@dataclass(frozen=True)
class Seen:
    """As a reader saw it. how: passive | text | msgmenu | image | voice | template | subscription."""

    at: float
    how: str
    text: str
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass
class Reader:
    """A reader's state on the platform."""

    openid: str
    follows: bool = True
    said_left: int = 0
    said_until: float = 0.0
    did_left: int = 0
    did_until: float = 0.0
    seen: list[Seen] = field(default_factory=list)


class FakeWeChat:
    """See the module's text. Thread-safe enough for one test."""

    def __init__(
        self,
        callback: str = "",
        *,
        http: httpx.AsyncClient | None = None,
        drop_seconds: float = 5.0,
        plain: bool = False,
    ) -> None:
        self.callback = callback
        self.drop_seconds = drop_seconds
        self.plain = plain
        self.readers: dict[str, Reader] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.posts: list[tuple[str, float, str]] = []
        self.media: dict[str, tuple[bytes, str]] = {}
        self.menu: dict[str, Any] = {}
        self.envelopes = Envelopes(ACCOUNT["TOKEN"], ACCOUNT["AES_KEY"], ACCOUNT["APP_ID"])
        self._http = http
        self._failures: dict[str, list[int]] = defaultdict(list)
        self._ids = itertools.count(random.randrange(10**15, 10**16))
        self._token, self._token_until = "", 0.0
        self._old: dict[str, float] = {}
        self.token_fetches = 0
        self.forced: list[float] = []
        self.job_events = http is None
        self._sent_ids: set[tuple[str, str]] = set()
        self.app = self._app()
        self.base_url = ""

    # --- serving ---

    def __enter__(self) -> "FakeWeChat":
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        sock.bind(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        config = uvicorn.Config(self.app, log_level="error", lifespan="off", ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([sock],), daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(5)

    # --- readers ---

    def reader(self, name: str, *, follows: bool = True) -> str:
        """The openid of a reader."""
        openid = f"o{name:_<27}"[:28]
        self.readers.setdefault(openid, Reader(openid, follows))
        return openid

    def seen(self, openid: str) -> list[Seen]:
        """What a reader saw, in order."""
        return list(self.readers[openid].seen)

    def texts(self, openid: str) -> list[str]:
        """The words of what a reader saw."""
        return [one.text for one in self.seen(openid)]

    async def say(self, openid: str, text: str, *, msg_id: str = "", **more: str) -> str:
        """A text message; the passive answer shown."""
        return await self.message(openid, "text", msg_id=msg_id, Content=text, **more)

    async def message(self, openid: str, kind: str, *, msg_id: str = "", **fields: str) -> str:
        """A message of any kind: it opens the window of 48 hours."""
        reader = self.readers[openid]
        reader.said_left, reader.said_until = 5, time.time() + 48 * 3600
        return await self.post(openid, {"MsgType": kind, **fields, "MsgId": msg_id or str(next(self._ids))})

    async def event(
        self, openid: str, event: str, key: str = "", *, acts: bool = False, inner: str = "", **fields: str
    ) -> str:
        """An event; `acts`: one that gives three messages in a minute. inner: raw XML inside."""
        if acts:
            self.readers[openid].did_left, self.readers[openid].did_until = 3, time.time() + 60
        given = {"MsgType": "event", "Event": event, **fields}
        if key:
            given["EventKey"] = key
        return await self.post(openid, given, inner)

    async def click(self, openid: str, key: str) -> str:
        return await self.event(openid, "CLICK", key, acts=True)

    async def scan(self, openid: str, scene: str) -> str:
        return await self.event(openid, "SCAN", scene, acts=True, Ticket="t")

    async def follow(self, openid: str, scene: str = "") -> str:
        self.readers[openid].follows = True
        return await self.event(openid, "subscribe", f"qrscene_{scene}" if scene else "", acts=True)

    async def leave(self, openid: str) -> str:
        self.readers[openid].follows = False
        return await self.event(openid, "unsubscribe")

    async def tap(self, openid: str, place: int) -> str:
        """Tap a line of the last menu; it comes back as text."""
        menu = next(one for one in reversed(self.readers[openid].seen) if one.how == "msgmenu")
        line = menu.raw["msgmenu"]["list"][place - 1]
        return await self.say(openid, line["content"], bizmsgmenuid=line["id"])

    # --- callbacks ---

    async def post(self, openid: str, fields: dict[str, str], inner: str = "") -> str:
        """One callback as WeChat sends it: dropped after 5 s, three times in all. The passive text shown."""
        fields = {"ToUserName": GH, "FromUserName": openid, "CreateTime": str(int(time.time())), **fields}
        xml = "".join(f"<{name}>{_cdata(value)}</{name}>" for name, value in fields.items())
        for _ in range(3):
            began = time.monotonic()
            try:
                answer = await self.send_once(f"<xml>{xml}{inner}</xml>")
            except (httpx.HTTPError, TimeoutError):
                self.posts.append((openid, time.monotonic() - began, "dropped"))
                continue
            self.posts.append((openid, time.monotonic() - began, str(answer.status_code)))
            if answer.status_code == 200:
                return self._passive(openid, answer.content)
        self._show(openid, "passive", TROUBLE)
        return TROUBLE

    async def send_once(self, xml: str, stamp: tuple[str, str] = ("", ""), **changed: str) -> httpx.Response:
        """One POST, sealed. stamp: timestamp and nonce. changed: query parameters to forge."""
        timestamp, nonce = stamp[0] or str(int(time.time())), stamp[1] or str(random.randrange(10**9))
        params = {"timestamp": timestamp, "nonce": nonce}
        params["signature"] = signature(ACCOUNT["TOKEN"], timestamp, nonce)
        body = xml
        if not self.plain:
            sealed = read(self.envelopes.seal(xml, timestamp))["Encrypt"]
            params |= {"encrypt_type": "aes", "openid": "o"}
            params["msg_signature"] = signature(ACCOUNT["TOKEN"], timestamp, nonce, sealed)
            body = (
                f"<xml><ToUserName><![CDATA[{GH}]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
            )
        async with asyncio.timeout(self.drop_seconds):
            return await self._client().post(
                self.callback,
                params={**params, **changed},
                content=body.encode(),
                headers={"Content-Type": "text/xml"},
            )

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            limits = httpx.Limits(max_connections=400, max_keepalive_connections=100)
            self._http = httpx.AsyncClient(trust_env=False, timeout=10, limits=limits)
        return self._http

    async def close(self) -> None:
        """Close the client, let job events end (call in the loop that used it)."""
        if self._http is not None:
            await self._http.aclose()

    def _passive(self, openid: str, body: bytes) -> str:
        if body.strip() in (b"", b"success"):
            return ""
        try:
            fields = read(body)
            if "Encrypt" in fields:
                assert not self.plain
                inside = self.envelopes.open(
                    fields["Encrypt"], fields["MsgSignature"], fields["TimeStamp"], fields["Nonce"]
                )
                fields = read(inside)
            names = (fields["ToUserName"], fields["FromUserName"], fields["MsgType"])
            assert names == (openid, GH, "text")
            text = str(fields["Content"])
            assert 0 < len(text.encode()) <= LIMIT
        except Exception as error:  # noqa: BLE001 - whatever is wrong, the reader sees this
            text = f"{TROUBLE} ({type(error).__name__} {error})"
        self._show(openid, "passive", text)
        return text

    def _show(self, openid: str, how: str, text: str, raw: dict[str, Any] | None = None) -> None:
        self.readers[openid].seen.append(Seen(time.time(), how, text, raw or {}))

    # --- API ---

    def fail(self, path: str, code: int, times: int = 1) -> None:
        """The next calls of a path (its end) answer this errcode."""
        self._failures[path] += [code] * times

    def expire_token(self) -> None:
        """The token in force ends now, as when somebody refreshed it elsewhere."""
        self._token, self._token_until = "", 0.0
        self._old.clear()

    def _stable_token(self, body: dict[str, Any]) -> dict[str, Any]:
        self.token_fetches += 1
        if body.get("appid") != ACCOUNT["APP_ID"] or body.get("secret") != ACCOUNT["APP_SECRET"]:
            return _error(40001, "invalid credential")
        now = time.time()
        if body.get("force_refresh"):
            if (self.forced and now - self.forced[-1] < 30) or len(self.forced) >= 20:
                return _error(45011, "force_refresh too often")
            self.forced.append(now)
        if body.get("force_refresh") or self._token_until - now < 300:
            if self._token:
                self._old[self._token] = now + 300
            self._token, self._token_until = secrets.token_urlsafe(384), now + 7200
        return {"access_token": self._token, "expires_in": int(self._token_until - now)}

    def _token_error(self, token: str) -> dict[str, Any] | None:
        if token and (token == self._token or self._old.get(token, 0) > time.time()):
            return None
        return _error(41001 if not token else 40001, "access_token is invalid")

    def _custom(self, body: dict[str, Any]) -> dict[str, Any]:
        reader = self.readers.get(str(body.get("touser")))
        if reader is None:
            return _error(40003, "invalid openid")
        kind = str(body.get("msgtype"))
        content = body.get(kind)
        if not isinstance(content, dict):
            return _error(40008, "invalid message type")
        words = _words(kind, content)
        if len(words.encode()) > LIMIT:
            return _error(45098 if kind == "msgmenu" else 45002, "too long")
        if kind in ("image", "voice") and content.get("media_id") not in self.media:
            return _error(40007, "invalid media_id")
        if not words:
            return _error(44004, "empty content")
        refused = self._spend(reader)
        if refused is None:
            self._show(reader.openid, kind, words, body)
        return refused or _error(0, "ok")

    def _spend(self, reader: Reader) -> dict[str, Any] | None:
        now = time.time()
        if not reader.follows or max(reader.said_until, reader.did_until) <= now:
            return _error(45015, "response out of time limit or subscription is canceled")
        if reader.did_until > now and reader.did_left:
            reader.did_left -= 1
        elif reader.said_until > now and reader.said_left:
            reader.said_left -= 1
        else:
            return _error(45047, "out of response count limit")
        return None

    def _template(self, body: dict[str, Any], how: str) -> dict[str, Any]:
        reader = self.readers.get(str(body.get("touser")))
        if reader is None:
            return _error(40003, "invalid openid")
        if not reader.follows:
            return _error(43004, "require subscribe")
        data = body.get("data") or {}
        if not all(isinstance(one, dict) and one.get("value") for one in data.values()):
            return _error(47003, "argument invalid")
        msg_id = str(next(self._ids))
        client_id = str(body.get("client_msg_id") or "")
        if not client_id or (reader.openid, client_id) not in self._sent_ids:
            self._sent_ids.add((reader.openid, client_id))
            self._show(reader.openid, how, " ".join(one["value"] for one in data.values()), body)
            if how == "template" and self.job_events:
                self._job_ends(reader.openid, msg_id)
        return {**_error(0, "ok"), "msgid": int(msg_id)}

    def _job_ends(self, openid: str, msg_id: str) -> None:
        """The event that ends a template message: over real HTTP, from a loop of its own."""

        async def tell() -> None:
            other = FakeWeChat(self.callback, drop_seconds=self.drop_seconds, plain=self.plain)
            other.readers = self.readers
            await other.event(openid, "TEMPLATESENDJOBFINISH", MsgID=msg_id, Status="success")
            await other.close()

        threading.Thread(target=lambda: asyncio.run(tell()), daemon=True).start()

    def _app(self) -> FastAPI:
        app = FastAPI()

        async def api(request: Request, path: str) -> Response:
            return await self._answer(request, f"/cgi-bin/{path}")

        app.add_api_route("/cgi-bin/{path:path}", api, methods=["GET", "POST"])
        self._control(app)
        return app

    async def _answer(self, request: Request, path: str) -> Response:
        raw = await request.body()
        is_json = "json" in request.headers.get("content-type", "")
        body: dict[str, Any] = json.loads(raw) if is_json and raw else {}
        self.calls.append((path, body))
        codes = next((codes for end, codes in self._failures.items() if path.endswith(end) and codes), None)
        if codes:
            return JSONResponse(_error(codes.pop(0), "on demand"))
        if path.endswith("/stable_token"):
            return JSONResponse(self._stable_token(body))
        if (refused := self._token_error(request.query_params.get("access_token", ""))) is not None:
            return JSONResponse(refused)
        if is_json and b"\\u" in raw:
            return JSONResponse(_error(40033, "invalid charset"))
        if path.endswith("/media/get"):
            found = self.media.get(request.query_params.get("media_id", ""))
            return (
                Response(found[0], media_type=found[1])
                if found
                else JSONResponse(_error(40007, "invalid media_id"))
            )
        if path.endswith("/media/upload"):
            return JSONResponse(await self._upload(request))
        return JSONResponse(self._act(path, body))

    def _act(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if path.endswith("/custom/send"):
            return self._custom(body)
        if path.endswith("/template/send"):
            return self._template(body, "template")
        if path.endswith("/subscribe/bizsend"):
            return self._template(body, "subscription")
        if path.endswith("/menu/create"):
            self.menu = body
        return _error(0, "ok")

    async def _upload(self, request: Request) -> dict[str, Any]:
        kind = request.query_params.get("type", "")
        async with request.form() as form:
            file: Any = form.get("media")
            if file is None or kind not in ("image", "voice", "video", "thumb"):
                return _error(41005, "media data missing")
            media_id = secrets.token_urlsafe(32)
            self.media[media_id] = (await file.read(), str(file.content_type))
        return {"type": kind, "media_id": media_id, "created_at": int(time.time())}

    def _control(self, app: FastAPI) -> None:
        async def say(body: dict[str, Any]) -> dict[str, str]:
            self.readers.setdefault(body["openid"], Reader(body["openid"]))
            return {"passive": await self.say(body["openid"], body["text"])}

        async def event(body: dict[str, Any]) -> dict[str, str]:
            self.readers.setdefault(body["openid"], Reader(body["openid"]))
            return {"passive": await self.post(body["openid"], body["fields"])}

        async def seen(openid: str) -> list[dict[str, Any]]:
            reader = self.readers.get(openid, Reader(openid))
            return [{"at": one.at, "how": one.how, "text": one.text, "raw": one.raw} for one in reader.seen]

        async def fail(body: dict[str, Any]) -> dict[str, str]:
            self.fail(body["path"], int(body["code"]), int(body.get("times", 1)))
            return {}

        for call, method in ((say, "POST"), (event, "POST"), (seen, "GET"), (fail, "POST")):
            app.add_api_route(f"/_fake/{call.__name__}", call, methods=[method])


def _error(code: int, message: str) -> dict[str, Any]:
    return {"errcode": code, "errmsg": message}


def _words(kind: str, content: dict[str, Any]) -> str:
    if kind == "text":
        return str(content.get("content", ""))
    if kind == "msgmenu":
        return str(content.get("head_content", "")) + "".join(
            f"\n{one['content']}" for one in content["list"]
        )
    return f"[{kind}]"


def _cdata(value: str) -> str:
    return escape(value) if "]]>" in value else f"<![CDATA[{value}]]>"


@contextmanager
def playing(callback: str, **more: Any) -> Iterator[FakeWeChat]:
    """A running fake."""
    with FakeWeChat(callback, **more) as fake:
        yield fake


if __name__ == "__main__":
    given = argparse.ArgumentParser()
    given.add_argument("--port", type=int, default=9100)
    given.add_argument("--callback", default="http://127.0.0.1:8000/wechat/callback")
    options = given.parse_args()
    print("\n".join(f"SHUDI_WECHAT_{name}={value}" for name, value in ACCOUNT.items()))
    print(f"SHUDI_WECHAT_API_BASE=http://127.0.0.1:{options.port}")
    uvicorn.run(FakeWeChat(options.callback).app, host="127.0.0.1", port=options.port, log_level="warning")
