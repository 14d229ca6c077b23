"""Model folders as k2-fsa/sherpa-onnx publishes them: which kind it is, the files in it tell.

The package carries no weights and is not among ours: `pip install sherpa-onnx`, a folder of each model.
"""

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from integrations.speech.waves import samples_of, wave_of
from lending.ports import Heard, PortUnavailable

_CONFIDENCE = 0.8
"""sherpa-onnx tells no probabilities; SenseVoice and Paraformer seldom miss a syllable of Mandarin."""
_LANGUAGE = "zh"


class SherpaSpeech:
    """The `Speech` port. A folder that is None: not able to do that.

    listening: model*.onnx and tokens.txt of SenseVoice or Paraformer (the folder's name says which), or
    *encoder*.onnx and *decoder*.onnx of Whisper. speaking: a VITS folder with lexicon.txt and tokens.txt.
    """

    def __init__(
        self, listening: Path | None, speaking: Path | None = None, *, threads: int = 2, speed: float = 1.0
    ) -> None:
        self._listening, self._speaking = listening, speaking
        self._threads, self._speed = threads, speed

    def listen(self, wave: bytes, prompt: str = "") -> Heard:
        """The prompt is not used: these models take none."""
        samples, rate = samples_of(wave)
        stream = self._recogniser.create_stream()
        stream.accept_waveform(rate, samples)
        self._recogniser.decode_stream(stream)
        text = str(stream.result.text).strip()
        return Heard(text, (), _CONFIDENCE if text else 0.0, _LANGUAGE)

    def speak(self, text: str) -> bytes:
        """With the voice number 0 of the model."""
        made = self._voice.generate(text, sid=0, speed=self._speed)
        return wave_of(np.asarray(made.samples, dtype=np.float32), int(made.sample_rate))

    @cached_property
    def _recogniser(self) -> Any:
        folder = _given(self._listening)
        make = _package().OfflineRecognizer
        tokens = str(_file(folder, "*tokens.txt"))
        if _has(folder, "*encoder*.onnx"):
            return make.from_whisper(
                encoder=str(_file(folder, "*encoder*.onnx")),
                decoder=str(_file(folder, "*decoder*.onnx")),
                tokens=tokens,
                language=_LANGUAGE,
                num_threads=self._threads,
            )
        model = str(_file(folder, "model*.onnx"))
        if "paraformer" in folder.name.lower():
            return make.from_paraformer(paraformer=model, tokens=tokens, num_threads=self._threads)
        return make.from_sense_voice(
            model=model, tokens=tokens, language=_LANGUAGE, use_itn=True, num_threads=self._threads
        )

    @cached_property
    def _voice(self) -> Any:
        folder, sherpa = _given(self._speaking), _package()
        vits = sherpa.OfflineTtsVitsModelConfig(
            model=str(_file(folder, "*.onnx")),
            lexicon=str(_file(folder, "lexicon.txt")),
            tokens=str(_file(folder, "tokens.txt")),
        )
        rules = ",".join(str(rule) for rule in sorted(folder.glob("*.fst")))
        model = sherpa.OfflineTtsModelConfig(vits=vits, num_threads=self._threads)
        return sherpa.OfflineTts(sherpa.OfflineTtsConfig(model=model, rule_fsts=rules))


def _package() -> Any:
    try:
        import sherpa_onnx
    except ImportError as error:
        raise PortUnavailable("the package sherpa-onnx is not installed") from error
    return sherpa_onnx


def _given(folder: Path | None) -> Path:
    if folder is None or not folder.is_dir():
        raise PortUnavailable(f"no model folder: {folder}")
    return folder


def _has(folder: Path, pattern: str) -> bool:
    return any(folder.glob(pattern))


def _file(folder: Path, pattern: str) -> Path:
    """The smallest file that fits: the int8 model where there are two."""
    found = sorted(folder.glob(pattern), key=lambda file: file.stat().st_size)
    if not found:
        raise PortUnavailable(f"no {pattern} in {folder}")
    return found[0]
