"""Logs: one line an event, and nothing that tells who a reader is."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from app.logging import PERSONAL, configure_logging


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging("info", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(log: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_an_event_is_one_line_of_json(log: io.StringIO) -> None:
    structlog.get_logger().info("turn_done", seconds=0.12, words_out=["一\n行", "二"])
    (line,) = lines(log)
    assert (line["event"], line["level"], line["seconds"]) == ("turn_done", "info", 0.12)
    assert line["words_out"] == ["一\n行", "二"]
    assert str(line["timestamp"]).endswith("Z")


@pytest.mark.parametrize("key", sorted(PERSONAL))
def test_personal_keys_are_masked_however_deep(log: io.StringIO, key: str) -> None:
    structlog.get_logger().info(
        "bound", **{key: "王小明", "reader": {key: "王小明", "kind": "adult", "all": [{key: "王小明"}]}}
    )
    assert "王小明" not in log.getvalue()
    (line,) = lines(log)
    assert line["reader"] == {key: "***", "kind": "adult", "all": [{key: "***"}]}


@pytest.mark.parametrize("number", ["13812345678", "320102199001011234", "32010219900101123X"])
def test_a_number_in_a_value_is_masked(log: io.StringIO, number: str) -> None:
    try:
        raise ValueError(f"no reader with {number}")
    except ValueError:
        structlog.get_logger().exception("failed", detail=f"for {number}.")
    assert number not in log.getvalue()
    assert "ValueError" in log.getvalue()


def test_an_isbn_is_no_telephone_number(log: io.StringIO) -> None:
    structlog.get_logger().info("searched", isbn="9787536692930", order="202611230001")
    assert lines(log)[0]["isbn"] == "9787536692930"


def test_the_standard_library_logs_the_same_way(log: io.StringIO) -> None:
    logging.getLogger("some.library").warning("call %s", "13812345678", extra={"phone": "1", "order": 7})
    (line,) = lines(log)
    assert (line["event"], line["level"], line["phone"], line["order"]) == ("call ***", "warning", "***", 7)


def test_libraries_that_name_addresses_keep_quiet(log: io.StringIO) -> None:
    logging.getLogger("httpx").info("HTTP Request: POST https://api.telegram.org/bot123:secret/sendMessage")
    logging.getLogger("uvicorn.access").info("GET /forms/signed-token")
    assert not log.getvalue()


def test_debug_is_dropped_at_info(log: io.StringIO) -> None:
    structlog.get_logger().debug("detail")
    assert not log.getvalue()


def test_a_person_gets_colours_and_no_json() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        configure_logging("debug", terminal)
        structlog.get_logger().info("turn_done", phone="13812345678", seconds=1)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
    assert "13812345678" not in terminal.getvalue()
    assert "turn_done" in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")
