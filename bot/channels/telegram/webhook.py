"""`POST /telegram/webhook`: Telegram hands an update in; 200 once it is written down.

core.telegram.org/bots/api#setwebhook: anything but 2xx makes Telegram come again.
"""

import asyncio
import json
import secrets
from collections.abc import Callable
from typing import Any, Protocol

import structlog
from fastapi import APIRouter, HTTPException, Request, Response

log = structlog.get_logger(__name__)

BODY_LIMIT = 512 * 1024
"""Bytes; the longest message has 4,096 characters, and a reply quotes another."""
READ_SECONDS = 10.0
TAKE_SECONDS = 50.0
HEADER = "x-telegram-bot-api-secret-token"


class Taker(Protocol):
    """The intake."""

    async def take(self, raw: dict[str, Any]) -> None: ...


def router(secret: str, intake: Callable[[], Taker | None]) -> APIRouter:
    """The route. `intake` is None until the channel has started."""
    made = APIRouter(tags=["telegram"])

    @made.post("/telegram/webhook", include_in_schema=False)
    async def receive(request: Request) -> Response:
        try:
            _check(request, secret)
            raw = await _update(request)
        except HTTPException as refused:
            return Response(status_code=refused.status_code)
        taker = intake()
        if taker is None:
            return _later()
        try:
            async with asyncio.timeout(TAKE_SECONDS):
                await taker.take(raw)
        except Exception as error:  # noqa: BLE001 - Telegram comes again
            log.warning("telegram_update_not_taken", error=type(error).__name__)
            return _later()
        return Response(status_code=200)

    return made


def _check(request: Request, secret: str) -> None:
    """401 without the secret, 403 with a wrong one; compared in constant time, before the body is read."""
    given = request.headers.get(HEADER)
    if given is None:
        raise HTTPException(401)
    if not secrets.compare_digest(given.encode("utf-8", "surrogateescape"), secret.encode()):
        log.warning("telegram_wrong_secret")
        raise HTTPException(403)


async def _update(request: Request) -> dict[str, Any]:
    """The update's JSON: 413 when it is too big, 400 when it is none."""
    raw = await _body(request)
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    number = body.get("update_id") if isinstance(body, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**63:
        raise HTTPException(400)
    return dict(body)


async def _body(request: Request) -> bytes:
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > BODY_LIMIT:
        raise HTTPException(413)
    parts, size = [], 0
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > BODY_LIMIT:
                    raise HTTPException(413)
                parts.append(part)
    except TimeoutError:
        raise HTTPException(408) from None
    return b"".join(parts)


def _later() -> Response:
    return Response(status_code=503, headers={"Retry-After": "2"})
