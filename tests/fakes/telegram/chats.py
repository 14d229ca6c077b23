"""Chats of the fake, and what their readers do and see."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass
class Shown:
    """A message as the reader sees it now. kind: text | photo | voice. buttons: of the inline keyboard."""

    message_id: int
    kind: str
    text: str
    at: float
    buttons: list[dict[str, Any]] = field(default_factory=list)
    keyboard: dict[str, Any] | None = None
    """The reply keyboard or its removal that came with it."""
    data: bytes = b""
    html: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def titles(self) -> list[str]:
        return [button["text"] for button in self.buttons]


class Telegram(Protocol):
    """What a chat needs of the server's state."""

    def post(self, kind: str, body: dict[str, Any], lane: str) -> int: ...
    def next_message(self) -> int: ...
    def keep_file(self, data: bytes) -> str: ...
    def press(self, chat: "Chat", shown: Shown | None, data: str, user: dict[str, Any]) -> str: ...
    def locked(self, work: Callable[[], Any]) -> Any: ...


@dataclass
class Chat:
    """One chat and, in private, its reader."""

    telegram: Telegram
    id: int
    type: str = "private"
    name: str = "王"
    shut: str = ""
    """Why the bot can't write here (the 403's words); empty: it can."""
    shown: list[Shown] = field(default_factory=list)
    actions: list[tuple[float, str]] = field(default_factory=list)
    """Chat actions (time, action)."""
    keyboard: dict[str, Any] | None = None
    """The reply keyboard that is open just now."""

    @property
    def sees(self) -> list[Shown]:
        return list(self.shown)

    @property
    def texts(self) -> list[str]:
        return [one.text for one in self.shown]

    def user(self, user_id: int | None = None) -> dict[str, Any]:
        """The reader, or another member of a group."""
        known = self.id if self.type == "private" else 5_000_001
        return {"id": user_id or known, "is_bot": False, "first_name": self.name}

    def as_json(self) -> dict[str, Any]:
        title = {"first_name": self.name} if self.type == "private" else {"title": self.name}
        return {"id": self.id, "type": self.type, **title}

    def sends(self, *, user_id: int | None = None, **fields: Any) -> int:
        """A message with these fields of `Message`; its update_id."""
        message = {
            "message_id": self.telegram.next_message(),
            "date": int(time.time()),
            "chat": self.as_json(),
            "from": self.user(user_id),
            **fields,
        }
        return self.telegram.post("message", message, str(self.id))

    def says(self, text: str, *, user_id: int | None = None, **fields: Any) -> int:
        """Words; a leading command and mentions get their entities."""
        entities = list(fields.pop("entities", ())) or _entities(text)
        more = {"entities": entities} if entities else {}
        return self.sends(user_id=user_id, text=text, **more, **fields)

    def shares(self, latitude: float, longitude: float) -> int:
        """A location (WGS-84)."""
        return self.sends(location={"latitude": latitude, "longitude": longitude})

    def speaks(self, data: bytes, seconds: int = 2, mime: str = "audio/ogg") -> int:
        """A voice message."""
        file_id = self.telegram.keep_file(data)
        voice = {"file_id": file_id, "file_unique_id": f"u{file_id}", "duration": seconds, "mime_type": mime}
        return self.sends(voice={**voice, "file_size": len(data)})

    def edits(self, message_id: int, text: str) -> int:
        """An earlier message, changed."""
        now = int(time.time())
        message = {"message_id": message_id, "date": now, "chat": self.as_json(), "from": self.user()}
        return self.telegram.post("edited_message", {**message, "edit_date": now, "text": text}, str(self.id))

    def presses(self, title: str, *, user_id: int | None = None) -> str:
        """The newest button with this title (or that contains it); the query's id."""
        for shown in reversed(self.shown):
            for button in shown.buttons:
                if title == button["text"] and "callback_data" in button:
                    return self.press_data(button["callback_data"], shown, user_id=user_id)
            for button in shown.buttons:
                if title in button["text"] and "callback_data" in button:
                    return self.press_data(button["callback_data"], shown, user_id=user_id)
        raise AssertionError(f"no button {title!r} in {[one.titles for one in self.shown]}")

    def press_data(self, data: str, shown: Shown | None = None, *, user_id: int | None = None) -> str:
        """A press with any data, as an old or changed client could send it."""
        return self.telegram.press(self, shown, data, self.user(user_id))

    def blocks(self, status: str = "kicked") -> int:
        """The reader blocks the bot."""
        self.shut = "Forbidden: bot was blocked by the user"
        return self._member("member", status)

    def unblocks(self) -> int:
        """And thinks better of it."""
        self.shut = ""
        return self._member("kicked", "member")

    def _member(self, before: str, after: str) -> int:
        bot = {"id": 4242, "is_bot": True, "first_name": "Shudi"}
        change = {
            "chat": self.as_json(),
            "from": self.user(),
            "date": int(time.time()),
            "old_chat_member": {"user": bot, "status": before, **_until(before)},
            "new_chat_member": {"user": bot, "status": after, **_until(after)},
        }
        return self.telegram.post("my_chat_member", change, str(self.id))


def _until(status: str) -> dict[str, int]:
    return {"until_date": 0} if status == "kicked" else {}


def _entities(text: str) -> list[dict[str, Any]]:
    found = []
    if text.startswith("/"):
        found.append({"type": "bot_command", "offset": 0, "length": units(text.split()[0])})
    at = text.find("@")
    if at >= 0 and not text.startswith("/"):
        found.append({"type": "mention", "offset": units(text[:at]), "length": units(text[at:].split()[0])})
    return found


def units(text: str) -> int:
    """UTF-16 code units, Telegram's measure of length."""
    return len(text.encode("utf-16-le")) // 2
