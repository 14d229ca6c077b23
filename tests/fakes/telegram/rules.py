"""What the Bot API refuses, with its words."""

import html
import ipaddress
import json
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.telegram.chats import units

TEXT_UNITS, CAPTION_UNITS, DATA_BYTES = 4096, 1024, 64
TAGS = frozenset(
    ["b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "a", "span", "blockquote"]
)


class Refused(Exception):
    """An answer with ok: false."""

    def __init__(self, status: int, words: str, **parameters: Any) -> None:
        super().__init__(words)
        self.status = status
        self.words = words
        self.parameters = parameters


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise Refused(400, f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}"')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise Refused(400, "Bad Request: can't parse entities: Unmatched end tag")

    def handle_data(self, data: str) -> None:
        if "<" in data:
            raise Refused(400, "Bad Request: can't parse entities: Unsupported start tag")
        self.text += data

    def handle_entityref(self, name: str) -> None:
        self.text += html.unescape(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.text += html.unescape(f"&#{name};")


def shown_text(text: str, parse_mode: str) -> str:
    """The text as it is seen. Raises `Refused` for HTML that is none."""
    if not parse_mode:
        return text
    if parse_mode.upper() != "HTML":
        raise Refused(400, "Bad Request: unsupported parse_mode")
    parser = _Html()
    parser.feed(text)
    parser.close()
    if parser.open:
        raise Refused(400, "Bad Request: can't parse entities: Can't find end tag")
    return parser.text


def check_text(text: str) -> None:
    if not text.strip():
        raise Refused(400, "Bad Request: message text is empty")
    if units(text) > TEXT_UNITS:
        raise Refused(400, "Bad Request: message is too long")


def check_caption(text: str) -> None:
    if units(text) > CAPTION_UNITS:
        raise Refused(400, "Bad Request: message caption is too long")


def markup(raw: Any, private: bool) -> dict[str, Any] | None:
    """The reply markup of a call, checked."""
    if not raw:
        return None
    try:
        body = json.loads(raw) if isinstance(raw, str) else raw
    except ValueError:
        raise Refused(400, "Bad Request: can't parse reply keyboard markup JSON object") from None
    for row in body.get("inline_keyboard", ()):
        for button in row:
            _inline(button)
    for row in body.get("keyboard", ()):
        for button in row:
            if isinstance(button, Mapping) and button.get("request_location") and not private:
                raise Refused(400, "Bad Request: location can be requested in private chats only")
    return dict(body)


def _inline(button: Mapping[str, Any]) -> None:
    if not str(button.get("text", "")).strip():
        raise Refused(400, "Bad Request: can't parse inline keyboard button: Text must be non-empty")
    if ("callback_data" in button) == ("url" in button):
        raise Refused(400, "Bad Request: can't parse inline keyboard button: Text buttons are unallowed")
    if "callback_data" in button and not 1 <= len(str(button["callback_data"]).encode()) <= DATA_BYTES:
        raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
    if "url" in button and not _good_host(str(button["url"])):
        raise Refused(
            400, f"Bad Request: inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL"
        )


def _good_host(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return parts.scheme in ("http", "https", "tg") and "." in host.strip(".")
    return parts.scheme in ("http", "https")


class Rates:
    """1 a second a chat with a burst, 20 a minute a group, 30 a second in all; what is refused counts too."""

    def __init__(self, chat_burst: int = 5, chat_rate: float = 1.0) -> None:
        self.burst = chat_burst
        self.rate = chat_rate
        self._sent: dict[int, deque[float]] = defaultdict(deque)
        self._all: deque[float] = deque()

    def take(self, chat: int, group: bool, now: float | None = None) -> None:
        """Raises `Refused` with 429."""
        now = time.monotonic() if now is None else now
        window, most = (60.0, 20) if group else (10.0, int(10 * self.rate) + self.burst)
        wait = max(_wait(self._sent[chat], now, window, most), _wait(self._all, now, 1.0, 30))
        if wait > 0:
            seconds = max(1, int(wait + 0.999))
            raise Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
        self._sent[chat].append(now)
        self._all.append(now)


def _wait(sent: "deque[float]", now: float, window: float, most: int) -> float:
    while sent and sent[0] <= now - window:
        sent.popleft()
    return sent[0] + window - now if len(sent) >= most else 0.0
