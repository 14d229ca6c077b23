"""GET /policy and GET /notices (4.2, 7.2): what is in force now, for everybody."""

import asyncio
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from bot.channels.web.api import Chat
from bot.telling import environment

router = APIRouter(tags=["pages"], include_in_schema=False)
_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@lru_cache
def _pages() -> Environment:
    return environment(Path(__file__).parent / "templates", html=True)


@router.get("/policy")
async def policy(shared: Chat) -> HTMLResponse:
    """The policy in force, from the very object that decides."""
    if shared.deps.policy is None:
        raise HTTPException(404)
    facts = {"policy": shared.deps.policy, "places": await asyncio.to_thread(shared.deps.places)}
    return HTMLResponse(_pages().get_template("policy.html").render(facts), headers=_HEADERS)


@router.get("/notices")
async def notices(shared: Chat) -> HTMLResponse:
    """The library's notices, newest first."""
    told = await asyncio.to_thread(shared.deps.notices_page)
    return HTMLResponse(_pages().get_template("notices.html").render(notices=told), headers=_HEADERS)
