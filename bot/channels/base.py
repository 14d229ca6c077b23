"""What a push channel is: a platform on which the library speaks to a reader who is not on the line.

The web chat asks for its answers itself; WeChat and Telegram have theirs sent. A channel turns what comes in
into `Inbound`s and hands them to its `Gate`; replies come to it as `Delivery`s, in order, and it says
how they are packed (`parcels`) and whether the platform took them (`send`). It keeps no queue of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from fastapi import APIRouter

from bot.replies import Reply

if TYPE_CHECKING:
    from bot.gate import Gate
    from bot.voice.audio import Audio


@dataclass(frozen=True, slots=True)
class Peer:
    """A reader on a push channel: `address` is the platform's (openid, chat id), `facts` the channel's."""

    conversation_id: str
    channel: str
    address: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One reply that has to reach a peer.

    sender: library | staff. parts: how many parts of it were sent already. attempts: sends tried before this
    one. answers: the inbox row it answers. notice: the kind of notice, when it is one.
    """

    id: int
    conversation_id: str
    reply: Reply
    sender: str
    at: datetime
    parts: int = 0
    attempts: int = 0
    answers: int | None = None
    notice: str | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """One call to the platform. progress: (delivery id, parts of it done after this parcel, finished)."""

    body: Any
    progress: tuple[tuple[int, int, bool], ...]


class Verdict(StrEnum):
    """What the platform said to a parcel."""

    SENT = "sent"
    AGAIN = "again"
    """Not now: after `seconds` (0: the deliverer's own pause)."""
    HELD = "held"
    """Not before the reader speaks again; a notice may go another way."""
    STOPPED = "stopped"
    """Blocked or unsubscribed: nothing more is pushed until the reader comes back."""
    REFUSED = "refused"
    """This one can never be sent."""


@dataclass(frozen=True, slots=True)
class Result:
    """A verdict; `proof` is the platform's message id or its error code."""

    verdict: Verdict
    seconds: float = 0
    proof: str = ""


class MediaGone(Exception):
    """The recording can't be had any more."""


class MediaLater(Exception):
    """The recording can't be had just now; asking again may help."""


class Channel(Protocol):
    """A push channel. `grace`: seconds an answer waits to be collected passively before it is pushed."""

    name: str
    grace: float
    router: APIRouter | None

    async def start(self, gate: "Gate") -> None:
        """Begin to take messages in (poll, connect). Must not wait for the platform to answer."""
        ...

    async def stop(self) -> None:
        """Take nothing in any more and close connections."""
        ...

    def parcels(self, peer: Peer, batch: Sequence[Delivery]) -> list[Parcel]:
        """The calls that hand over these deliveries, in their order; parts already sent are left out.

        Pure. May join several deliveries in one parcel or split one into several, never reorders.
        """
        ...

    async def send(self, peer: Peer, parcel: Parcel) -> Result:
        """Hand over one parcel, with own timeouts and rate limits. Never raises for the platform."""
        ...

    async def typing(self, peer: Peer) -> None:
        """Show that an answer is being made; best effort."""
        ...

    async def fetch(self, content: Mapping[str, Any]) -> "Audio":
        """The recording of an inbound of kind “voice”. Raises MediaGone, MediaLater."""
        ...
