"""From a recording to the sentence a reader meant, and from a sentence to a recording."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.voice.audio import Audio
from bot.voice.correction import PLAIN, Corrected, Corrector
from bot.voice.lexicon import Book, Vocabulary, letters, main_title, plain
from bot.voice.pool import SpeechPool
from lending.ports import Heard

SURE = 0.6
"""Confidence from which a sentence may be acted on without asking."""
_PROMPT_LENGTH = 150
_NUMBERED = re.compile(r"^\s*第?\s*[\d一二三四五六七八九十]{1,3}\s*[.、:：)）本个]\s*")
_HAN = re.compile(r"[一-鿿]")
_REPEATED = re.compile(r"(.{1,8}?)\1{4,}")


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


class Hearing:
    """Hears with the context of the talk, in a pool, and corrects by sound.

    correcting, prompting: switched off only to measure what each is worth.
    """

    def __init__(
        self,
        pool: SpeechPool,
        corrector: Corrector,
        words: Vocabulary,
        *,
        correcting: bool = True,
        prompting: bool = True,
    ) -> None:
        self._pool, self._corrector, self._words = pool, corrector, words
        self._correcting, self._prompting = correcting, prompting

    async def start(self) -> None:
        """Load models in the background."""
        await self._pool.start()

    async def stop(self) -> None:
        """End the workers."""
        await self._pool.stop()

    async def listen(self, audio: Audio, context: Context) -> HeardSaid:
        """As `Hears.listen`."""
        prompt = prompt_of(self._words, context) if self._prompting else ""
        heard = await self._pool.hear(audio.data, audio.mime, prompt)
        readings = readings_of(heard, prompt, self._words)
        if not readings:
            return HeardSaid("", heard.text, 0.0, sure=False)
        if not self._correcting:
            return HeardSaid(plain(readings[0]), heard.text, heard.confidence, heard.confidence >= SURE)
        corrected = await asyncio.to_thread(correct, self._corrector, readings, context)
        confidence = confidence_of(heard, corrected)
        if _echoes(corrected.text, prompt):  # it makes sense because we said it ourselves
            confidence = min(confidence, heard.confidence)
        return HeardSaid(corrected.text, heard.text, confidence, confidence >= SURE)

    async def speak(self, text: str, form: str) -> bytes:
        """As `Hears.speak`."""
        return await self._pool.say(text, form)


def correct(corrector: Corrector, readings: Sequence[str], context: Context) -> Corrected:
    """What was most likely meant, given all that the recogniser thought possible. Blocks."""
    titles, books = titles_of(context.choices), _books(context)
    return corrector.correct(readings, choices=titles, books=books, places=context.places)


def readings_of(heard: Heard, prompt: str, words: Vocabulary) -> list[str]:
    """What may have been said, best first; empty when nothing was said at all.

    A recogniser that hears badly repeats its prompt: what is one of the likely words and nothing else comes
    last, several of them in a row are dropped.
    """
    if made_up(heard.text, words.never_said):
        return []
    readings = [one for one in (heard.text, *heard.alternatives) if not made_up(one, words.never_said)]
    echoes = {one: _echoes(one, prompt) for one in readings}
    return sorted((one for one in readings if echoes[one] < 2), key=echoes.__getitem__)


def prompt_of(words: Vocabulary, context: Context) -> str:
    """Likely words as a list, the most likely last: a recogniser keeps to what was said just before."""
    titles = [*map(main_title, context.basket), *titles_of(context.choices)]
    likely = list(dict.fromkeys((*words.prompt, *map(plain, context.places[:3]), *titles)))
    while len(likely) > len(words.prompt) and len("、".join(likely)) > _PROMPT_LENGTH:
        likely.pop()
    return "、".join(likely) + "。"


def titles_of(choices: Sequence[Mapping[str, Any]]) -> list[str]:
    """The choices' titles as they would be said: without numbers and signs, none that is long."""
    bare = [_NUMBERED.sub("", plain(str(choice["title"]))).strip() for choice in choices]
    return [title for title in dict.fromkeys(bare) if _HAN.search(title) and len(letters(title)) <= 20]


def confidence_of(heard: Heard, corrected: Corrected) -> float:
    """Half what the recogniser thinks, half how much of the sentence makes sense here."""
    sense = max(0.0, 1.0 - corrected.cost / PLAIN)
    return round(min(1.0, 0.5 * heard.confidence + 0.5 * sense), 3)


def made_up(text: str, never_said: Sequence[str]) -> bool:
    """What a recogniser says when nobody speaks: credits of films, or one thing again and again."""
    said = letters(text)
    if not said or any(letters(phrase) in said for phrase in never_said):
        return True
    repeated = _REPEATED.search(said)
    return repeated is not None and len(repeated[0]) > len(said) * 2 // 3


def _echoes(text: str, prompt: str) -> int:
    """Of how many different words of the prompt a text is made, 0 when anything else is in it."""
    items = sorted(filter(None, map(letters, prompt.split("、"))), key=len, reverse=True)
    if not items:
        return 0
    either = re.compile("|".join(map(re.escape, items)))
    return 0 if either.sub("", letters(text)) else len(set(either.findall(letters(text))))


def _books(context: Context) -> list[Book]:
    listed = [choice for choice in context.choices if choice.get("words")]
    return [Book(title) for title in (*titles_of(listed), *context.basket)]
