"""Whisper, one window of 30 seconds after the other, with the best readings of each."""

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from integrations.speech.waves import RATE, Samples, samples_of
from lending.ports import Heard, PortUnavailable

WINDOW = 28 * RATE
"""Samples heard at once; Whisper takes 30 s at most."""
QUIETEST = 0.002
"""Loudest sample below which nobody spoke."""
SHORT = RATE * 5
"""Samples of a recording so short that likely words drown it: heard without them as well."""
NO_SPEECH = 0.8
"""Whisper's own probability that nobody speaks, above which it is believed when unsure of the words too."""
UNSURE = 0.45
PEAK = 0.6
"""Recordings are brought to this loudness."""
_PROMPT_TOKENS = 160
_MOST_TOKENS = 200
_LANGUAGE = "zh"


class WhisperRecogniser:
    """The `Speech` port, listening only.

    folder: config.json, model.bin, tokenizer.json, vocabulary.txt, as faster-whisper wants them.
    readings: how many alternatives (beam). Loads at the first call; 0.2 GB for whisper-base.
    """

    def __init__(self, folder: Path, threads: int = 2, readings: int = 5) -> None:
        self._folder, self._threads, self._readings = folder, threads, readings

    def listen(self, wave: bytes, prompt: str = "") -> Heard:
        """Heard in Chinese. confidence: the mean probability of a token. Raises ValueError: no 16 kHz WAV."""
        samples, rate = samples_of(wave)
        if rate != RATE:
            raise ValueError(f"{rate} samples a second, not {RATE}")
        if not samples.size or float(np.abs(samples).max()) < QUIETEST:
            return Heard("", confidence=0.0, language=_LANGUAGE)
        parts = [heard for window in windows(samples) if (heard := self._window(window, prompt)).text]
        return _joined(parts)

    def speak(self, text: str) -> bytes:
        """Not of this adapter."""
        raise PortUnavailable("Whisper only listens")

    def _window(self, samples: Samples, prompt: str) -> Heard:
        features = self._pad(self._model.feature_extractor(_levelled(samples)))
        seen = self._model.encode(features)
        prompts = ["", prompt] if prompt and len(samples) < SHORT else [prompt]
        results = [self._generate(seen, self._prompt(words), len(samples) / RATE) for words in prompts]
        nobody = min(result.no_speech_prob for result in results)
        scored = [
            pair for result in results for pair in zip(result.scores, result.sequences_ids, strict=True)
        ]
        found = sorted(scored, key=lambda pair: -float(pair[0]))
        confidence = math.exp(found[0][0])
        if nobody > NO_SPEECH and confidence < UNSURE:
            return Heard("", confidence=0.0, language=_LANGUAGE)
        best, *others = dict.fromkeys(self._tokens.decode(ids).strip() for _, ids in found)
        return Heard(best, tuple(others), min(1.0, confidence), _LANGUAGE)

    def _generate(self, seen: Any, prompt: list[int], seconds: float) -> Any:
        results = self._model.model.generate(
            seen,
            [prompt],
            beam_size=self._readings,
            num_hypotheses=self._readings,
            length_penalty=1.0,
            repetition_penalty=1.05,
            no_repeat_ngram_size=6,
            max_length=len(prompt) + min(_MOST_TOKENS, 20 + int(seconds * 12)),
            suppress_blank=True,
            suppress_tokens=[-1],
            return_scores=True,
            return_no_speech_prob=True,
        )
        return results[0]

    def _pad(self, features: Any) -> Any:
        from faster_whisper.audio import pad_or_trim

        return pad_or_trim(features)

    def _prompt(self, words: str) -> list[int]:
        """Whisper takes likely words as what was said before (openai/whisper, decoding.py)."""
        start = [self._special(name) for name in ("<|startoftranscript|>", "<|zh|>", "<|transcribe|>")]
        start.append(self._special("<|notimestamps|>"))
        if not words:
            return start
        before: list[int] = self._tokens.encode(" " + words, add_special_tokens=False).ids
        return [self._special("<|startofprev|>"), *before[-_PROMPT_TOKENS:], *start]

    def _special(self, name: str) -> int:
        return int(self._tokens.token_to_id(name))

    @property
    def _tokens(self) -> Any:
        return self._model.hf_tokenizer

    @cached_property
    def _model(self) -> Any:
        if not (self._folder / "model.bin").is_file():
            raise PortUnavailable(f"no speech model in {self._folder}")
        from faster_whisper import WhisperModel

        return WhisperModel(
            str(self._folder),
            device="cpu",
            compute_type="int8",
            cpu_threads=self._threads,
            local_files_only=True,
        )


def windows(samples: Samples) -> Iterator[Samples]:
    """At most 28 s each, cut where it is quietest in the last third."""
    while samples.size > WINDOW:
        cut = _quietest(samples[:WINDOW], WINDOW * 2 // 3)
        yield samples[:cut]
        samples = samples[cut:]
    yield samples


def _quietest(samples: Samples, first: int) -> int:
    """The middle of the quietest 0.3 s after `first`."""
    width = RATE * 3 // 10
    energy = np.convolve(np.square(samples[first:]), np.ones(width), mode="valid")
    return first + int(np.argmin(energy)) + width // 2


def _levelled(samples: Samples) -> Samples:
    peak = float(np.abs(samples).max())
    return samples * np.float32(min(20.0, PEAK / peak)) if peak else samples


def _joined(parts: Sequence[Heard]) -> Heard:
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return Heard("", confidence=0.0, language=_LANGUAGE)
    text = "，".join(part.text for part in parts)
    return Heard(text, (), min(part.confidence for part in parts), _LANGUAGE)
