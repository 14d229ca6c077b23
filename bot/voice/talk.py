"""A voice message in the talk: heard, then done at once, or read back first (docs/voice.md)."""

import base64
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.channels.base import MediaGone, MediaLater
from bot.choices import resolve
from bot.dialogue import Dialogue, DialogueDown
from bot.replies import Choice, Reply
from bot.store.model import Outcome, Pending, Standing
from bot.store.voices import RECORDING
from bot.telling import Teller
from bot.voice import words
from bot.voice.audio import Audio, Busy, Fault, Unreadable
from bot.voice.hearing import Context, HeardSaid, Hears
from lending.ports import PortUnavailable
from lending.readers.preferences import Manner

log = structlog.get_logger(__name__)

HUMAN = "/human"
KEPT = 200
"""Messages whose words are remembered here, so that one tried again is not heard again."""
MOST_TRIES = 6
"""So often a recording that the platform does not give yet is asked for."""
IN_A_ROW = 3
"""After so many voice messages in a row the library speaks as elderly readers like it."""

Fetch = Callable[[Mapping[str, Any]], Awaitable[Audio]]


def _plain(_conversation_id: str) -> Manner:
    return Manner()


def _nothing(_conversation_id: str) -> Sequence[str]:
    return ()


def _leave(_conversation_id: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class VoiceDeps:
    """What voice needs from outside; all callables but `fetch` block.

    hearing: None when the library cannot hear. manner: how to speak in a conversation. begin_elder: switch
    elderly mode on by ourselves. basket: titles in a conversation's basket. places: names of places.
    """

    hearing: Hears | None = None
    manner: Callable[[str], Manner] = _plain
    begin_elder: Callable[[str], None] = _leave
    basket: Callable[[str], Sequence[str]] = _nothing
    places: Callable[[], Sequence[str]] = tuple


@dataclass
class VoiceTalk:
    """Hears, decides what is read back, and words both. Writes nothing itself."""

    deps: VoiceDeps
    dialogue: Dialogue
    teller: Teller
    in_thread: Callable[..., Awaitable[Any]]
    fetches: Mapping[str, Fetch] = field(default_factory=dict)
    _known: OrderedDict[int, HeardSaid] = field(default_factory=OrderedDict)

    # --- hearing ---

    async def listen(self, pending: Pending, standing: Standing) -> HeardSaid | Outcome:
        """What was said, or the kind answer when it could not be heard."""
        if pending.inbox_id in self._known:
            return self._known[pending.inbox_id]
        if self.deps.hearing is None:
            return self.not_heard("off", standing)
        try:
            audio = await self._fetch(pending, standing.channel)
            heard = await self.deps.hearing.listen(audio, await self._context(pending, standing))
        except Unreadable as fault:
            return self.not_heard(str(fault.reason), standing)
        except MediaGone:
            return self.not_heard(Fault.NOT_AUDIO, standing)
        except (Busy, PortUnavailable, TimeoutError) as error:
            log.warning("voice_not_heard", reason=type(error).__name__)
            return self.not_heard("busy", standing)
        except Exception:
            log.exception("voice_broke")
            return self.not_heard("busy", standing)
        if not heard.text.strip():
            return self.not_heard("noise" if heard.raw.strip() else Fault.EMPTY, standing)
        self._remember(pending.inbox_id, heard)
        return heard

    def not_heard(self, reason: str, standing: Standing, text: str = "") -> Outcome:
        """A kind answer with two ways on; what was read back before still waits for its yes."""
        say = Reply("text", self.teller.say(f"voice_{reason}", text=text), self._ways_on())
        return self._outcome(say, standing, standing.readback)

    def _remember(self, inbox_id: int, heard: HeardSaid) -> None:
        self._known[inbox_id] = heard
        if len(self._known) > KEPT:
            self._known.popitem(last=False)

    async def _fetch(self, pending: Pending, channel: str) -> Audio:
        content = pending.content
        if RECORDING in content:
            return Audio(base64.b64decode(content[RECORDING]), str(content.get("mime") or ""))
        if channel not in self.fetches:
            raise MediaGone
        try:
            return await self.fetches[channel](content)
        except MediaLater:
            if pending.attempts >= MOST_TRIES:
                raise MediaGone from None
            raise DialogueDown("media", sent=False) from None

    async def _context(self, pending: Pending, standing: Standing) -> Context:
        basket = await self.in_thread(self.deps.basket, pending.conversation_id)
        places = await self.in_thread(self.deps.places)
        return Context(tuple(standing.choices), tuple(basket), tuple(places))

    # --- reading back ---

    async def asks_first(self, line: str, spotted: Mapping[str, Any]) -> bool:
        """Whether a sentence wants something done, so that it is read back first."""
        intent = await self.intent(line)
        if intent not in words.lists()["at_once"]:
            whole = spotted.get("whole") and spotted.get("kind") in ("title", "author", "isbn")
            return not whole
        may_act = intent == "search_books" or intent in words.lists()["lost"]
        return may_act and not spotted.get("whole") and words.asks_for_something(line)

    async def lost(self, line: str, spotted: Mapping[str, Any]) -> bool:
        """Whether a sentence means nothing to the library."""
        return spotted.get("kind") in (None, "none") and await self.intent(line) in words.lists()["lost"]

    async def intent(self, line: str) -> str:
        """What the dialogue takes a sentence for; a person's title in 《》 doesn't matter here."""
        parsed = await self.dialogue.parse(line)
        return str((parsed.get("intent") or {}).get("name") or "nlu_fallback")

    def read_back(self, line: str, spotted: Mapping[str, Any], standing: Standing) -> Outcome:
        """“我听到：……，对吗？”: it is done when the reader says yes."""
        shown = _marked(line, spotted)
        times = int((standing.readback or {}).get("times") or 0)
        return self._question({"text": line, "shown": shown, "times": times}, standing)

    def answered(self, said: words.Said, standing: Standing) -> Outcome | str:
        """What follows from an answer to what was read back: the sentence to do, or what to say."""
        waiting = dict(standing.readback or {})
        if said is words.Said.YES:
            return str(waiting["text"])
        if said is words.Said.AGAIN:
            return self._question(waiting, standing)
        times = int(waiting.get("times") or 0) + 1
        if times == 1:
            return self._outcome(Reply("text", self.teller.say("heard_again")), standing, {"times": times})
        choices = (Choice(self.teller.say("call_human"), HUMAN),)
        return self._outcome(Reply("text", self.teller.say("heard_give_up"), choices), standing, None)

    def own_choice(self, payload: str, standing: Standing) -> Outcome | words.Said | str:
        """A pressed choice of the gateway's own; yes and no to nothing are the dialogue's."""
        if payload == words.AGAIN_PAYLOAD:
            return self._outcome(Reply("text", self.teller.say("listening")), standing, standing.readback)
        yes = payload == words.YES_PAYLOAD
        if waits(standing):
            return words.Said.YES if yes else words.Said.NO
        return "/affirm" if yes else "/deny"

    def told(self, text: str) -> Reply:
        """“我听到：……”, before the answer."""
        return Reply("text", self.teller.say("heard", text=text), (), {"heard": text})

    def _question(self, waiting: Mapping[str, Any], standing: Standing) -> Outcome:
        yes, no = self.teller.say("heard_yes"), self.teller.say("heard_no")
        choices = (Choice(yes, words.YES_PAYLOAD), Choice(no, words.NO_PAYLOAD))
        text = self.teller.say("heard_ask", text=str(waiting["shown"]).rstrip("。.！!？?，, "))
        return self._outcome(Reply("text", text, choices), standing, waiting)

    def _ways_on(self) -> tuple[Choice, ...]:
        again = Choice(self.teller.say("say_again"), words.AGAIN_PAYLOAD)
        return (again, Choice(self.teller.say("call_human"), HUMAN))

    def _outcome(self, reply: Reply, standing: Standing, readback: Mapping[str, Any] | None) -> Outcome:
        """The list offered before stays: it is still what a number that is said again means."""
        own = [{**choice.to_json(), "words": "", "own": True} for choice in reply.choices]
        return Outcome((reply,), [*own, *offered(standing)], readback=readback)


def pointed_at(line: str, standing: Standing, *, spoken: bool) -> str | None:
    """The payload of the choice that a whole message points at.

    Two lists may be open: what the library asked, and ways on that the gateway offered (对, 再说一遍).
    A number that is typed means what was shown last; one that is spoken means what was asked.
    """
    lists = [[one for one in standing.choices if one.get("own")], offered(standing)]
    found = (resolve(line, choices) for choices in (lists[::-1] if spoken else lists))
    return next((payload for payload in found if payload is not None), None)


def offered(standing: Standing) -> list[dict[str, Any]]:
    """The choices of the dialogue's last question."""
    return [one for one in standing.choices if not one.get("own")]


def waits(standing: Standing) -> bool:
    """Whether something was read back and waits for a yes."""
    return bool((standing.readback or {}).get("text"))


def _marked(line: str, spotted: Mapping[str, Any]) -> str:
    """The sentence with the title it names in 《》."""
    value = str(spotted.get("value") or "")
    if spotted.get("kind") != "title" or value not in line or f"《{value}》" in line:
        return line
    return line.replace(value, f"《{value}》", 1)
