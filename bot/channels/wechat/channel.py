"""The WeChat service account as a push channel (docs/wechat.md)."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from fastapi import APIRouter

from bot.channels.base import Delivery, MediaGone, MediaLater, Parcel, Peer, Result, Verdict
from bot.channels.wechat import errcodes, rendering, templates
from bot.channels.wechat.callback import Callback
from bot.channels.wechat.client import VOICE_LIMIT, ApiError, WeChatClient
from bot.channels.wechat.crypto import Envelopes
from bot.channels.wechat.intake import CHANNEL, Intake
from bot.channels.wechat.own import OwnWords
from bot.channels.wechat.pictures import Pictures
from bot.channels.wechat.sending import Sender, Speak
from bot.channels.wechat.settings import WeChatSettings
from bot.channels.wechat.token import Tokens
from bot.gate import Gate
from bot.voice.audio import Audio
from bot.voice.speaking import clip

GRACE = 4.7
"""Until then a passive answer may still take the reply along, which costs no quota."""


class WeChatChannel:
    """A `bot.channels.base.Channel`. Raises ValueError for a broken key, `TemplatesRefused` for the file."""

    name = CHANNEL
    grace = GRACE

    def __init__(self, settings: WeChatSettings, speak: Speak = clip) -> None:
        self.settings = settings
        self._speak = speak
        self.client = WeChatClient(settings.api_base, settings.app_id, settings.app_secret)
        self._templates = templates.load(settings.templates)
        self._intake: Intake | None = None
        self._sender: Sender | None = None
        envelopes = Envelopes(settings.token, settings.aes_key, settings.app_id)
        self.router: APIRouter | None = Callback(settings, envelopes, lambda: self._intake).router()

    async def start(self, gate: Gate) -> None:
        """Ready to take callbacks; the platform is not asked for anything yet."""
        deps = gate.deps
        self.client.tokens = Tokens(
            self.settings.app_id,
            deps.database,
            deps.vault,
            deps.clock,
            gate.threads,
            self.client.fetch_token,
        )
        pictures = Pictures(self.client, deps.clock)
        self._sender = Sender(
            self.client, pictures, self._templates, deps.database, deps.clock, gate.threads, self._speak
        )
        self._intake = Intake(gate, OwnWords(deps, self.grace))

    async def stop(self) -> None:
        """Let callbacks under way end, close connections."""
        intake, self._intake = self._intake, None
        if intake is not None:
            await intake.close()
        await self.client.close()

    def parcels(self, peer: Peer, batch: Sequence[Delivery]) -> list[Parcel]:
        """Joined texts, menus, pictures; see `rendering`."""
        return rendering.parcels(batch, frozenset(self._templates))

    async def send(self, peer: Peer, parcel: Parcel) -> Result:
        """One customer-service message, or a template where none is left."""
        if self._sender is None:
            return Result(Verdict.AGAIN, 1.0, "not started")
        return await self._sender.send(peer, parcel)

    async def typing(self, peer: Peer) -> None:
        """“对方正在输入”, where the platform allows it."""
        with suppress(ApiError):
            await self.client.typing(peer.address)

    async def fetch(self, content: Mapping[str, Any]) -> Audio:
        """A reader's recording. Raises MediaGone, MediaLater."""
        try:
            data, mime = await self.client.media(str(content.get("media") or ""))
        except ApiError as error:
            if errcodes.verdict(error.code) is Verdict.AGAIN:
                raise MediaLater(str(error)) from None
            raise MediaGone(str(error)) from None
        if not 0 < len(data) <= VOICE_LIMIT:
            raise MediaGone(json.dumps({"bytes": len(data)}))
        return Audio(data, mime or str(content.get("mime") or ""), float(content.get("seconds") or 0))
