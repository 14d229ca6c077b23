"""Pressed buttons: answered at once, used once, and only by whom they were made for."""

import re

from aiogram import Router
from aiogram.types import CallbackQuery, Chat, Message

from bot.channels.telegram.commands import chosen_script
from bot.channels.telegram.desk import Desk, person
from bot.channels.telegram.words import say, word
from bot.store.sessions import digest
from bot.store.telegram import Keyboard

_REFERENCE = re.compile(r"c:(\d{1,18})\.(\d{1,2})\.([\w-]{1,16})", re.ASCII)


def router() -> Router:
    """The presses' router."""
    made = Router(name="presses")
    made.callback_query.register(_pressed)
    return made


async def _pressed(query: CallbackQuery, desk: Desk) -> None:
    found = _REFERENCE.fullmatch(query.data or "")
    keyboard = await desk.keyboard(int(found[1]), found[3]) if found else None
    chat = query.message.chat if query.message is not None else Chat(id=query.from_user.id, type="private")
    if found is None or keyboard is None or int(found[2]) >= len(keyboard.choices):
        _answer(query, desk, "button_unknown")
        return
    if keyboard.chat != digest(str(chat.id))[:32] or not await _own(query, chat, keyboard, desk):
        _answer(query, desk, "button_foreign")
        return
    if not await desk.use(keyboard.id, query.id):
        _answer(query, desk, "button_over")
        return
    _answer(query, desk)
    await _chosen(query, desk, chat, keyboard, int(found[2]))
    if query.message is not None and query.message.message_id:
        desk.behind(desk.bot.edit_message_reply_markup(chat_id=chat.id, message_id=query.message.message_id))


async def _own(query: CallbackQuery, chat: Chat, keyboard: Keyboard, desk: Desk) -> bool:
    """Whether the reader who presses is the one who was asked."""
    return await desk.gate.find(person(chat, query.from_user)) == keyboard.conversation_id


async def _chosen(query: CallbackQuery, desk: Desk, chat: Chat, keyboard: Keyboard, place: int) -> None:
    choice = keyboard.choices[place]
    payload, title, name = str(choice["payload"]), str(choice["title"]), keyboard.conversation_id
    script = chosen_script(payload)
    if script is not None:
        await desk.gate.facts(name, script=script)
        await desk.tell(name, f"p{query.id}", say("lang_set", now=word("script", script)))
        return
    message = query.message if isinstance(query.message, Message) else None
    thread = message.message_thread_id if message is not None and message.is_topic_message else None
    await desk.conversation(chat, query.from_user, thread)
    await desk.take(name, chat, f"p{query.id}", "choice", {"payload": payload, "text": title})


def _answer(query: CallbackQuery, desk: Desk, name: str = "") -> None:
    """The spinner on the button stops, with a word when there is something to say."""
    desk.behind(query.answer(text=say(name) if name else None, show_alert=False))
