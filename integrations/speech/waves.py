"""WAV files of 16-bit samples, one channel, as the `Speech` port speaks them."""

import io
import wave
from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Samples from -1 to 1."""

RATE = 16_000
"""Samples a second that recognisers take."""
_FULL = 32_767


def samples_of(data: bytes) -> tuple[Samples, int]:
    """Samples of a WAV file and how many there are a second. Raises ValueError for anything else."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            if file.getsampwidth() != 2 or file.getnchannels() != 1:
                raise ValueError("not 16-bit samples of one channel")
            raw, rate = file.readframes(file.getnframes()), file.getframerate()
    except (wave.Error, EOFError) as error:
        raise ValueError(f"not a WAV file: {error}") from error
    whole = np.frombuffer(raw, dtype="<i2")
    return whole.astype(np.float32) / np.float32(_FULL + 1), rate


def wave_of(samples: NDArray[Any], rate: int) -> bytes:
    """A WAV file of samples from -1 to 1; louder ones are cut."""
    whole = (np.clip(samples, -1.0, 1.0) * _FULL).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(whole.tobytes())
    return file.getvalue()
