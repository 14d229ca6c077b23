"""`POST {base}/audio/transcriptions` and `POST {base}/audio/speech`."""

import math
from typing import Any

import httpx

from lending.ports import Heard, PortUnavailable

TIMEOUT = 20.0
_LANGUAGE = "zh"
_UNKNOWN = 0.7
"""Confidence where the server says none (json without segments)."""


class OpenAiSpeech:
    """The `Speech` port over HTTP. base: with the version, e.g. `http://127.0.0.1:8001/v1`.

    listen_model, speak_model: empty where the server does not do it. Called from one thread at a time.
    """

    def __init__(
        self,
        base: str,
        key: str = "",
        *,
        listen_model: str = "whisper-1",
        speak_model: str = "tts-1",
        voice: str = "alloy",
        timeout: float = TIMEOUT,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(base_url=base.rstrip("/"), headers=headers, timeout=timeout)
        self._listen_model, self._speak_model, self._voice = listen_model, speak_model, voice

    def listen(self, wave: bytes, prompt: str = "") -> Heard:
        """Asks for `verbose_json`, which tells the probabilities; a server that only knows `json` will do."""
        form = {"model": self._need(self._listen_model), "language": _LANGUAGE, "prompt": prompt}
        form |= {"response_format": "verbose_json", "temperature": "0"}
        files = {"file": ("voice.wav", wave, "audio/wav")}
        answer = self._post("/audio/transcriptions", data=form, files=files)
        try:
            body = answer.json()
            text = str(body["text"]).strip()
        except (ValueError, KeyError, TypeError) as error:
            raise PortUnavailable("the speech server's answer makes no sense") from error
        return Heard(text, (), _confidence(body) if text else 0.0, _LANGUAGE)

    def speak(self, text: str) -> bytes:
        """A WAV file as the server makes it."""
        asked = {"model": self._need(self._speak_model), "voice": self._voice, "input": text}
        wave = self._post("/audio/speech", json=asked | {"response_format": "wav"}).content
        if not wave.startswith(b"RIFF"):
            raise PortUnavailable("the speech server sent no WAV file")
        return wave

    def _need(self, model: str) -> str:
        if not model:
            raise PortUnavailable("no model is set for this")
        return model

    def _post(self, path: str, **sent: Any) -> httpx.Response:
        try:
            answer = self._client.post(path, **sent)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise PortUnavailable(f"the speech server: {type(error).__name__}") from error
        return answer


def _confidence(body: Any) -> float:
    """The mean probability of a token over the segments, when the server tells."""
    segments = body.get("segments") or []
    logs = [
        float(each["avg_logprob"]) for each in segments if isinstance(each, dict) and "avg_logprob" in each
    ]
    return min(1.0, math.exp(sum(logs) / len(logs))) if logs else _UNKNOWN
