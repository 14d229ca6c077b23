"""What the gateway needs from outside; the wiring fills it in."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.channels.base import Channel
from bot.conversation import Spotter
from bot.dialogue import Dialogue
from bot.voice.talk import VoiceDeps
from lending.pickup.model import PickupPoint
from lending.policy import Policy
from lending.ports import Clock, Vault
from lending.storage.base import Database


class BoundReader(Protocol):
    """What a client may know of a bound reader."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> Any: ...
    @property
    def display_name(self) -> str: ...


class AddedAddress(Protocol):
    """A new address."""

    @property
    def id(self) -> int: ...


class ReadersDesk(Protocol):
    """The part of `lending.readers` that forms and the chat API use. All calls block."""

    def verify_and_bind(self, conversation_id: str, card: str, pin: str) -> BoundReader: ...
    def bound_to(self, conversation_id: str) -> BoundReader | None: ...
    def unbind(self, conversation_id: str) -> bool: ...
    def conversations_of(self, reader_id: int) -> list[str]: ...
    def add_address(
        self, reader_id: int, recipient: str, phone: str, district: str, street: str
    ) -> AddedAddress: ...


Check = Callable[[], Awaitable[None]]
"""Raises when the part does not answer."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something the worker does again and again. `run` blocks and gets a thread of its own."""

    name: str
    seconds: float
    run: Callable[[], object]


@dataclass(frozen=True, slots=True)
class BotSettings:
    """The gateway's own settings.

    public_url: how readers reach us, for links. instance: unique among replicas and the same after a restart.
    rate, burst: messages a second and at once per session. patience: seconds until “it takes a moment”.
    session_turns: turns until Rasa's session begins anew. worker: do timers and notices in this process.
    sweeps: answer and hand over, each second, what was left behind.
    """

    secret_key: str
    public_url: str = "http://127.0.0.1:8000"
    instance: str = "bot"
    actions_url: str = "http://127.0.0.1:5055"
    redis_url: str = ""
    rate: float = 30.0
    burst: int = 120
    patience: float = 4.5
    session_turns: int = 20
    worker: bool = True
    sweeps: bool = True


@dataclass(frozen=True, slots=True)
class BotDeps:
    """Everything `create_app` needs.

    districts: names for the address form. facts: what the gateway's own sentences may name ("phone", "hours",
    "answer_by"). policy, places: what /policy shows. notices_page: what /notices shows, newest first, each
    {"title", "text", "published_at"}. checks: what /health asks besides database, Rasa and action server, by
    name. jobs: what the worker does besides handing out notices. channels: where replies are pushed.
    voice: hearing, and how to speak to whom.
    """

    settings: BotSettings
    database: Database
    clock: Clock
    vault: Vault
    dialogue: Dialogue
    catalogue: Spotter
    readers: ReadersDesk
    districts: Sequence[str] = ()
    policy: Policy | None = None
    places: Callable[[], Sequence[PickupPoint]] = tuple
    facts: Callable[[], Mapping[str, Any]] = dict
    notices_page: Callable[[], Sequence[Mapping[str, Any]]] = list
    jobs: Sequence[Job] = ()
    channels: Sequence[Channel] = ()
    voice: VoiceDeps = field(default_factory=VoiceDeps)
    checks: Mapping[str, Check] = field(default_factory=dict)
