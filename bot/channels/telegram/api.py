"""The Bot API over aiogram, forgiving in what comes back: a sent message counts although its echo is odd."""

import re
from typing import Any, Final

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import ClientDecodeError, TelegramRetryAfter, TelegramServerError
from aiogram.methods import Response, TelegramMethod
from aiogram.methods.base import TelegramType

CALL_SECONDS: Final = 15.0
UNSAID_RETRY: Final = 5
"""Seconds to wait when a 429 does not say how long."""
_RETRY = re.compile(r"retry after (\d+)", re.IGNORECASE)


class RawUpdates(TelegramMethod[list[dict[str, Any]]]):
    """getUpdates without parsing: one update that aiogram can't read must not hide those behind it."""

    __returning__ = list[dict[str, Any]]
    __api_method__ = "getUpdates"

    offset: int | None = None
    limit: int | None = None
    timeout: int | None = None
    allowed_updates: list[str] | None = None


class Session(AiohttpSession):
    """Reads answers by their meaning: `ok` first, then the types."""

    def check_response(
        self, bot: Bot, method: TelegramMethod[TelegramType], status_code: int, content: str
    ) -> Response[TelegramType]:
        data = self._decoded(content)
        if data is None or (status_code >= 500 and not data.get("description")):
            raise TelegramServerError(method=method, message=f"status {status_code}")
        if data.get("ok") is not True:
            status_code = int(data.get("error_code") or status_code)
        if status_code == 429:
            raise TelegramRetryAfter(method, str(data.get("description")), retry_after(data))
        try:
            return super().check_response(bot, method, status_code, content)
        except ClientDecodeError:
            if data.get("ok") is True:
                return Response.model_construct(ok=True, result=data.get("result"))
            raise TelegramServerError(method=method, message=f"status {status_code}") from None

    def _decoded(self, content: str) -> dict[str, Any] | None:
        try:
            data = self.json_loads(content)
        except ValueError:
            return None
        return data if isinstance(data, dict) else None


def retry_after(data: dict[str, Any]) -> int:
    """Seconds that a 429 tells to wait."""
    parameters = data.get("parameters")
    told = parameters.get("retry_after") if isinstance(parameters, dict) else None
    found = _RETRY.search(str(data.get("description")))
    return int(told or (found and found[1]) or UNSAID_RETRY)


def make_bot(token: str, api_base: str) -> Bot:
    """A bot at this API. Opens no connection yet."""
    session = Session(api=TelegramAPIServer.from_base(api_base.rstrip("/")), timeout=CALL_SECONDS)
    return Bot(token, session=session)


def field(answer: Any, name: str) -> str:
    """A field of an answer, typed or not; empty when it is not there."""
    found = answer.get(name) if isinstance(answer, dict) else getattr(answer, name, None)
    return "" if found is None else str(found)
