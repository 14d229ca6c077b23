"""Groups: whether a message there is meant for us, and what it says without our name."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiogram import BaseMiddleware
from aiogram.enums import ChatType, MessageEntityType
from aiogram.types import Message, TelegramObject

from bot.channels.telegram.desk import Desk

_COMMAND = re.compile(
    r"/(?P<name>[a-z0-9_]{1,32})(?:@(?P<bot>\w+))?(?:\s+(?P<rest>.*))?", re.IGNORECASE | re.DOTALL
)


class Addressed(BaseMiddleware):
    """Lets through what people say to us: all in private; in groups a mention, a reply to us, a command."""

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        desk: Desk = data["desk"]
        if not isinstance(event, Message) or (event.from_user is not None and event.from_user.is_bot):
            return None
        if event.chat.type == ChatType.CHANNEL:
            return None
        if event.chat.type != ChatType.PRIVATE and not await _meant(event, desk):
            return None
        return await handler(event, data)


def command(text: str | None) -> tuple[str, str, str] | None:
    """(name, bot named, rest) when a text is a command."""
    found = _COMMAND.fullmatch(text or "")
    return (found["name"].lower(), found["bot"] or "", (found["rest"] or "").strip()) if found else None


def words_of(message: Message, username: str) -> str:
    """The text without a mention of us."""
    text = message.text or ""
    return re.sub(rf"@{re.escape(username)}\b", " ", text, flags=re.IGNORECASE).strip() if username else text


async def _meant(message: Message, desk: Desk) -> bool:
    answered = message.reply_to_message
    if answered is not None and answered.from_user is not None and answered.from_user.id == desk.bot.id:
        return True
    username = (await desk.know_ourselves()).lower()
    named = command(message.text)
    if named is not None:
        return not named[1] or named[1].lower() == username
    return any(_mention(message, entity, desk, username) for entity in _entities(message))


def _entities(message: Message) -> list[Any]:
    return list(message.entities or message.caption_entities or ())


def _mention(message: Message, entity: Any, desk: Desk, username: str) -> bool:
    if entity.type == MessageEntityType.TEXT_MENTION:
        return entity.user is not None and entity.user.id == desk.bot.id
    if entity.type != MessageEntityType.MENTION or not username:
        return False
    return bool(entity.extract_from(message.text or message.caption or "").lower() == f"@{username}")
