"""The gateway with everything around it faked, entered as a client would: over HTTP."""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
from fastapi import FastAPI

from bot.app import Parts, create_app
from bot.channels.base import Channel
from bot.deps import BotDeps, BotSettings, Check, Job
from lending.errors import Code, LendingError
from lending.policy import Policy
from lending.ports import Spotted
from lending.storage.base import Database
from tests.fakes.dialogue import FakeDialogue

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


class StoppedClock:
    """A clock that only moves when told."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


class PlainVault:
    """Seals without secrecy, but so that forgetting to seal shows."""

    def seal(self, plain: str) -> str:
        return "sealed:" + base64.b64encode(plain.encode()).decode()

    def open(self, sealed: str) -> str:
        return base64.b64decode(sealed.removeprefix("sealed:")).decode()

    def fingerprint(self, plain: str) -> str:
        return "print:" + plain


class FakeCatalogue:
    """Knows one book."""

    def spot(self, text: str) -> Spotted:
        return Spotted("title", "三体", text == "三体", 0.9) if "三体" in text else Spotted("none")


@dataclass
class FakeReaders:
    """One card, D0001 with PIN 1234; five wrong PINs lock it."""

    bound: dict[str, Any] = field(default_factory=dict)
    addresses: list[tuple[Any, ...]] = field(default_factory=list)
    wrong: int = 0

    def verify_and_bind(self, conversation_id: str, card: str, pin: str) -> Any:
        if self.wrong >= 5:
            raise LendingError(Code.PIN_LOCKED, retry_after_seconds=840)
        if (card, pin) != ("D0001", "1234"):
            self.wrong += 1
            raise LendingError(Code.CARD_REFUSED)
        self.bound[conversation_id] = SimpleNamespace(id=1, kind="adult", display_name="王读者")
        return self.bound[conversation_id]

    def bound_to(self, conversation_id: str) -> Any:
        return self.bound.get(conversation_id)

    def unbind(self, conversation_id: str) -> bool:
        return self.bound.pop(conversation_id, None) is not None

    def conversations_of(self, reader_id: int) -> list[str]:
        return [name for name, reader in self.bound.items() if reader.id == reader_id]

    def add_address(self, reader_id: int, recipient: str, phone: str, district: str, street: str) -> Any:
        self.addresses.append((reader_id, recipient, phone, district, street))
        return SimpleNamespace(id=len(self.addresses))


async def fine() -> None:
    """A part that answers."""


@dataclass
class Gateway:
    """A running gateway. `other()` is a second replica (or the same after a restart) on the same database."""

    app: FastAPI
    client: httpx.AsyncClient
    dialogue: FakeDialogue
    clock: StoppedClock
    readers: FakeReaders
    deps: BotDeps

    @property
    def parts(self) -> Parts:
        return cast(Parts, self.app.state.parts)

    async def session(self) -> "Reader":
        answer = await self.client.post("/api/chat/sessions")
        assert answer.status_code == 201, answer.text
        return Reader(self.client, answer.json()["session"])


@dataclass
class Reader:
    """A reader at the chat API."""

    client: httpx.AsyncClient
    secret: str
    said: int = 0

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}

    async def post(self, **body: Any) -> httpx.Response:
        return await self.client.post("/api/chat/messages", json=body, headers=self.headers)

    async def say(self, text: str, id: str | None = None) -> list[dict[str, Any]]:
        self.said += 1
        answer = await self.post(id=id or f"{id}{self.said}", type="text", text=text)
        assert answer.status_code == 200, answer.text
        return cast(list[dict[str, Any]], answer.json()["replies"])

    async def hears(self, text: str) -> list[str]:
        """The words of the replies."""
        return [reply["text"] for reply in await self.say(text)]

    async def press(self, payload: str) -> list[dict[str, Any]]:
        self.said += 1
        answer = await self.post(id=f"press{self.said}", type="choice", payload=payload)
        assert answer.status_code == 200, answer.text
        return cast(list[dict[str, Any]], answer.json()["replies"])

    async def later(self, after: int = 0, wait: float = 0) -> dict[str, Any]:
        answer = await self.client.get(
            "/api/chat/messages", params={"after": after, "wait": wait}, headers=self.headers, timeout=40
        )
        assert answer.status_code == 200, answer.text
        return cast(dict[str, Any], answer.json())

    async def history(self, limit: int = 50) -> list[dict[str, Any]]:
        answer = await self.client.get("/api/chat/history", params={"limit": limit}, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return cast(list[dict[str, Any]], answer.json()["messages"])


Settings = dict[str, Any]
Start = Callable[..., Awaitable[Gateway]]


@asynccontextmanager
async def running(
    database: Database,
    dialogue: FakeDialogue | None = None,
    clock: StoppedClock | None = None,
    readers: FakeReaders | None = None,
    jobs: tuple[Job, ...] = (),
    checks: dict[str, Check] | None = None,
    channels: Sequence[Channel] = (),
    **settings: Any,
) -> AsyncIterator[Gateway]:
    """A gateway on this database; its worker is off unless asked for, so that tests say when sweeps run."""
    dialogue, clock, readers = dialogue or FakeDialogue(), clock or StoppedClock(), readers or FakeReaders()
    chosen: Settings = {
        "session_turns": 1000,
        "secret_key": "k" * 32,
        "public_url": "http://library.test",
        "worker": False,
        "sweeps": False,
        "rate": 0,
    }
    deps = BotDeps(
        settings=BotSettings(**{**chosen, **settings}),
        database=database,
        clock=clock,
        vault=PlainVault(),
        dialogue=dialogue,
        catalogue=FakeCatalogue(),
        readers=readers,
        districts=("姑苏区", "工业园区"),
        facts=lambda: {"phone": "0512-65226989", "hours": "周二至周日 09:00–20:00"},
        policy=Policy.load(ROOT / "app" / "demo" / "policy.toml"),
        jobs=jobs,
        checks=checks or {"actions": fine},
        channels=channels,
    )
    app = create_app(deps)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://library.test") as client:
            yield Gateway(app, client, dialogue, clock, readers, deps)
