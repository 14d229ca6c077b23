"""What the rows of a turn look like to the code around them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.replies import Reply


@dataclass(frozen=True, slots=True)
class Pending:
    """A message received and not yet answered. again: a replica has begun to answer it before."""

    inbox_id: int
    conversation_id: str
    kind: str
    content: dict[str, Any]
    received_at: datetime
    attempts: int
    message_id: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What a turn must know of its conversation. readback: heard and waiting for a yes (bot/voice/talk.py);
    voices: voice messages in a row."""

    channel: str
    choices: list[dict[str, Any]]
    human_since: datetime | None
    human_told: bool
    turns: int
    readback: Mapping[str, Any] | None = None
    voices: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the reader gets for one message. `final` is False while the real answer is still to come."""

    replies: tuple[Reply, ...]
    cursor: int
    heard: str | None = None
    final: bool = True


@dataclass(frozen=True, slots=True)
class Opened:
    """A message received. Its `answer` is known already, or it is pending and perhaps `leased` to us."""

    inbox_id: int
    answer: Answer | None = None
    leased: bool = False
    standing: Standing | None = None
    pending: tuple[Pending, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a turn changes: its replies, the list of choices (None keeps the last), who has the conversation.

    human: True marks it for a person, False gives it back, None leaves it. told: the reader knows.
    heard: what a voice message said. readback: what waits for a yes now; None ends what waited before.
    voices: voice messages in a row, None leaves the count.
    """

    replies: tuple[Reply, ...]
    choices: list[dict[str, Any]] | None = None
    human: bool | None = None
    told: bool = False
    heard: str = ""
    readback: Mapping[str, Any] | None = None
    voices: int | None = None
