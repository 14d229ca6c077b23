"""A whole gateway with its Telegram channel on a port of its own, beside the fake Bot API."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from bot.app import create_app
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.sender import Speak
from bot.channels.telegram.settings import TelegramSettings
from bot.deps import BotDeps, BotSettings
from bot.store.tables import conversations
from bot.voice.speaking import clip
from lending.policy import Policy
from lending.storage.base import Database
from tests.bot.gateway import ROOT, FakeCatalogue, FakeReaders, PlainVault, fine
from tests.fakes.chat_api import LoopbackServer
from tests.fakes.dialogue import FakeDialogue
from tests.fakes.telegram import TelegramServer
from tests.waiting import wait_until

SECRET = "sesame-0123456789"


class RealClock:
    """Deliveries come due by it."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class House:
    """`start` runs a gateway (again: on the same database), `stop` ends it."""

    database: Database
    telegram: TelegramServer
    webhook: bool = False
    instance: str = "bot-1"
    staff_chat: str = ""
    speak: Speak = clip
    dialogue: FakeDialogue = field(default_factory=FakeDialogue)
    readers: FakeReaders = field(default_factory=FakeReaders)
    server: LoopbackServer | None = None
    settings: dict[str, Any] = field(default_factory=dict)

    def start(self) -> "House":
        self.server = LoopbackServer(lambda: create_app(self._deps()))
        self.server.start()
        return self

    def stop(self) -> None:
        if self.server is not None:
            self.server.stop()
        self.server = None

    @property
    def url(self) -> str:
        assert self.server is not None
        return self.server.url

    def says(self, text: str, *raw: dict[str, Any]) -> None:
        """What the dialogue answers to a text or payload."""
        self.dialogue.script[text] = list(raw)

    def unreachable(self) -> int:
        """How many conversations nothing is pushed to."""
        query = select(func.count()).select_from(conversations)
        with self.database.read() as conn:
            found = conn.execute(query.where(conversations.c.unreachable.is_not(None)))
            return int(found.scalar_one())

    def facts(self) -> list[dict[str, Any]]:
        """What the channel knows of its readers, in order of their coming."""
        with self.database.read() as conn:
            rows = conn.execute(
                select(conversations.c.facts, conversations.c.source).order_by(conversations.c.created_at)
            )
            return [{**(row.facts or {}), "source": row.source} for row in rows]

    def hold(self) -> None:
        """The dialogue does not answer until `go_on`."""
        self.dialogue.hold = asyncio.Event()

    def go_on(self) -> None:
        held, self.dialogue.hold = self.dialogue.hold, None
        assert held is not None
        assert self.server is not None
        self.server.run(held.set)

    def _deps(self) -> BotDeps:
        assert self.server is not None
        hook = f"{self.server.url}/telegram/webhook" if self.webhook else ""
        channel = TelegramChannel(
            TelegramSettings(
                self.telegram.token, self.telegram.url, SECRET, hook, staff_chat=self.staff_chat
            ),
            self.speak,
        )
        chosen = {"session_turns": 1000, "worker": False, "rate": 0, "instance": self.instance}
        return BotDeps(
            settings=BotSettings(
                secret_key="k" * 32, public_url="http://library.test", **{**chosen, **self.settings}
            ),
            database=self.database,
            clock=RealClock(),
            vault=PlainVault(),
            dialogue=self.dialogue,
            catalogue=FakeCatalogue(),
            readers=self.readers,
            districts=("姑苏区",),
            facts=lambda: {"phone": "0512-65226989"},
            policy=Policy.load(ROOT / "app" / "demo" / "policy.toml"),
            channels=(channel,),
            checks={"actions": fine},
        )


def sees(chat: Any, number: int, seconds: float = 10.0) -> list[Any]:
    """What the reader sees once there are so many messages."""
    wait_until(lambda: len(chat.shown) >= number, seconds, f"{number} messages, not {chat.texts}")
    return list(chat.sees)
