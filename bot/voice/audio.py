"""A voice message as a channel hands it over."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Audio:
    """A recording. mime: as the channel calls it, never trusted; seconds: as it says, 0 when unknown."""

    data: bytes
    mime: str = ""
    seconds: float = 0.0


class Fault(StrEnum):
    """Why a recording cannot be read."""

    EMPTY = "empty"
    """No bytes, or no sound in them."""
    TOO_LARGE = "too_large"
    """More bytes than a channel may hand over."""
    TOO_LONG = "too_long"
    """More seconds than a voice message may have (60)."""
    NOT_AUDIO = "not_audio"
    """No format that is known, or broken."""
    TOO_SHORT = "too_short"
    """Less than a syllable: a slip of the thumb."""


class Unreadable(Exception):
    """A recording that cannot be read; the reader is asked to speak again or to type."""

    def __init__(self, reason: Fault) -> None:
        super().__init__(str(reason))
        self.reason = Fault(reason)


class Busy(Exception):
    """Too many recordings wait, or this one took too long: ask the reader to wait a moment or to type."""
