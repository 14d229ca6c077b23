"""Logs: one line an event, JSON unless a person watches, and nothing in them that tells who a reader is."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, TextIO

import structlog

PERSONAL = frozenset(
    {
        "address", "birth_year", "card", "display_name", "email", "guardian", "heard", "id_card",
        "latitude", "longitude", "message_text", "name", "password", "payload", "phone", "pin",
        "query", "recipient", "secret", "session", "street", "text", "token", "transcript", "words",
    }
)  # fmt: skip
"""Keys whose values never reach a log, however deep they lie."""
MASK = "***"
NUMBERS = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|\d{17}[\dXx])(?!\d)")
"""A mobile or identity card number, wherever one slips into a value."""
CHATTY = (
    "httpx",
    "httpcore",
    "uvicorn.access",
    "sanic.access",
    "sqlalchemy.engine",
    "asyncio",
    "docket",
    "rasa_sdk",
)
"""Libraries whose everyday lines name addresses or tokens: only their warnings are kept."""


def configure_logging(level: str = "info", stream: TextIO | None = None) -> None:
    """Route structlog and the standard library's logging through one formatter to `stream` (stderr)."""
    stream = stream or sys.stderr
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_last_steps(stream.isatty()))
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def _last_steps(watched: bool) -> list[structlog.typing.Processor]:
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=True, exception_formatter=structlog.dev.plain_traceback)
        if watched
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        hide_personal,
        renderer,
    ]


def hide_personal(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask what tells who a reader is: by key, and by what looks like a phone or identity number."""
    event.pop("color_message", None)  # uvicorn says everything twice
    return {key: MASK if key in PERSONAL else _cleaned(value) for key, value in event.items()}


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return NUMBERS.sub(MASK, value)
    if isinstance(value, Mapping):
        return {key: MASK if key in PERSONAL else _cleaned(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_cleaned(inner) for inner in value]
    return value
