"""Readers for benchmarks: through the gateway's chat API, or straight at Rasa's REST channel."""

import asyncio
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx

SAYINGS = tuple((Path(__file__).parent / "sayings.txt").read_text("utf-8").split("\n")[:-1])


class Talker(Protocol):
    """One reader; `say` returns when the answer is there."""

    async def say(self, text: str) -> None: ...


@dataclass
class ThroughGateway:
    """A reader at the chat API."""

    client: httpx.AsyncClient
    secret: str

    @classmethod
    async def start(cls, client: httpx.AsyncClient) -> "ThroughGateway":
        answer = await client.post("/api/chat/sessions")
        answer.raise_for_status()
        return cls(client, answer.json()["session"])

    async def say(self, text: str) -> None:
        answer = await self.client.post(
            "/api/chat/messages",
            json={"id": uuid.uuid4().hex, "type": "text", "text": text},
            headers={"Authorization": f"Bearer {self.secret}"},
        )
        answer.raise_for_status()


@dataclass
class BareRasa:
    """The same reader without a gateway."""

    client: httpx.AsyncClient
    sender: str

    @classmethod
    async def start(cls, client: httpx.AsyncClient) -> "BareRasa":
        return cls(client, uuid.uuid4().hex)

    async def say(self, text: str) -> None:
        answer = await self.client.post(
            "/webhooks/rest/webhook", json={"sender": self.sender, "message": text}
        )
        answer.raise_for_status()


async def times_of(talker: Talker, sayings: Sequence[str]) -> list[float]:
    """Milliseconds of each turn."""
    taken = []
    for text in sayings:
        began = time.perf_counter()
        await talker.say(text)
        taken.append((time.perf_counter() - began) * 1000)
    return taken


async def throughput(talkers: Sequence[Talker], sayings: Sequence[str]) -> float:
    """Messages a second when all talk at once, each beginning at another place of the list."""

    async def talk(place: int, talker: Talker) -> None:
        start = place * len(sayings) // len(talkers)
        await times_of(talker, [*sayings[start:], *sayings[:start]])

    began = time.perf_counter()
    await asyncio.gather(*(talk(place, talker) for place, talker in enumerate(talkers)))
    return len(talkers) * len(sayings) / (time.perf_counter() - began)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
