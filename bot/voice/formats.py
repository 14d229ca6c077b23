"""From whatever a phone records to 16 kHz WAV, and from WAV to what a channel plays.

The first bytes say what it is, never the mime type: AMR-NB and -WB, SILK (WeChat's begins with 0x02),
OGG (Opus, Speex, Vorbis), MP3, MP4 (M4A, AAC), WAV, WebM, FLAC; ADTS and bare MPEG frames too.
"""

import io
import re
from collections.abc import Iterator
from typing import Any

import av
import pysilk
from av.audio.resampler import AudioResampler

from bot.voice.audio import Fault, Unreadable

RATE = 16_000
SECONDS = 60
"""A voice message's longest (WeChat: 60 s)."""
_SPARE_SECONDS = 2
"""Recorders overshoot; what is beyond is cut."""
SHORTEST = 0.25
"""Seconds below which it was a slip of the thumb."""
LARGEST = 20 << 20
"""Bytes, Telegram's getFile limit; WeChat's is 2 MB and checked by its channel."""
_SILK = b"#!SILK_V3"
_SILK_RATE = 24_000
_SILENT = 64
"""Loudest 16-bit sample below which nothing was recorded."""
_FIRST_BYTES: tuple[tuple[bytes, str], ...] = (
    (b"#!AMR", "amr"),
    (b"OggS", "ogg"),
    (b"ID3", "mp3"),
    (b"fLaC", "flac"),
    (b"\x1aE\xdf\xa3", "matroska"),
)
_OUT = {
    # form: container, codec, samples a second, bits a second
    "mp3": ("mp3", "libmp3lame", 24_000, 48_000),
    "ogg": ("ogg", "libopus", 48_000, 32_000),
    "amr": ("amr", "libopencore_amrnb", 8_000, 12_200),
}


def to_wave(data: bytes, mime: str = "") -> bytes:
    """16-bit samples of one channel at 16 kHz as a WAV file, at most 62 s of it. Raises Unreadable."""
    if not data:
        raise Unreadable(Fault.EMPTY)
    if len(data) > LARGEST:
        raise Unreadable(Fault.TOO_LARGE)
    silk = data[1:] if data[:1] == b"\x02" else data
    samples = _from_silk(silk) if silk.startswith(_SILK) else _decoded(data)
    if len(samples) > (SECONDS + _SPARE_SECONDS) * RATE * 2:
        raise Unreadable(Fault.TOO_LONG)
    if len(samples) < SHORTEST * RATE * 2:
        raise Unreadable(Fault.TOO_SHORT if samples else Fault.EMPTY)
    if _loudest(samples) < _SILENT:
        raise Unreadable(Fault.EMPTY)
    return _wave(samples)


def seconds_of(wave: bytes) -> float:
    """How long a WAV made by `to_wave` is."""
    return max(0, len(wave) - 44) / (2 * RATE)


def from_wave(wave: bytes, form: str) -> bytes:
    """A WAV file as "mp3", "ogg" (Opus, a voice bubble in Telegram) or "amr".

    Raises ValueError for another form, and where this build of libav cannot write it (`can_write`).
    """
    if not can_write(form):
        raise ValueError(f"cannot write {form}")
    container, codec, rate, bits = _OUT[form]
    file = io.BytesIO()
    with (
        av.open(io.BytesIO(wave), mode="r", format="wav") as source,
        av.open(file, mode="w", format=container) as target,
    ):
        stream: Any = target.add_stream(codec, rate=rate)
        stream.bit_rate = bits
        stream.layout = "mono"
        size = stream.codec_context.frame_size or None
        for frame in _resampled(source, stream.format.name, rate, size):
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return file.getvalue()


def can_write(form: str) -> bool:
    """Whether this build of libav has the encoder."""
    return form in _OUT and _OUT[form][1] in av.codecs_available


def _decoded(data: bytes) -> bytes:
    """Whatever libav reads. Every error of its own means that the file is no good."""
    kind = _kind_of(data)
    if kind is None:
        raise Unreadable(Fault.NOT_AUDIO)
    most, got = (SECONDS + _SPARE_SECONDS) * RATE * 2, bytearray()
    try:
        with av.open(io.BytesIO(data), mode="r", format=kind, metadata_errors="ignore") as source:
            for frame in _resampled(source, "s16", RATE, None):
                got += bytes(frame.planes[0])[: frame.samples * 2]
                if len(got) > most:
                    raise Unreadable(Fault.TOO_LONG)
    except (av.FFmpegError, ValueError, IndexError, OverflowError, MemoryError) as error:
        if len(got) < SHORTEST * RATE * 2:
            raise Unreadable(Fault.NOT_AUDIO) from error
    return bytes(got)


def _resampled(source: Any, form: str, rate: int, size: int | None) -> Iterator[Any]:
    """Frames of the first sound track, one channel; damaged packets are passed over as players do."""
    if not source.streams.audio:
        raise ValueError("no sound")
    resampler = AudioResampler(format=form, layout="mono", rate=rate, frame_size=size)
    for packet in source.demux(source.streams.audio[0]):
        try:
            frames = packet.decode()
        except av.InvalidDataError:
            continue
        for frame in frames:
            frame.pts = None
            yield from resampler.resample(frame)
    yield from resampler.resample(None)


def _from_silk(data: bytes) -> bytes:
    """WeChat and QQ record SILK v3; the decoder is asked for 24 kHz, all that it was made from."""
    if _silk_seconds(data) > SECONDS + _SPARE_SECONDS:
        raise Unreadable(Fault.TOO_LONG)
    out = io.BytesIO()
    try:
        pysilk.decode(io.BytesIO(data), out, _SILK_RATE)
    except (pysilk.SilkError, ValueError, OSError, MemoryError) as error:
        raise Unreadable(Fault.NOT_AUDIO) from error
    return _samples(out.getvalue(), _SILK_RATE)


def _silk_seconds(data: bytes) -> float:
    """Packets of 20 ms, each led by its length in two bytes, the last one by -1. Raises Unreadable."""
    at, packets = len(_SILK), 0
    while at + 2 <= len(data):
        length = int.from_bytes(data[at : at + 2], "little", signed=True)
        if length < 0:
            break
        at, packets = at + 2 + length, packets + 1
    if not packets or at > len(data):
        raise Unreadable(Fault.NOT_AUDIO)
    return packets * 0.02


def _samples(raw: bytes, rate: int) -> bytes:
    """16-bit samples at another rate as samples at 16 kHz."""
    with av.open(io.BytesIO(_wave(raw, rate)), mode="r", format="wav") as source:
        return b"".join(
            bytes(frame.planes[0])[: frame.samples * 2] for frame in _resampled(source, "s16", RATE, None)
        )


def _kind_of(data: bytes) -> str | None:
    """libav's name of the container, by the first bytes; None: nothing that a phone records."""
    for first, kind in _FIRST_BYTES:
        if data.startswith(first):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "wav"
    if data[4:8] == b"ftyp":
        return "mp4"
    if re.match(rb"\xff[\xf0\xf1\xf8\xf9]", data):
        return "aac"
    return "mp3" if re.match(rb"\xff[\xe2-\xff]", data) else None


def _loudest(samples: bytes) -> int:
    values = memoryview(samples[: len(samples) // 2 * 2]).cast("h")
    return max(abs(min(values)), abs(max(values))) if values else 0


def header(size: int, rate: int = RATE) -> bytes:
    """What leads `size` bytes of 16-bit samples in a WAV file."""
    head = b"RIFF" + (36 + size).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    form = b"\x01\x00\x01\x00" + rate.to_bytes(4, "little") + (rate * 2).to_bytes(4, "little")
    return head + form + b"\x02\x00\x10\x00data" + size.to_bytes(4, "little")


def _wave(samples: bytes, rate: int = RATE) -> bytes:
    return header(len(samples), rate) + samples
