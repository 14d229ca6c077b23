"""What the handlers share: whose conversation it is, handing a message in, saying something by ourselves."""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramAPIError
from aiogram.types import Chat, Message, User

from bot.channels.telegram.api import field
from bot.channels.telegram.thinking import Thinking
from bot.channels.telegram.words import say
from bot.gate import Gate
from bot.inbound import Inbound
from bot.replies import Choice, Reply
from bot.store import telegram as store

log = structlog.get_logger(__name__)
CHANNEL = "telegram"
PRIVATE = "private"


class Desk:
    """One bot's desk. `username` is known once Telegram has told it."""

    def __init__(self, bot: Bot, gate: Gate, thinking: Thinking) -> None:
        self.bot = bot
        self.gate = gate
        self.thinking = thinking
        self.username = ""
        self._background: set[asyncio.Task[Any]] = set()

    async def know_ourselves(self) -> str:
        """Our username, asked for once; empty while Telegram doesn't answer."""
        if not self.username:
            try:
                self.username = field(await self.bot.get_me(request_timeout=5), "username")
            except TelegramAPIError as error:
                log.warning("telegram_unreachable", error=type(error).__name__)
        return self.username

    async def conversation(
        self, chat: Chat, user: User | None, thread: int | None = None, **more: Any
    ) -> str:
        """The conversation of this reader here. In a group each member has one, so that lists never mix."""
        name = person(chat, user)
        facts: dict[str, Any] = {"user": name}
        if chat.type != PRIVATE:
            facts |= {"group": True, "thread": thread}
        return await self.gate.open(name, str(chat.id), facts | more.pop("facts", {}), **more)

    async def here(self, message: Message, **more: Any) -> str:
        """The conversation that a message belongs to."""
        thread = message.message_thread_id if message.is_topic_message else None
        return await self.conversation(message.chat, message.from_user, thread, **more)

    async def take(
        self, conversation_id: str, chat: Chat, key: str, kind: str, content: dict[str, Any]
    ) -> None:
        """Hand a message in; returns when it is written down. `key` is its id in this conversation."""
        await self.gate.take(Inbound(conversation_id, CHANNEL, key, kind, content))
        self.thinking.begin(conversation_id, chat.id, "record_voice" if kind == "voice" else "typing")

    async def tell(self, conversation_id: str, key: str, text: str, choices: Sequence[Choice] = ()) -> None:
        """Say something by ourselves, once under this key. It goes the way of every reply."""
        reply = Reply("text", text, tuple(choices))
        key = f"telegram:{conversation_id}:{key}"[:128]
        await self.gate.tell(conversation_id, reply, key)

    async def say(self, message: Message, name: str, key: str = "") -> None:
        """Answer a message with one of our own sentences."""
        conversation_id = await self.here(message)
        await self.tell(conversation_id, key or f"m{message.message_id}", say(name))

    async def keyboard(self, number: int, key: str) -> store.Keyboard | None:
        """The keyboard a button refers to."""

        def find() -> store.Keyboard | None:
            with self.gate.deps.database.read() as conn:
                return store.find_keyboard(conn, number, key)

        return await self.gate.threads.read(find)

    async def use(self, number: int, press: str) -> bool:
        """Whether this press is the one that counts."""

        def use() -> bool:
            with self.gate.deps.database.begin() as conn:
                return store.use_keyboard(conn, number, press)

        return await self.gate.threads.write(use)

    def behind(self, work: Any) -> None:
        """Something that may fail and that nobody waits for."""
        task = asyncio.create_task(_quietly(work))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def close(self) -> None:
        """Let what runs behind end."""
        if self._background:
            await asyncio.wait(set(self._background), timeout=3)


def person(chat: Chat, user: User | None) -> str:
    """How a conversation's reader is named: the chat, and in groups who of them."""
    return str(chat.id) if chat.type == PRIVATE or user is None else f"{chat.id}:{user.id}"


async def _quietly(work: Any) -> None:
    try:
        await work
    except TelegramAPIError as error:
        log.info("telegram_aside_lost", error=type(error).__name__)
