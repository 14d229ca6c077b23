"""GET and POST /forms/{token}. The token in the address is the only key: no page can forge a request."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import structlog
import yaml
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from bot.channels.web.api import Chat, WebChat
from bot.channels.web.pages import SECURITY_HEADERS
from bot.forms.checks import FieldRefused, address
from bot.forms.links import Link, LinkRefused
from bot.store import sessions
from bot.telling import environment
from lending.errors import Code, LendingError

log = structlog.get_logger(__name__)
router = APIRouter(tags=["forms"], include_in_schema=False)
HERE = Path(__file__).parent
BODY_LIMIT = 8 * 1024
_HEADERS = SECURITY_HEADERS | {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


@lru_cache
def _pages() -> Environment:
    return environment(HERE / "templates", html=True)


@lru_cache
def _words() -> Mapping[str, str]:
    loaded: Mapping[str, str] = yaml.safe_load((HERE / "words.yml").read_text("utf-8"))
    return loaded


class _Again(Exception):
    """Show the form again. `status` is the HTTP status, `field` the input that was not usable."""

    def __init__(self, status: int, error: str, field: str = "", retry_after: int | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.field = field
        self.retry_after = retry_after


@router.get("/forms/{token}")
async def show(token: str, request: Request, shared: Chat) -> HTMLResponse:
    """The form, or a page that says the link is over."""
    link = await _open(token, request, shared)
    return _expired() if link is None else _form(token, link, shared, {}, None)


@router.post("/forms/{token}")
async def send(token: str, request: Request, shared: Chat) -> HTMLResponse:
    """Take the form in; the talk then goes on where it was."""
    link = await _open(token, request, shared)
    if link is None:
        return _expired()
    values: dict[str, str] = {}
    try:
        values = await _values(request)
        payload, name = await (
            _bind(link, values, shared) if link.purpose == "bind_card" else _add(link, values, shared)
        )
    except _Again as again:
        return _form(token, link, shared, values, again)
    await shared.say_inside(link.conversation_id, payload)
    return _page("done.html", 200, purpose=link.purpose, display_name=name)


async def _open(token: str, request: Request, shared: WebChat) -> Link | None:
    try:
        link: Link = request.app.state.links.read(token)
    except LinkRefused:
        return None

    def used() -> bool:
        with shared.deps.database.read() as conn:
            return sessions.form_used(conn, link.nonce)

    return None if await shared.threads.read(used) else link


async def _values(request: Request) -> dict[str, str]:
    raw = b""
    async for part in request.stream():
        raw += part
        if len(raw) > BODY_LIMIT:
            raise _Again(413, _words()["too_large"])
    try:
        return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        return {}


async def _bind(link: Link, values: Mapping[str, str], shared: WebChat) -> tuple[str, str]:
    card, pin = values.get("card", "").strip(), values.get("pin", "").strip()
    if not 0 < len(card) <= 40 or not 0 < len(pin) <= 40:
        raise _Again(422, _words()["card_empty"], "pin" if card else "card")
    try:
        reader = await asyncio.to_thread(shared.deps.readers.verify_and_bind, link.conversation_id, card, pin)
    except LendingError as error:
        raise _refusal(error) from None
    await _use(link, shared)
    return "/card_bound", reader.display_name


async def _add(link: Link, values: Mapping[str, str], shared: WebChat) -> tuple[str, str]:
    try:
        fields = address(values, shared.deps.districts)
    except FieldRefused as refused:
        raise _Again(422, _words()[refused.field], refused.field) from None
    reader = await asyncio.to_thread(shared.deps.readers.bound_to, link.conversation_id)
    if reader is None:
        raise _Again(403, _words()["not_bound"])
    await _use(link, shared)
    add = partial(shared.deps.readers.add_address, reader.id, **asdict(fields))
    try:
        added = await asyncio.to_thread(add)
    except LendingError as error:
        await _free(link, shared)
        raise _refusal(error) from None
    return f'/use_address{{"address":"{added.id}"}}', ""


async def _use(link: Link, shared: WebChat) -> None:
    """Once only: the second of two simultaneous sendings is refused."""

    def use() -> bool:
        with shared.deps.database.begin() as conn:
            return sessions.use_form(conn, link.nonce, shared.deps.clock.now())

    if not await shared.threads.write(use):
        raise _Again(409, _words()["refused"])


async def _free(link: Link, shared: WebChat) -> None:
    def free() -> None:
        with shared.deps.database.begin() as conn:
            sessions.free_form(conn, link.nonce)

    await shared.threads.write(free)


def _refusal(error: LendingError) -> _Again:
    if error.code is Code.PIN_LOCKED:
        seconds = int(error.facts.get("retry_after_seconds") or 60)
        return _Again(429, _words()["pin_locked"].format(minutes=-(-seconds // 60)), "pin", seconds)
    if error.code is Code.BAD_ADDRESS and error.facts.get("field") in _words():
        return _Again(422, _words()[error.facts["field"]], error.facts["field"])
    told = _words().get(str(error.code), _words()["refused"])
    return _Again(403, told, "pin" if error.code is Code.CARD_REFUSED else "")


def _form(
    token: str, link: Link, shared: WebChat, values: Mapping[str, str], again: _Again | None
) -> HTMLResponse:
    kept = {name: value for name, value in values.items() if name != "pin"}
    facts = {
        "token": token,
        "purpose": link.purpose,
        "values": kept,
        "districts": list(shared.deps.districts),
        "expires_at": link.expires_at,
        "error": again.error if again else None,
        "field": again.field if again else None,
    }
    page = _page(f"{link.purpose}.html", again.status if again else 200, **facts)
    if again and again.retry_after:
        page.headers["Retry-After"] = str(again.retry_after)
    return page


def _expired() -> HTMLResponse:
    return _page("expired.html", 410)


def _page(template: str, status: int, **facts: Any) -> HTMLResponse:
    return HTMLResponse(_pages().get_template(template).render(facts), status_code=status, headers=_HEADERS)
