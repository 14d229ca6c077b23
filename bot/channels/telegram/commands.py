"""/start, /help, /human, /lang: what a command does."""

import json
import re
from collections.abc import Callable

from aiogram import Router
from aiogram.types import BotCommand, Message

from bot.channels.telegram.addressed import command
from bot.channels.telegram.desk import PRIVATE, Desk
from bot.channels.telegram.words import SCRIPTS, say, word, words
from bot.replies import Choice

SCRIPT_PAYLOAD = "/telegram_script"
"""A choice of ours: the dialogue never sees it."""
_LOCKER = re.compile(r"locker_([A-Za-z0-9_-]{1,57})")


def known() -> list[BotCommand]:
    """The command list, as Telegram shows it."""
    return [BotCommand(command=name, description=text) for name, text in words()["commands"].items()]


def router() -> Router:
    """The commands' router."""
    made = Router(name="commands")
    made.message.register(_start, _named("start"))
    made.message.register(_help, _named("help"))
    made.message.register(_human, _named("human"))
    made.message.register(_lang, _named("lang"))
    made.message.register(_unknown, lambda message: command(message.text) is not None)
    return made


def _named(name: str) -> Callable[[Message], bool]:
    def fits(message: Message) -> bool:
        found = command(message.text)
        return found is not None and found[0] == name

    return fits


async def _start(message: Message, desk: Desk) -> None:
    """The deep link's parameter is where the reader came from; `locker_<id>` also chooses that locker."""
    tag = (command(message.text) or ("", "", ""))[2][:64]
    conversation_id = await desk.here(message, source=tag or None)
    locker = _LOCKER.fullmatch(tag)
    payload = f"/choose_point{json.dumps({'point': locker[1]})}" if locker else "/greet"
    await _press(message, desk, conversation_id, payload)


async def _help(message: Message, desk: Desk) -> None:
    await _press(message, desk, await desk.here(message), "/help")


async def _human(message: Message, desk: Desk) -> None:
    """The same as the word: it works while the dialogue is down."""
    if message.chat.type != PRIVATE:
        await desk.say(message, "private")
        return
    conversation_id = await desk.here(message)
    await desk.take(
        conversation_id, message.chat, f"m{message.message_id}", "text", {"text": say("human_word")}
    )


async def _lang(message: Message, desk: Desk) -> None:
    conversation_id = await desk.here(message)
    offered = [Choice(word("script", name), _script(name)) for name in SCRIPTS]
    await desk.tell(conversation_id, f"m{message.message_id}", say("lang"), offered)


async def _unknown(message: Message, desk: Desk) -> None:
    await desk.say(message, "unknown_command")


async def _press(message: Message, desk: Desk, conversation_id: str, payload: str) -> None:
    content = {"payload": payload, "text": message.text or ""}
    await desk.take(conversation_id, message.chat, f"m{message.message_id}", "choice", content)


def _script(name: str) -> str:
    return f"{SCRIPT_PAYLOAD}{json.dumps({'script': name})}"


def chosen_script(payload: str) -> str | None:
    """The script that one of our own choices names."""
    if not payload.startswith(SCRIPT_PAYLOAD):
        return None
    name = json.loads(payload.removeprefix(SCRIPT_PAYLOAD)).get("script")
    return str(name) if name in SCRIPTS else None
