"""The methods of the Bot API that the fake knows, over a `State`."""

import json
import re
import time
from collections.abc import Mapping
from typing import Any

from tests.fakes.telegram import rules
from tests.fakes.telegram.chats import Chat, Shown, units
from tests.fakes.telegram.rules import Refused
from tests.fakes.telegram.state import TOKEN, USERNAME, State

BIGGEST_FILE = 20 * 1024 * 1024
ACTIONS = frozenset(
    [
        *(f"record_{what}" for what in ("voice", "video", "video_note")),
        *(f"upload_{what}" for what in ("voice", "video", "video_note", "photo", "document")),
        *("typing", "choose_sticker", "find_location"),
    ]
)
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
Fields = Mapping[str, Any]


class Methods:
    """One method a call, by its API name; each returns the `result`. Raises `Refused`."""

    def __init__(self, state: State) -> None:
        self.state = state

    def getMe(self, fields: Fields) -> Any:  # noqa: N802
        more = {
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }
        return {
            "id": int(TOKEN.split(":")[0]),
            "is_bot": True,
            "first_name": "书递",
            "username": USERNAME,
            **more,
        }

    def sendMessage(self, fields: Fields) -> Any:  # noqa: N802
        chat = self._chat(fields)
        text = rules.shown_text(str(fields.get("text", "")), str(fields.get("parse_mode", "")))
        rules.check_text(text)
        return self._show(chat, "text", text.strip(), fields)

    def sendPhoto(self, fields: Fields) -> Any:  # noqa: N802
        chat = self._chat(fields)
        data = _file(fields, "photo")
        if not data.startswith((b"\x89PNG", b"\xff\xd8")):
            raise Refused(400, "Bad Request: IMAGE_PROCESS_FAILED")
        return self._media(chat, "photo", data, fields)

    def sendVoice(self, fields: Fields) -> Any:  # noqa: N802
        chat = self._chat(fields)
        data = _file(fields, "voice")
        bubble = data.startswith(b"OggS") and b"OpusHead" in data[:128]
        return self._media(chat, "voice" if bubble else "document", data, fields)

    def sendChatAction(self, fields: Fields) -> Any:  # noqa: N802
        chat = self._chat(fields)
        action = str(fields.get("action", ""))
        if action not in ACTIONS:
            raise Refused(400, "Bad Request: wrong parameter action in request")
        chat.actions.append((time.time(), action))
        return True

    def answerCallbackQuery(self, fields: Fields) -> Any:  # noqa: N802
        press = self.state.presses.get(str(fields.get("callback_query_id")))
        late = press is None or time.monotonic() - press.at > self.state.query_seconds
        if press is None or late or press.answered is not None:
            raise Refused(
                400, "Bad Request: query is too old and response timeout expired or query ID is invalid"
            )
        if units(str(fields.get("text", ""))) > 200:
            raise Refused(400, "Bad Request: MESSAGE_TOO_LONG")
        press.answered = dict(fields)
        return True

    def editMessageReplyMarkup(self, fields: Fields) -> Any:  # noqa: N802
        chat = self._chat(fields)
        shown = next((one for one in chat.shown if one.message_id == int(fields.get("message_id", 0))), None)
        if shown is None:
            raise Refused(400, "Bad Request: message to edit not found")
        made = rules.markup(fields.get("reply_markup"), chat.type == "private") or {}
        buttons = _buttons(made)
        if buttons == shown.buttons:
            raise Refused(400, "Bad Request: message is not modified: it is exactly the same")
        shown.buttons = buttons
        return self._message(chat, shown)

    def getFile(self, fields: Fields) -> Any:  # noqa: N802
        file_id = str(fields.get("file_id", ""))
        data = self.state.files.get(file_id)
        if data is None:
            raise Refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(data) > BIGGEST_FILE:
            raise Refused(400, "Bad Request: file is too big")
        known = {"file_id": file_id, "file_unique_id": f"u{file_id}", "file_size": len(data)}
        return {**known, "file_path": f"voice/{file_id}.oga"}

    def setMyCommands(self, fields: Fields) -> Any:  # noqa: N802
        commands = json.loads(fields.get("commands") or "[]")
        for command in commands:
            if not _COMMAND.fullmatch(command["command"]) or not 1 <= len(command["description"]) <= 256:
                raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
        self.state.commands = commands
        return True

    def getMyCommands(self, fields: Fields) -> Any:  # noqa: N802
        return self.state.commands

    def deleteWebhook(self, fields: Fields) -> Any:  # noqa: N802
        self.state.webhook = {}
        return True

    def setWebhook(self, fields: Fields) -> Any:  # noqa: N802
        now, url = time.monotonic(), str(fields.get("url", ""))
        if now - self.state.webhook.get("at", now - 2) < 1:
            raise Refused(429, "Too Many Requests: retry after 1", retry_after=1)
        secret = str(fields.get("secret_token", ""))
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise Refused(400, "Bad Request: secret token contains unallowed characters")
        self.state.webhook = {"url": url, "secret": secret, "at": now} if url else {}
        self.state.changed()
        return True

    def getWebhookInfo(self, fields: Fields) -> Any:  # noqa: N802
        waiting = len(self.state.updates)
        return {
            "url": self.state.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": waiting,
        }

    def _chat(self, fields: Fields) -> Chat:
        raw = str(fields.get("chat_id", ""))
        chat = self.state.chats.get(int(raw)) if raw.lstrip("-").isdigit() else None
        if chat is None:
            raise Refused(400, "Bad Request: chat not found")
        if chat.shut:
            raise Refused(403, chat.shut)
        return chat

    def _media(self, chat: Chat, kind: str, data: bytes, fields: Fields) -> Any:
        text = rules.shown_text(str(fields.get("caption", "")), str(fields.get("parse_mode", "")))
        rules.check_caption(text)
        return self._show(chat, kind, text, fields, data)

    def _show(self, chat: Chat, kind: str, text: str, fields: Fields, data: bytes = b"") -> Any:
        made = rules.markup(fields.get("reply_markup"), chat.type == "private") or {}
        if self.state.strict:
            self.state.rates.take(chat.id, chat.type != "private")
        keyboard = made if {"keyboard", "remove_keyboard"} & set(made) else None
        if keyboard is not None:
            chat.keyboard = None if keyboard.get("remove_keyboard") else keyboard
        html = bool(fields.get("parse_mode"))
        plain = {name: value for name, value in fields.items() if not isinstance(value, bytes)}
        shown = Shown(
            self.state.next_message(), kind, text, time.time(), _buttons(made), keyboard, data, html, plain
        )
        chat.shown.append(shown)
        return self._message(chat, shown)

    def _message(self, chat: Chat, shown: Shown) -> Any:
        body: dict[str, Any] = {
            "message_id": shown.message_id,
            "date": int(shown.at),
            "chat": chat.as_json(),
            "from": self.getMe({}),
        }
        if shown.kind == "text":
            return {**body, "text": shown.text}
        file = {"file_id": f"sent-{shown.message_id}", "file_unique_id": f"s{shown.message_id}"}
        if shown.kind == "photo":
            return {**body, "photo": [{**file, "width": 90, "height": 90}]}
        return {**body, shown.kind: {**file, "duration": 1} if shown.kind == "voice" else file}


def _file(fields: Fields, name: str) -> bytes:
    value = fields.get(name)
    if isinstance(value, str) and value.startswith("attach://"):
        value = fields.get(value.removeprefix("attach://"))
    if not isinstance(value, bytes) or not value:
        raise Refused(400, f"Bad Request: there is no {name} in the request")
    return value


def _buttons(made: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [button for row in made.get("inline_keyboard", ()) for button in row]
