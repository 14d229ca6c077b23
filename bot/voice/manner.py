"""How the library speaks in a conversation: few things at a time, and aloud, where that is wanted (6.1.4)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import structlog

from bot.replies import Reply
from bot.store.model import Outcome, Pending, Standing
from bot.telling import Teller
from bot.voice.elder import reshape
from bot.voice.talk import IN_A_ROW, VoiceDeps, offered
from lending.readers.preferences import Manner

log = structlog.get_logger(__name__)

SPEECH_PATH = "/api/chat/speech"


@dataclass(frozen=True, slots=True)
class InForce:
    """A conversation's manner for one message. voices: voice messages in a row with this one. begun: elderly
    mode was switched on by this message."""

    manner: Manner
    voices: int
    begun: bool = False

    @property
    def metadata(self) -> dict[str, Any]:
        """What the actions are told."""
        return {"elder": True} if self.manner.elder else {}


class Manners:
    """Looks the manner up before a turn, shapes the replies after it."""

    def __init__(self, deps: VoiceDeps, teller: Teller, in_thread: Callable[..., Awaitable[Any]]) -> None:
        self._deps = deps
        self._teller = teller
        self._in_thread = in_thread

    async def of(self, pending: Pending, standing: Standing) -> InForce:
        """How to speak now. Three voice messages in a row switch elderly mode on, unless somebody said no."""
        voices = _voices(pending, standing)
        try:
            manner: Manner = await self._in_thread(self._deps.manner, pending.conversation_id)
            begins = voices >= IN_A_ROW and pending.kind == "voice" and not (manner.elder or manner.chosen)
            if begins and standing.human_since is None:
                await self._in_thread(self._deps.begin_elder, pending.conversation_id)
                return InForce(replace(manner, elder=True, chosen=True), voices, True)
        except Exception:
            log.exception("manner_unknown")
            return InForce(Manner(), voices)
        return InForce(manner, voices)

    def dressed(self, outcome: Outcome, pending: Pending, standing: Standing, now: InForce) -> Outcome:
        """The outcome as it is told in this conversation."""
        choices = outcome.choices
        if choices is None and any(one.get("own") for one in standing.choices):
            choices = offered(standing)
        replies = outcome.replies
        if now.manner.elder and outcome.human is None:
            replies, choices = self._few(outcome, choices)
        if now.begun and replies:
            replies = (Reply("text", self._teller.say("elder_begins")), *replies)
        if self._aloud(pending, now):
            replies = tuple(_spoken(reply, pending, standing, at) for at, reply in enumerate(replies))
        voices = now.voices if now.voices != standing.voices else None
        return replace(outcome, replies=replies, choices=choices, voices=voices)

    def _few(
        self, outcome: Outcome, choices: list[dict[str, Any]] | None
    ) -> tuple[tuple[Reply, ...], list[dict[str, Any]] | None]:
        shaped = reshape(outcome.replies, self._teller)
        own = any(one.get("own") for one in choices or ())
        return shaped.replies, choices if own or shaped.choices is None else shaped.choices

    def _aloud(self, pending: Pending, now: InForce) -> bool:
        """Said so; else elderly readers who speak are spoken to."""
        if self._deps.hearing is None or pending.kind == "internal":
            return False
        if now.manner.speech is not None:
            return now.manner.speech
        return now.manner.elder and now.voices > 0


def _voices(pending: Pending, standing: Standing) -> int:
    """A pressed choice between two voice messages does not part them; words that are typed do."""
    if pending.kind == "voice":
        return standing.voices + 1
    return 0 if pending.kind == "text" else standing.voices


def _spoken(reply: Reply, pending: Pending, standing: Standing, at: int) -> Reply:
    where = {"url": f"{SPEECH_PATH}/{pending.inbox_id}/{at}"} if standing.channel == "web" else {}
    return replace(reply, data={**(reply.data or {}), "speech": where or True})
