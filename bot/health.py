"""GET /health and GET /metrics."""

import asyncio
from collections.abc import Mapping

import httpx
import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from bot.deps import Check

log = structlog.get_logger(__name__)
router = APIRouter(tags=["operation"])
CHECK_SECONDS = 2.0


def answering(client: httpx.AsyncClient, url: str) -> Check:
    """A check that a URL answers 200."""

    async def check() -> None:
        (await client.get(url, timeout=CHECK_SECONDS)).raise_for_status()

    return check


async def look(checks: Mapping[str, Check]) -> dict[str, str]:
    """Each part's state: "ok", or "down: <kind of failure>"."""
    return dict(zip(checks, await asyncio.gather(*(_state(check) for check in checks.values())), strict=True))


async def _state(check: Check) -> str:
    try:
        await asyncio.wait_for(check(), CHECK_SECONDS)
    except Exception as error:  # noqa: BLE001 - whatever it is, the part does not answer
        return f"down: {type(error).__name__}"
    return "ok"


@router.get("/health", responses={503: {"description": "Some part does not answer; the body says which."}})
async def health(request: Request) -> JSONResponse:
    """200 only when the database, Rasa and the action server answer."""
    parts = await look(request.app.state.checks)
    well = all(state == "ok" for state in parts.values())
    body = {"status": "ok" if well else "down", "parts": parts}
    return JSONResponse(body, status_code=200 if well else 503, headers={"Cache-Control": "no-store"})


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Prometheus figures."""
    state = request.app.state
    try:
        state.metrics.depth("inbox", await state.chat.threads.read(state.chat.turns.waiting))
        state.metrics.undelivered(await state.chat.threads.read(state.parts.deliveries.depths))
    except Exception:
        log.exception("depth_unknown")
    state.metrics.depth("polls", len(state.chat.wakeups))
    return Response(state.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
