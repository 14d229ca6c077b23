"""Readers who block us and come back."""

from aiogram import Router
from aiogram.enums import ChatMemberStatus
from aiogram.types import ChatMemberUpdated

from bot.channels.telegram.desk import PRIVATE, Desk, person

GONE = frozenset((ChatMemberStatus.KICKED, ChatMemberStatus.LEFT))


def router() -> Router:
    """The router of `my_chat_member`; nobody is told anything here."""
    made = Router(name="members")
    made.my_chat_member.register(_changed)
    return made


async def _changed(change: ChatMemberUpdated, desk: Desk) -> None:
    """A group that throws us out shows by its 403s: each member there has a conversation."""
    if change.chat.type != PRIVATE:
        return
    conversation_id = await desk.gate.find(person(change.chat, change.from_user))
    if conversation_id is None:
        return
    if change.new_chat_member.status in GONE:
        await desk.gate.unreachable(conversation_id, "blocked")
    else:
        await desk.conversation(change.chat, change.from_user)
