"""Refusals of the chat API, in one shape: {"error": {"code", "message"}}."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog
import yaml
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from lending.errors import LendingError

log = structlog.get_logger(__name__)
_BY_STATUS = {
    400: "bad_body",
    401: "session_missing",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
}


class Refused(Exception):
    """A request that is not carried out. `code` is one of errors.yml."""

    def __init__(self, code: str, retry_after: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after


@lru_cache
def catalogue() -> dict[str, dict[str, Any]]:
    """Every error by code: {"status", "message"}."""
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(
        Path(__file__).with_name("errors.yml").read_text("utf-8")
    )
    return loaded


def answer(code: str, retry_after: int | None = None, headers: dict[str, str] | None = None) -> JSONResponse:
    """The HTTP answer for a code."""
    told = catalogue()[code]
    more = dict(headers or {})
    if told["status"] == 401:
        more["WWW-Authenticate"] = "Bearer"
    if retry_after is not None:
        more["Retry-After"] = str(max(1, retry_after))
    body = {"error": {"code": code, "message": told["message"]}}
    return JSONResponse(body, status_code=told["status"], headers=more)


def from_lending(error: LendingError) -> Refused:
    """The library's refusal as one of the API's; codes without an entry of their own are a conflict."""
    code = str(error.code)
    retry_after = error.facts.get("retry_after_seconds")
    return Refused(code if code in catalogue() else "conflict", int(retry_after) if retry_after else None)


def install(app: FastAPI) -> None:
    """Answer every failure in this shape."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _broken)


async def _refused(_request: Request, error: Any) -> JSONResponse:
    return answer(error.code, error.retry_after)


async def _http(_request: Request, error: Any) -> JSONResponse:
    code = _BY_STATUS.get(error.status_code, "invalid" if error.status_code < 500 else "unavailable")
    return answer(code, headers=dict(error.headers or {}))


async def _invalid(_request: Request, _error: Exception) -> JSONResponse:
    return answer("invalid")


async def _broken(request: Request, error: Exception) -> JSONResponse:
    log.error("request_broke", path=request.scope.get("path", "")[:40], error=type(error).__name__)
    return answer("unavailable", 2)
