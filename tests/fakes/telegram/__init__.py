"""A Bot API of our own, as a real HTTP server that keeps Telegram's rules, and the readers behind it.

In a test, or by `python -m tests.fakes.telegram --port 9000` (SHUDI_TELEGRAM_API_BASE=…).

Rules kept (PROTOCOLS B; core.telegram.org/bots/api):

- getUpdates: the offset acknowledges, limit 1-100, a new poller throws out the older (409).
- Webhook (then no polling: 409): posts carry the secret, one at a time a chat, presses in their own queue;
  what is not answered 2xx comes again at once, then after 2, 4, 8 … 60 s or as Retry-After says; set twice
  within a second: 429.
- Texts 1-4,096 UTF-16 units after entities, captions 0-1,024, callback_data 1-64 bytes, URLs with a dot or an
  IP, request_location in private chats only, a press answered within 15 s, getFile up to 20 MB.
- 429 with retry_after above 1/s a chat (with a burst), 20/min a group, 30/s in all; 403 when blocked.

    with TelegramServer() as telegram:            # telegram.url, telegram.token
        reader = telegram.reader()                # a private chat; telegram.group(...) for a group
        reader.says("有没有三体")                  # presses, shares, speaks, sends, edits, blocks …
        reader.sees                               # [Shown(message_id, kind, text, buttons, …)] as of now
        telegram.calls                            # every API call: Call(method, fields, status, at)
        telegram.fail("sendMessage", 429, retry_after=3, times=1)     # faults; 0 drops the connection
        telegram.strict = False                   # no rate limits

Over HTTP, for tests in other processes (all JSON):

    POST /_fake/say      {"chat": 1001, "text": "…"} or {"chat": 1001, "message": {…fields of a Message}}
    POST /_fake/press    {"chat": 1001, "title": "…"} (the newest button that has it) or {"chat", "data"}
    POST /_fake/block    {"chat": 1001, "blocked": true}
    POST /_fake/fail     {"method": "sendMessage", "status": 429, "retry_after": 3, "times": 1}
    POST /_fake/rules    {"strict": false}
    GET  /_fake/seen?chat=1001    [{"message_id", "kind", "text", "at", "buttons": [{"text", "data", "url"}]}]
    GET  /_fake/calls             [{"method", "fields", "status", "at"}]
"""

from tests.fakes.telegram.chats import Chat, Shown
from tests.fakes.telegram.server import TelegramServer

__all__ = ["Chat", "Shown", "TelegramServer"]
