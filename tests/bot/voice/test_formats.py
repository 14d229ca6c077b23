"""Every format that phones record, and files that are none."""

import io
from contextlib import suppress
from typing import Any

import av
import numpy as np
import pysilk
import pytest

from bot.voice import formats
from bot.voice.audio import Fault, Unreadable
from bot.voice.formats import RATE, can_write, from_wave, header, seconds_of, to_wave


def tone(seconds: float, rate: int = RATE, loud: float = 0.3) -> bytes:
    """A WAV file of 440 Hz."""
    wave = np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate) * loud * 32767
    samples = wave.astype("<i2").tobytes()
    return header(len(samples), rate) + samples


def encoded(wave: bytes, container: str, codec: str, rate: int) -> bytes:
    """A WAV file in any container that libav writes."""
    out = io.BytesIO()
    with (
        av.open(io.BytesIO(wave), mode="r", format="wav") as source,
        av.open(out, mode="w", format=container) as target,
    ):
        stream: Any = target.add_stream(codec, rate=rate)
        stream.layout = "mono"
        size = stream.codec_context.frame_size or None
        resampler = av.AudioResampler(stream.format.name, "mono", rate, size)
        frames = [made for frame in source.decode(audio=0) for made in resampler.resample(frame)]
        for frame in (*frames, *resampler.resample(None), None):
            target.mux(stream.encode(frame))
    return out.getvalue()


def silk(wave: bytes, rate: int = 24_000) -> bytes:
    """As WeChat sends it: led by 0x02."""
    out = io.BytesIO()
    pysilk.encode(io.BytesIO(wave[44:]), out, rate, rate)
    return out.getvalue()


MADE = {
    "wav": lambda: tone(1.5, 44_100),
    "amr-nb": lambda: encoded(tone(1.5), "amr", "libopencore_amrnb", 8000),
    "ogg opus": lambda: encoded(tone(1.5), "ogg", "libopus", 48_000),
    "webm opus": lambda: encoded(tone(1.5), "webm", "libopus", 48_000),
    "mp3": lambda: encoded(tone(1.5), "mp3", "libmp3lame", 24_000),
    "m4a": lambda: encoded(tone(1.5), "ipod", "aac", 44_100),
    "aac": lambda: encoded(tone(1.5), "adts", "aac", 44_100),
    "flac": lambda: encoded(tone(1.5), "flac", "flac", 16_000),
    "silk of WeChat": lambda: silk(tone(1.5, 24_000)),
    "silk": lambda: silk(tone(1.5, 24_000))[1:],
}


@pytest.mark.parametrize("kind", MADE)
def test_what_phones_record_is_read_whatever_it_is_called(kind: str) -> None:
    wave = to_wave(MADE[kind](), "text/plain")

    assert seconds_of(wave) == pytest.approx(1.5, abs=0.15)
    assert wave[:4] == b"RIFF"
    samples = np.frombuffer(wave[44:], "<i2")
    assert np.abs(samples).max() > 3000


@pytest.mark.parametrize("form", ["mp3", "ogg", "amr"])
def test_what_is_written_can_be_read(form: str) -> None:
    if not can_write(form):
        pytest.skip(f"this libav writes no {form}")
    made = from_wave(tone(1.0, 24_000), form)

    assert seconds_of(to_wave(made)) == pytest.approx(1.0, abs=0.15)
    assert len(made) < 20_000


def test_other_forms_are_not_written() -> None:
    with pytest.raises(ValueError, match="exe"):
        from_wave(tone(1), "exe")


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", Fault.EMPTY),
        (tone(2, loud=0), Fault.EMPTY),
        (tone(0.1), Fault.TOO_SHORT),
        (tone(70), Fault.TOO_LONG),
        (b"hello, this is a letter" * 50, Fault.NOT_AUDIO),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), Fault.NOT_AUDIO),
        (b"OggS" + bytes(500), Fault.NOT_AUDIO),
        (b"ID3\x03\x00" + bytes(500), Fault.NOT_AUDIO),
        (b"\x1aE\xdf\xa3" + bytes(500), Fault.NOT_AUDIO),
        (b"\x00\x00\x00\x20ftypisom" + bytes(500), Fault.NOT_AUDIO),
        (b"#!SILK_V3", Fault.NOT_AUDIO),
        (b"\x02#!SILK_V3\xff\x7f" + bytes(20), Fault.NOT_AUDIO),
        (b"#!SILK_V3" + b"\x01\x00\x00" * 4000, Fault.TOO_LONG),
        (b"#!AMR\n", Fault.EMPTY),
    ],
    ids=str,
)
def test_what_is_no_voice_is_refused(data: bytes, fault: Fault) -> None:
    with pytest.raises(Unreadable) as refused:
        to_wave(data, "audio/ogg")
    assert refused.value.reason is fault


def test_too_many_bytes_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "LARGEST", 1000)

    with pytest.raises(Unreadable) as refused:
        to_wave(tone(1))
    assert refused.value.reason is Fault.TOO_LARGE


def test_a_small_file_of_many_hours_is_read_no_further_than_allowed() -> None:
    bomb = encoded(tone(1), "mp3", "libmp3lame", 24_000) * 500

    with pytest.raises(Unreadable) as refused:
        to_wave(bomb)
    assert refused.value.reason is Fault.TOO_LONG


@pytest.mark.parametrize("kind", MADE)
def test_a_file_cut_anywhere_never_crashes(kind: str) -> None:
    whole = MADE[kind]()
    for cut in range(1, len(whole), max(1, len(whole) // 23)):
        with suppress(Unreadable):
            assert to_wave(whole[:cut]).startswith(b"RIFF")


@pytest.mark.parametrize("kind", [kind for kind in MADE if kind != "wav"])
def test_a_damaged_file_never_crashes(kind: str) -> None:
    random = np.random.default_rng(7)
    whole = bytearray(MADE[kind]())
    for _ in range(10):
        damaged = bytearray(whole)
        for at in random.integers(12, len(whole), 20):
            damaged[at] = random.integers(256)
        if b"SILK" in damaged[:12]:
            continue
        with suppress(Unreadable):
            assert to_wave(bytes(damaged)).startswith(b"RIFF")
