"""Our own client of WeChat's API: one connection pool, timeouts, one retry on a refused token.

wechatpy's own client retries a refused token without end, has no timeout on fetching one and blocks.
"""

import json
from collections.abc import Mapping
from typing import Any

import httpx
import structlog

from bot.channels.wechat import errcodes
from bot.channels.wechat.token import TokenRefused, Tokens

log = structlog.get_logger(__name__)
TIMEOUT = httpx.Timeout(8.0, connect=3.0)
CONNECT_TRIES = 2
VOICE_LIMIT = 2 * 1024 * 1024
MEDIA_LIMIT = 10 * 1024 * 1024


class ApiError(Exception):
    """The platform refused. `code` is its errcode; 0 when it did not answer like itself."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(f"{code} {message}"[:200])
        self.code = code


class Unreached(ApiError):
    """No answer: it may or may not have been done."""

    def __init__(self, reason: str) -> None:
        super().__init__(errcodes.BUSY, reason)


class WeChatClient:
    """The calls the channel makes. Every one raises `ApiError`."""

    def __init__(self, api_base: str, app_id: str, app_secret: str) -> None:
        self._app_id = app_id
        self._secret = app_secret
        self._http = httpx.AsyncClient(base_url=api_base.rstrip("/"), timeout=TIMEOUT, trust_env=False)
        self.tokens: Tokens | None = None

    async def close(self) -> None:
        await self._http.aclose()

    async def fetch_token(self, force: bool) -> tuple[str, int]:
        """POST /cgi-bin/stable_token: (token, seconds). Raises `TokenRefused`."""
        body = {
            "grant_type": "client_credential",
            "appid": self._app_id,
            "secret": self._secret,
            "force_refresh": force,
        }
        try:
            answer = _answer(await self._request("POST", "/cgi-bin/stable_token", content=_json(body)))
            return str(answer["access_token"]), int(answer["expires_in"])
        except ApiError as error:
            raise TokenRefused(error.code, str(error)) from None
        except (KeyError, TypeError, ValueError):
            raise TokenRefused(0, "no token in the answer") from None

    async def call(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST JSON. Chinese stays Chinese: the platform refuses \\uXXXX (40033)."""
        return await self._authorised("POST", path, content=_json(body))

    async def send(self, openid: str, kind: str, **content: Any) -> dict[str, Any]:
        """POST /cgi-bin/message/custom/send, one customer-service message."""
        return await self.call(
            "/cgi-bin/message/custom/send", {"touser": openid, "msgtype": kind, kind: content}
        )

    async def typing(self, openid: str) -> None:
        """The reader sees that somebody is writing."""
        await self.call("/cgi-bin/message/custom/typing", {"touser": openid, "command": "Typing"})

    async def upload(self, kind: str, data: bytes, name: str, mime: str) -> str:
        """POST /cgi-bin/media/upload: the id of a temporary media (three days)."""
        answer = await self._authorised(
            "POST", "/cgi-bin/media/upload", params={"type": kind}, files={"media": (name, data, mime)}
        )
        return str(answer.get("media_id") or answer.get("thumb_media_id") or "")

    async def send_voice(self, openid: str, mp3: bytes) -> None:
        """A voice message (mp3 or amr, at most 60 s and 2 MB)."""
        name, mime = ("speech.amr", "audio/amr") if mp3[:5] == b"#!AMR" else ("speech.mp3", "audio/mpeg")
        await self.send(openid, "voice", media_id=await self.upload("voice", mp3, name, mime))

    async def media(self, media_id: str) -> tuple[bytes, str]:
        """GET /cgi-bin/media/get: (bytes, mime). An error comes as JSON with status 200."""
        refused: str | None = None
        while True:
            token = await self._token(refused)
            params = {"access_token": token, "media_id": media_id}
            answer = await self._request("GET", "/cgi-bin/media/get", params=params)
            mime = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            if answer.content.lstrip()[:1] != b"{":
                return answer.content, mime
            error = _error(answer)
            if refused is not None or error is None or error.code not in errcodes.BAD_TOKEN:
                raise error or ApiError(errcodes.BAD_MEDIA, "no bytes but an address")
            refused = token

    async def _authorised(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        params = given.pop("params", {})
        refused: str | None = None
        while True:
            token = await self._token(refused)
            answer = await self._request(method, path, params={**params, "access_token": token}, **given)
            try:
                return _answer(answer)
            except ApiError as error:
                if refused is not None or error.code not in errcodes.BAD_TOKEN:
                    raise
                refused = token

    async def _token(self, refused: str | None) -> str:
        if self.tokens is None:
            raise ApiError(errcodes.BUSY, "not started")
        try:
            return await self.tokens.get(refused)
        except TokenRefused as error:
            log.warning("wechat_token_refused", code=error.code)
            raise ApiError(error.code or errcodes.BUSY, "no token") from None

    async def _request(self, method: str, path: str, **given: Any) -> httpx.Response:
        """One request; one that never left is tried again."""
        if "content" in given:
            given["headers"] = {"Content-Type": "application/json; charset=utf-8"}
        for attempt in range(CONNECT_TRIES):
            try:
                answer = await self._http.request(method, path, **given)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
                if attempt + 1 == CONNECT_TRIES:
                    raise Unreached(type(error).__name__) from None
            except httpx.HTTPError as error:
                raise Unreached(type(error).__name__) from None
            else:
                if answer.status_code >= httpx.codes.BAD_REQUEST:
                    raise Unreached(f"status {answer.status_code}")
                return answer
        raise AssertionError("unreachable")


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _answer(answer: httpx.Response) -> dict[str, Any]:
    error = _error(answer)
    if error is not None:
        raise error
    body: dict[str, Any] = answer.json()
    return body


def _error(answer: httpx.Response) -> ApiError | None:
    try:
        body = answer.json()
        code = int(body.get("errcode") or 0)
    except (ValueError, AttributeError, TypeError):
        return ApiError(errcodes.BUSY, "the answer is not JSON")
    return ApiError(code, str(body.get("errmsg", ""))) if code else None
