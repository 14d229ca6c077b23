"""A push channel without a platform: keeps what it was given to send, answers as it is told to."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter

from bot.channels.base import Delivery, MediaGone, Parcel, Peer, Result, Verdict
from bot.gate import Gate

SENT = Result(Verdict.SENT, proof="ok")


@dataclass
class FakeChannel:
    """`verdicts` are given first, then every parcel is taken. `joins`: deliveries in one parcel."""

    name: str = "fake"
    grace: float = 0.0
    router: APIRouter | None = None
    verdicts: list[Result | Exception] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)
    tried: int = 0
    typed: list[str] = field(default_factory=list)
    joins: int = 1
    hold: asyncio.Event | None = None
    started: list[Gate] = field(default_factory=list)

    @property
    def gate(self) -> Gate:
        return self.started[-1]

    @property
    def texts(self) -> list[str]:
        """What readers got, in order."""
        return [text for _, text in self.sent]

    async def start(self, gate: Gate) -> None:
        self.started.append(gate)

    async def stop(self) -> None:
        pass

    def parcels(self, peer: Peer, batch: Sequence[Delivery]) -> list[Parcel]:
        steps = range(0, len(batch), self.joins)
        return [self._parcel(batch[place : place + self.joins]) for place in steps]

    def _parcel(self, batch: Sequence[Delivery]) -> Parcel:
        return Parcel([one.reply.text for one in batch], tuple((one.id, 1, True) for one in batch))

    async def send(self, peer: Peer, parcel: Parcel) -> Result:
        self.tried += 1
        if self.hold is not None:
            await self.hold.wait()
        verdict = self.verdicts.pop(0) if self.verdicts else SENT
        if isinstance(verdict, Exception):
            raise verdict
        if verdict.verdict is Verdict.SENT:
            self.sent += [(peer.address, text) for text in parcel.body]
        return verdict

    async def typing(self, peer: Peer) -> None:
        self.typed.append(peer.address)

    async def fetch(self, content: Mapping[str, Any]) -> Any:
        raise MediaGone
