"""One letter to the platform: within the reader's quota, by template when nothing is left."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.channels.base import Parcel, Peer, Result, Verdict
from bot.channels.wechat import errcodes
from bot.channels.wechat.client import ApiError, Unreached, WeChatClient
from bot.channels.wechat.pictures import Pictures
from bot.channels.wechat.rendering import Letter
from bot.channels.wechat.splitting import TEXT_LIMIT, split
from bot.channels.wechat.templates import Template
from bot.replies import Reply
from bot.store import wechat as store
from bot.threads import Threads
from lending.ports import Clock
from lending.storage.base import Database

log = structlog.get_logger(__name__)

Speak = Callable[[Reply, str], Awaitable[bytes | None]]
"""(reply, "mp3") → its voice, None when it can't be spoken now."""
KEPT_FOR_TALK = 1
"""A picture is sent only when at least so many messages are left for words after it."""
SMALLEST = 256


@dataclass
class Pauses:
    """How long the account has to wait, by what the platform said last. One process's own view."""

    until: float = 0.0
    times: dict[int, int] = field(default_factory=dict)

    def note(self, code: int) -> float:
        """Seconds to wait after this code."""
        seconds = errcodes.pause(code, self.times.get(code, 0))
        self.times[code] = self.times.get(code, 0) + 1
        if code in errcodes.EVERYBODY:
            self.until = time.monotonic() + seconds
        return seconds

    def left(self) -> float:
        """Seconds until the account may try again."""
        return max(self.until - time.monotonic(), 0.0)

    def clear(self) -> None:
        """The platform took something."""
        self.times.clear()


class Sender:
    """Hands letters over. Every way ends in a `Result`."""

    def __init__(
        self,
        client: WeChatClient,
        pictures: Pictures,
        templates: dict[str, Template],
        database: Database,
        clock: Clock,
        threads: Threads,
        speak: Speak,
    ) -> None:
        self._speak = speak
        self._client = client
        self._pictures = pictures
        self._templates = templates
        self._database = database
        self._clock = clock
        self._threads = threads
        self._pauses = Pauses()

    async def send(self, peer: Peer, parcel: Parcel) -> Result:
        """One parcel; never raises for the platform."""
        letter: Letter = parcel.body
        if (wait := self._pauses.left()) > 0:
            return Result(Verdict.AGAIN, wait, "paused")
        try:
            result = await self._send(peer, letter)
        except ApiError as error:
            return await self._refused(peer, error)
        if result.verdict is Verdict.SENT and result.proof != "skipped":
            self._pauses.clear()
        return result

    async def left(self, conversation_id: str) -> int:
        """Customer-service messages this reader may still be sent."""

        def look() -> int:
            with self._database.read() as conn:
                return store.left(conn, conversation_id, self._clock.now())

        return await self._threads.read(look)

    async def _send(self, peer: Peer, letter: Letter) -> Result:
        if letter.picture or letter.speech is not None:
            return await self._extra(peer, letter)
        if await self._spend(peer, lambda: self._words(peer, letter)):
            return Result(Verdict.SENT, proof="custom")
        if letter.notice is not None:
            return await self._notify(peer, letter)
        return Result(Verdict.HELD, proof="no quota")

    async def _words(self, peer: Peer, letter: Letter) -> None:
        """Tapped choices where they go, else text; smaller pieces when the platform finds it too long."""
        if letter.menu is not None:
            head, items = letter.menu
            listed = [{"id": name, "content": words} for name, words in items]
            try:
                await self._client.send(
                    peer.address, "msgmenu", head_content=head, list=listed, tail_content=""
                )
                return
            except ApiError as error:
                if error.code not in (errcodes.MENU_TOO_LONG, errcodes.TOO_LONG, 40008):
                    raise
        await self._text(peer, letter.text, TEXT_LIMIT)

    async def _text(self, peer: Peer, text: str, limit: int, *, first: bool = True) -> None:
        for place, piece in enumerate(split(text, limit)):
            if not (first and place == 0) and not await self._take(peer):
                log.warning("wechat_text_cut", reason="no quota")
                return
            try:
                await self._client.send(peer.address, "text", content=piece)
            except ApiError as error:
                if error.code != errcodes.TOO_LONG or limit // 2 < SMALLEST:
                    raise
                await self._text(peer, piece, limit // 2)

    async def _extra(self, peer: Peer, letter: Letter) -> Result:
        """A picture or spoken words: left out rather than using up what words will need."""
        if await self.left(peer.conversation_id) <= KEPT_FOR_TALK:
            return Result(Verdict.SENT, proof="skipped")
        sound = await self._speak(letter.speech, "mp3") if letter.speech is not None else None
        if not letter.picture and not sound:
            return Result(Verdict.SENT, proof="skipped")
        try:
            await self._spend(peer, lambda: self._show(peer, letter, sound))
        except Unreached:
            raise
        except ApiError as error:
            if errcodes.verdict(error.code) is not Verdict.REFUSED:
                raise
            log.warning("wechat_extra_refused", code=error.code)
            return Result(Verdict.SENT, proof="skipped")
        return Result(Verdict.SENT, proof="custom")

    async def _picture(self, peer: Peer, letter: Letter) -> None:
        for last in (False, True):
            media_id = await self._pictures.media_id(letter.picture)
            try:
                await self._client.send(peer.address, "image", media_id=media_id)
                return
            except ApiError as error:
                self._pictures.forget(letter.picture)
                if last or error.code != errcodes.BAD_MEDIA:
                    raise

    async def _show(self, peer: Peer, letter: Letter, sound: bytes | None) -> None:
        if sound:
            await self._client.send_voice(peer.address, sound)
        else:
            await self._picture(peer, letter)

    async def _spend(self, peer: Peer, call: Any) -> bool:
        """Make a call that costs one message; False when none is left. A refused call costs none."""
        kind = await self._take(peer)
        if kind is None:
            return False
        try:
            await call()
        except Unreached:
            raise  # it may have been sent
        except ApiError:
            await self._write(store.give_back, peer.conversation_id, kind)
            raise
        return True

    async def _take(self, peer: Peer) -> str | None:
        found: str | None = await self._write(store.take, peer.conversation_id, self._clock.now())
        return found

    async def _notify(self, peer: Peer, letter: Letter) -> Result:
        """No message is left: a subscription message where consented, else a template message."""
        reply = letter.notice
        kind = str((reply.data or {}).get("notice", "")) if reply is not None else ""
        about = self._templates.get(kind)
        if about is None or reply is None:
            return Result(Verdict.HELD, proof="no quota")
        if about.subscribe and await self._write(store.use_consent, peer.conversation_id, about.subscribe):
            return await self._subscription(peer, letter, about)
        if not about.template or peer.facts.get("template_refused"):
            return Result(Verdict.HELD, proof="no consent")
        return await self._template(peer, letter, about)

    async def _subscription(self, peer: Peer, letter: Letter, about: Template) -> Result:
        body = _message(peer, about.subscribe, letter, about)
        try:
            await self._client.call("/cgi-bin/message/subscribe/bizsend", body)
        except ApiError as error:
            if error.code == errcodes.PUSH_REFUSED:
                now = self._clock.now()
                await self._write(store.consent, peer.conversation_id, about.subscribe, False, now)
            elif not isinstance(error, Unreached):
                now = self._clock.now()
                await self._write(store.consent, peer.conversation_id, about.subscribe, True, now)
            raise
        return Result(Verdict.SENT, proof="subscription")

    async def _template(self, peer: Peer, letter: Letter, about: Template) -> Result:
        """`client_msg_id` keeps a repeated call from being a second message (for ten minutes)."""
        body = _message(peer, about.template, letter, about)
        body["client_msg_id"] = f"shudi-{letter.delivery_id}"
        if about.url:
            body["url"] = about.url
        answer = await self._client.call("/cgi-bin/message/template/send", body)
        msg_id = str(answer.get("msgid") or "")
        if msg_id:
            await self._write(
                store.job_sent, msg_id, peer.conversation_id, letter.delivery_id, self._clock.now()
            )
        return Result(Verdict.SENT, proof=f"template {msg_id}")

    async def _refused(self, peer: Peer, error: ApiError) -> Result:
        found = errcodes.verdict(error.code)
        proof = str(error.code)
        log.warning("wechat_refused", code=error.code, verdict=str(found), reason=str(error)[:80])
        if error.code in errcodes.NOTHING_LEFT:
            await self._write(store.use_up, peer.conversation_id)
        if found is Verdict.AGAIN:
            return Result(found, self._pauses.note(error.code), proof)
        return Result(found, proof=proof)

    async def _write(self, call: Any, *given: Any) -> Any:
        def run() -> Any:
            with self._database.begin() as conn:
                return call(conn, *given)

        return await self._threads.write(run)


def _message(peer: Peer, template_id: str, letter: Letter, about: Template) -> dict[str, Any]:
    reply = letter.notice
    data = about.data(reply) if reply is not None else {}
    return {"touser": peer.address, "template_id": template_id, "data": data}
