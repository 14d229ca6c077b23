"""What a file gives: records, and records that cannot be used."""

from collections.abc import Mapping
from dataclasses import dataclass


class ImportRefused(Exception):
    """The file as a whole cannot be imported. The message is one sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record. `number` counts from 1; `values` by our field names, stripped."""

    number: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BadRecord:
    """One record that is skipped: why, and the beginning of what was read."""

    number: int
    reason: str
    text: str = ""


SHOWN_CHARS = 200
"""How much of a bad record is shown in the error file."""
