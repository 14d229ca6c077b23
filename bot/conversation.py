"""One turn: what the reader said → a person, or the dialogue → typed replies."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Protocol

import structlog

from bot import phrases
from bot.cleaning import TEXT_LIMIT, clean, wordless
from bot.dialogue import Dialogue, DialogueDown
from bot.forms.links import FormLinks
from bot.metrics import Metrics
from bot.replies import Choice, Reply, Said, join
from bot.store.model import Outcome, Pending, Standing
from bot.telling import Teller
from bot.voice import talk as voice_talk
from bot.voice import words
from bot.voice.hearing import HeardSaid
from bot.voice.manner import Manners
from bot.voice.talk import VoiceTalk
from lending.ports import Clock, Spotted

log = structlog.get_logger(__name__)

HUMAN_SECONDS = 3.0
"""How long the dialogue may take to hand over, before the gateway says it in its own words."""
GIVE_UP = timedelta(minutes=30)
"""A message that could not be understood for this long is answered with an apology."""


class Spotter(Protocol):
    """The part of the catalogue that a turn asks: is this one of our titles, authors, ISBNs?"""

    def spot(self, text: str) -> Spotted: ...


class Conversation:
    """Handles one message of a conversation whose turn it is. Writes nothing itself."""

    def __init__(
        self,
        dialogue: Dialogue,
        catalogue: Spotter,
        teller: Teller,
        links: FormLinks,
        clock: Clock,
        metrics: Metrics,
        facts: Callable[[], Mapping[str, Any]],
        in_thread: Callable[..., Awaitable[Any]],
        actions_alive: Callable[[], Awaitable[bool]],
        voice: VoiceTalk,
    ) -> None:
        self._dialogue = dialogue
        self._catalogue = catalogue
        self._teller = teller
        self._links = links
        self._clock = clock
        self._metrics = metrics
        self._facts = facts
        self._in_thread = in_thread
        self._actions_alive = actions_alive
        self._voice = voice
        self._manners = Manners(voice.deps, teller, in_thread)

    async def turn(self, pending: Pending, standing: Standing) -> Outcome:
        """What one message leads to. Raises `DialogueDown` when it should be tried again later."""
        if self._clock.now() - pending.received_at > GIVE_UP:
            return self._alone("expired")
        manner = await self._manners.of(pending, standing)
        if pending.kind != "voice":
            outcome = await self._turn(pending, standing, self._line(pending), manner.metadata)
        else:
            outcome = await self._spoken(pending, standing, manner.metadata)
        return self._manners.dressed(outcome, pending, standing, manner)

    async def _turn(
        self, pending: Pending, standing: Standing, line: str, manner: Mapping[str, Any]
    ) -> Outcome:
        """One message whose words are known; `manner`: what the actions should know of how to speak."""
        if len(line) > TEXT_LIMIT:
            return self._alone("too_long", limit=TEXT_LIMIT)
        worded = pending.kind in ("text", "voice")
        said = self._payload(pending, line, standing) or line
        if said == phrases.BACK_PAYLOAD or (worded and phrases.asks_for_bot(line)):
            return await self._back(standing, pending, said, manner)
        if worded and phrases.asks_for_human(line):
            return await self._call_human(pending)
        if standing.human_since is not None and pending.kind != "internal":
            return self._wait_for_human(standing)
        if worded and wordless(said):
            return self._alone("nothing_said")
        settled = self._settled(said, line if worded else "", standing)
        if isinstance(settled, Outcome):
            return settled
        return await self._ask(pending, standing, settled, manner)

    async def _spoken(self, pending: Pending, standing: Standing, manner: Mapping[str, Any]) -> Outcome:
        """A voice message: heard, then as if it were written, or read back before anything is done."""
        heard = await self._voice.listen(pending, standing)
        if isinstance(heard, Outcome):
            kept = standing.human_since is not None
            return self._wait_for_human(standing) if kept else heard
        line = clean(heard.text)
        spotted = await self._spot(line)
        line = words.mended(line, spotted["kind"] == "title" and not spotted["whole"])
        at_once = (
            standing.human_since is not None
            or self._payload(pending, line, standing) is not None
            or phrases.asks_for_human(line)
            or phrases.asks_for_bot(line)
            or (voice_talk.waits(standing) and words.answer(line) is not None)
        )
        if not at_once:
            outcome = await self._unsettled(heard, line, spotted, pending, standing, manner)
        else:
            outcome = await self._turn(pending, standing, line, manner)
        return replace(outcome, heard=line)

    async def _unsettled(
        self,
        heard: HeardSaid,
        line: str,
        spotted: Mapping[str, Any],
        pending: Pending,
        standing: Standing,
        manner: Mapping[str, Any],
    ) -> Outcome:
        """Words that answer nothing that is offered: done at once when they only look, else read back."""
        if await self._voice.asks_first(line, spotted):
            return self._voice.read_back(line, spotted, standing)
        if not heard.sure and await self._voice.lost(line, spotted):
            return self._voice.not_heard("unsure", standing, line)
        outcome = await self._turn(pending, standing, line, manner)
        return replace(outcome, replies=(self._voice.told(line), *outcome.replies))

    def _settled(self, said: str, line: str, standing: Standing) -> Outcome | str:
        """What the dialogue is asked, once what was read back before is answered."""
        answer: words.Said | None = None
        if said in words.OWN_PAYLOADS:
            own = self._voice.own_choice(said, standing)
            if not isinstance(own, words.Said):
                return own
            answer = own
        elif voice_talk.waits(standing) and line:
            answer = words.answer(line)
        return said if answer is None else self._voice.answered(answer, standing)

    async def rest(self, conversation_id: str) -> bool:
        """Begin a new session of the dialogue's; False when not now."""
        return await self._dialogue.rest(conversation_id)

    def waiting(self) -> Reply:
        """“It takes a moment.”"""
        return Reply("text", self._teller.say("wait"))

    def urgent(self, kind: str, content: Mapping[str, Any]) -> bool:
        """“人工”, which waits for nothing."""
        return kind == "text" and phrases.asks_for_human(clean(str(content.get("text") or "")))

    def hand_over(self) -> Outcome:
        """A person takes over, in the gateway's own words."""
        return self._handed_over(())

    def trouble(self) -> Outcome:
        """Something broke; nothing was done."""
        return self._alone("trouble")

    def _line(self, pending: Pending) -> str:
        return clean(str(pending.content.get("text") or "")) if pending.kind == "text" else ""

    def _payload(self, pending: Pending, line: str, standing: Standing) -> str | None:
        if pending.kind in ("text", "voice"):
            return voice_talk.pointed_at(line, standing, spoken=pending.kind == "voice")
        return str(pending.content["payload"])

    async def _ask(
        self, pending: Pending, standing: Standing, said: str, manner: Mapping[str, Any]
    ) -> Outcome:
        began = time.perf_counter()
        message_id = f"m{pending.inbox_id}"
        metadata: dict[str, Any] = {"channel": standing.channel, "message_id": message_id, **manner}
        raw: Sequence[Mapping[str, Any]] = ()
        if pending.again:
            metadata["again"] = True
            raw = await self._dialogue.recall(pending.conversation_id, metadata["message_id"])
        if not said.startswith("/"):
            metadata["spotted"] = await self._spot(said)
        began = self._metrics.stage("understood", began)
        raw = raw or await self._dialogue.say(pending.conversation_id, said, metadata)
        if not raw and not await self._alive():
            raise DialogueDown("silent", sent=True)
        self._metrics.stage("acted", began)
        told = self._joined(raw, pending.conversation_id)
        if told.handover:
            return self._handed_over(told.replies)
        if not told.replies and pending.kind != "internal":
            return self._alone("trouble")
        return Outcome(told.replies, _last_choices(told.replies))

    async def _alive(self) -> bool:
        """Whether silence was meant: Rasa says nothing without a model, and when its actions are down."""
        try:
            await self._dialogue.ping()
        except DialogueDown:
            return False
        return await self._actions_alive()

    async def _spot(self, text: str) -> dict[str, Any]:
        try:
            spotted: Spotted = await self._in_thread(self._catalogue.spot, text)
        except Exception:
            log.exception("spotting_failed")
            spotted = Spotted("none")
        return {
            "kind": spotted.kind,
            "value": spotted.value,
            "whole": spotted.whole,
            "confidence": round(spotted.confidence, 3),
        }

    def _joined(self, raw: Sequence[Mapping[str, Any]], conversation_id: str) -> Said:
        """Replies of the dialogue; a link that names only its purpose gets its address here."""
        return join([self._linked(part, conversation_id) for part in raw], self._teller.body)

    def _linked(self, part: Mapping[str, Any], conversation_id: str) -> Mapping[str, Any]:
        custom = part.get("custom")
        if not isinstance(custom, Mapping) or custom.get("kind") != "link":
            return part
        data = dict(custom.get("data") or {})
        if data.get("url") or not self._links.knows(data.get("purpose")):
            return part
        url, expires_at = self._links.make(conversation_id, str(data["purpose"]))
        return {
            **part,
            "custom": {**custom, "data": {**data, "url": url, "expires_at": expires_at.isoformat()}},
        }

    async def _call_human(self, pending: Pending) -> Outcome:
        """A person takes over, whether or not the dialogue can say so."""
        name, metadata = pending.conversation_id, {"message_id": f"m{pending.inbox_id}"}
        try:
            async with asyncio.timeout(HUMAN_SECONDS):
                raw = await self._dialogue.say(name, phrases.HUMAN_PAYLOAD, metadata)
        except (DialogueDown, TimeoutError):
            raw = ()
        return self._handed_over(self._joined(raw, name).replies)

    def _handed_over(self, replies: tuple[Reply, ...]) -> Outcome:
        """A person has the conversation; the last reply offers the way back."""
        if not replies:
            facts = {"hours": "", "phone": "", "answer_by": "", **self._facts()}
            replies = (Reply("staff", self._teller.say("human", **facts), (), {"handover": True}),)
        last = replace(replies[-1], choices=(*replies[-1].choices, self._back_choice()))
        told = (*replies[:-1], last)
        return Outcome(told, _last_choices(told), human=True)

    def _wait_for_human(self, standing: Standing) -> Outcome:
        if standing.human_told:
            return Outcome(())
        reply = Reply("staff", self._teller.say("human_waiting"), (self._back_choice(),))
        return Outcome((reply,), told=True)

    async def _back(
        self, standing: Standing, pending: Pending, said: str, manner: Mapping[str, Any]
    ) -> Outcome:
        if standing.human_since is None and said != phrases.BACK_PAYLOAD:
            return await self._ask(pending, standing, said, manner)
        return Outcome((Reply("text", self._teller.say("bot_again")),), human=False)

    def _back_choice(self) -> Choice:
        return Choice(self._teller.say("back_to_bot"), phrases.BACK_PAYLOAD)

    def _alone(self, name: str, **facts: Any) -> Outcome:
        return Outcome((Reply("text", self._teller.say(name, **facts)),))


def _last_choices(replies: Sequence[Reply]) -> list[dict[str, Any]] | None:
    """The choices of the last reply that has any; None keeps the list before."""
    for reply in reversed(replies):
        if reply.choices:
            return [{**choice.to_json(), "words": choice.words} for choice in reply.choices]
    return None
