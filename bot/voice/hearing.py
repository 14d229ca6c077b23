"""From a recording to the sentence a reader meant, and from a sentence to a recording."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.voice.audio import Audio


@dataclass(frozen=True, slots=True)
class Context:
    """What the talk is about, which makes some words likely.

    choices: the last ones offered, each {"title", "payload", "words"?}; basket: titles in it; places: names
    of lockers and branches worth knowing (those near the reader), besides all that the library has.
    """

    choices: Sequence[Mapping[str, Any]] = ()
    basket: Sequence[str] = ()
    places: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class HeardSaid:
    """What was heard. text: corrected, fit for the dialogue, empty when nothing was said that could be heard;
    raw: as recognised; confidence 0..1; sure: whether it may be acted on without asking first.
    """

    text: str
    raw: str
    confidence: float
    sure: bool


class Hears(Protocol):
    """What the talk needs of hearing; `Hearing` is the real one."""

    async def listen(self, audio: Audio, context: Context) -> HeardSaid:
        """Raises Unreadable (no such recording), Busy (too much to hear), PortUnavailable (no recogniser)."""
        ...

    async def speak(self, text: str, form: str) -> bytes:
        """The text as "mp3", "amr" or "ogg" (Opus). Raises Busy and PortUnavailable."""
        ...
