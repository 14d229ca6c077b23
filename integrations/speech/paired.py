"""One adapter's ears with another's voice."""

from lending.ports import Heard, Speech


class Paired:
    """The `Speech` port by two adapters."""

    def __init__(self, ears: Speech, voice: Speech) -> None:
        self._ears, self._voice = ears, voice

    def listen(self, wave: bytes, prompt: str = "") -> Heard:
        """By the first."""
        return self._ears.listen(wave, prompt)

    def speak(self, text: str) -> bytes:
        """By the second."""
        return self._voice.speak(text)
