"""One message to Telegram, and what its answer means."""

import io
import time
from collections.abc import Awaitable, Callable
from typing import Any

import segno
import structlog
from aiogram import Bot
from aiogram.enums import ParseMode
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.methods import SendMessage, SendPhoto, SendVoice, TelegramMethod
from aiogram.types import BufferedInputFile, LinkPreviewOptions

from bot.channels.base import Parcel, Peer, Result, Verdict
from bot.channels.telegram import keyboards
from bot.channels.telegram.api import field
from bot.channels.telegram.limits import Limits
from bot.channels.telegram.render import Body
from bot.channels.telegram.words import in_script, say
from bot.gate import Gate
from bot.replies import Reply
from bot.store import telegram as store
from bot.store.sessions import digest

log = structlog.get_logger(__name__)

Speak = Callable[[Reply, str], Awaitable[bytes | None]]
"""A reply spoken in a format; None when that can't be done just now."""

LOST_SECONDS = 60.0
"""How long to wait when Telegram does not know our token."""
UNREACHABLE = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "not enough rights",
    "have no rights",
    "chat_write_forbidden",
    "group chat was deactivated",
    "bot is not a member",
    "chat_restricted",
)
"""400s that mean that nothing will arrive there."""


class Sender:
    """Sends for one bot."""

    def __init__(self, bot: Bot, gate: Gate, limits: Limits, speak: Speak) -> None:
        self._bot = bot
        self._gate = gate
        self._limits = limits
        self._speak = speak

    async def send(self, peer: Peer, parcel: Parcel) -> Result:
        """Hand over one message. Never raises for what Telegram answers."""
        body: Body = parcel.body
        if body.how == "nothing":
            return Result(Verdict.SENT)
        wait = await self._limits.turn(peer.address, bool(peer.facts.get("group")))
        if wait > 0:
            return Result(Verdict.AGAIN, wait, "limit")
        try:
            return Result(Verdict.SENT, proof=await self._hand_over(peer, body))
        except TelegramRetryAfter as busy:
            await self._limits.told_to_wait(peer.address, busy.retry_after)
            return Result(Verdict.AGAIN, busy.retry_after, "429")
        except TelegramAPIError as error:
            return self._meaning(error)

    def _meaning(self, error: TelegramAPIError) -> Result:
        words = error.message.lower()
        if isinstance(error, TelegramForbiddenError):
            return Result(Verdict.STOPPED, proof="403")
        if isinstance(error, TelegramUnauthorizedError | TelegramNotFound):
            log.error("telegram_token_refused")
            return Result(Verdict.AGAIN, LOST_SECONDS, "401")
        if isinstance(error, TelegramBadRequest) and any(sign in words for sign in UNREACHABLE):
            return Result(Verdict.STOPPED, proof="400")
        if isinstance(error, TelegramBadRequest | TelegramEntityTooLarge | TelegramMigrateToChat):
            log.error("telegram_refused", reason=error.message[:120])
            return Result(Verdict.REFUSED, proof="400")
        log.warning("telegram_unreachable", error=type(error).__name__)
        return Result(Verdict.AGAIN, 0, type(error).__name__)

    async def _hand_over(self, peer: Peer, body: Body) -> str:
        if body.remove:
            await self._gate.facts(peer.conversation_id, keyboard=None)
        method = await self._method(peer, body)
        if method is None:
            return ""
        if body.remove and getattr(method, "reply_markup", None) is not None:
            await self._extra(peer, say("location_closed"), keyboards.gone())
        elif body.remove and isinstance(method, SendMessage):
            method.reply_markup = keyboards.gone()
        sent = await self._call(peer, method)
        if body.ask_location:
            await self._ask_location(peer, body)
        return field(sent, "message_id")

    async def _call(self, peer: Peer, method: TelegramMethod[Any]) -> Any:
        """A group that moved is followed; markup and marks that Telegram refuses are left out."""
        try:
            return await self._bot(method)
        except TelegramMigrateToChat as moved:
            user = str(peer.facts.get("user") or peer.address)
            await self._gate.open(user, str(moved.migrate_to_chat_id))
            return await self._bot(method.model_copy(update={"chat_id": moved.migrate_to_chat_id}))
        except TelegramBadRequest as error:
            plain = _plainer(method, error.message.lower())
            if plain is None:
                raise
            log.warning("telegram_sent_plainer", reason=error.message[:120])
            return await self._bot(plain)

    async def _method(self, peer: Peer, body: Body) -> TelegramMethod[Any] | None:
        chat, thread = int(peer.address), peer.facts.get("thread")
        if body.how == "photo":
            file = BufferedInputFile(qr(body.code), "code.png")
            return SendPhoto(
                chat_id=chat,
                photo=file,
                caption=body.html or body.text,
                parse_mode=ParseMode.HTML if body.html else None,
                message_thread_id=thread,
            )
        if body.how == "voice":
            spoken = await self._spoken(body)
            return SendVoice(chat_id=chat, voice=spoken, message_thread_id=thread) if spoken else None
        return SendMessage(
            chat_id=chat,
            text=body.html or body.text,
            parse_mode=ParseMode.HTML if body.html else None,
            message_thread_id=thread,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
            reply_markup=await self._buttons(peer, body),
        )

    async def _buttons(self, peer: Peer, body: Body) -> Any:
        references: list[str] = []
        if body.choices:
            choices = [choice.to_json() for choice in body.choices]
            references = await self._gate.threads.write(self._keep, peer, choices)
        return keyboards.inline(body.choices, references, body.link)

    def _keep(self, peer: Peer, choices: list[dict[str, str]]) -> list[str]:
        with self._gate.deps.database.begin() as conn:
            return store.keep_keyboard(
                conn, peer.conversation_id, digest(peer.address)[:32], choices, time.time()
            )

    async def _ask_location(self, peer: Peer, body: Body) -> None:
        script = peer.facts.get("script")
        await self._extra(peer, in_script(say("location_ask"), script), keyboards.location(script))
        await self._gate.facts(peer.conversation_id, keyboard=body.opened_by)

    async def _extra(self, peer: Peer, text: str, markup: Any) -> None:
        """A word beside a message, for a keyboard that can't go with it; not worth a second try."""
        if await self._limits.turn(peer.address, False) > 0:
            return
        try:
            await self._bot(SendMessage(chat_id=int(peer.address), text=text, reply_markup=markup))
        except TelegramAPIError as error:
            log.info("telegram_extra_lost", error=type(error).__name__)

    async def _spoken(self, body: Body) -> BufferedInputFile | None:
        """The voice as a bubble (OGG/Opus); the words were sent before, so without it nothing is missing."""
        try:
            sound = await self._speak(body.reply, "ogg") if body.reply is not None else None
            return BufferedInputFile(sound, "voice.ogg") if sound else None
        except Exception as error:  # noqa: BLE001 - whatever the voice is made by
            log.warning("telegram_not_spoken", error=type(error).__name__)
            return None


def qr(code: str) -> bytes:
    """A PNG that the locker's scanner reads."""
    picture = io.BytesIO()
    segno.make(code, error="m", micro=False).save(picture, kind="png", scale=10, border=4)
    return picture.getvalue()


def _plainer(method: TelegramMethod[Any], reason: str) -> TelegramMethod[Any] | None:
    """The same message without what Telegram did not like about it."""
    if "parse entities" in reason and isinstance(method, SendMessage | SendPhoto):
        return _unmarked(method)
    if "thread not found" in reason:
        return method.model_copy(update={"message_thread_id": None})
    if ("button" in reason or "keyboard" in reason) and isinstance(method, SendMessage):
        return method.model_copy(update={"reply_markup": None, "text": _with_address(method)})
    return None


def _unmarked(method: SendMessage | SendPhoto) -> TelegramMethod[Any]:
    from html import unescape

    def plain(text: str | None) -> str:
        return unescape((text or "").replace("<code>", "").replace("</code>", ""))

    name = "text" if isinstance(method, SendMessage) else "caption"
    return method.model_copy(update={name: plain(getattr(method, name)), "parse_mode": None})


def _with_address(method: SendMessage) -> str:
    rows = getattr(method.reply_markup, "inline_keyboard", ())
    urls = [button.url for row in rows for button in row if button.url]
    return "\n".join([method.text, *urls])
