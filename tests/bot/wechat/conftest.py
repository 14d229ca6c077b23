"""The gateway with its WeChat channel, beside a fake platform over real HTTP."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from bot.channels.wechat.channel import WeChatChannel
from bot.channels.wechat.settings import WeChatSettings
from bot.store.tables import conversations
from lending.storage.base import Database
from tests.bot.gateway import Gateway, StoppedClock, running
from tests.fakes.dialogue import FakeDialogue
from tests.fakes.wechat import ACCOUNT, FakeWeChat

CALLBACK = "http://library.test/wechat/callback"


def account(base: str, **more: Any) -> WeChatSettings:
    return WeChatSettings(
        ACCOUNT["APP_ID"], ACCOUNT["APP_SECRET"], ACCOUNT["TOKEN"], ACCOUNT["AES_KEY"], base, **more
    )


class RealClock(StoppedClock):
    """Moves with the world; `forward` adds to it."""

    def __init__(self) -> None:
        super().__init__()
        self._began = time.monotonic()
        self._start = self.at

    def now(self) -> Any:
        from datetime import timedelta

        return self.at + timedelta(seconds=time.monotonic() - self._began)


@dataclass
class House:
    """The gateway and the platform."""

    gateway: Gateway
    fake: FakeWeChat
    channel: WeChatChannel

    @property
    def dialogue(self) -> FakeDialogue:
        return self.gateway.dialogue

    async def pushed(self) -> None:
        """Until everything due is handed over."""
        await self.gateway.parts.deliverer.sweep()
        await self.gateway.parts.deliverer.idle()

    async def until(self, done: Callable[[], bool], seconds: float = 10) -> None:
        """Sweep until something is so."""
        async with asyncio.timeout(seconds):
            while not done():
                await self.pushed()
                await asyncio.sleep(0.02)

    async def conversation(self, openid: str) -> str:
        found = await self.gateway.parts.gates["wechat"].find(openid)
        assert found is not None
        return found

    async def notice(self, openid: str, text: str, kind: str = "order_available", **data: Any) -> None:
        """Something told outside of the talk."""
        from bot.replies import Reply
        from bot.store import talk
        from bot.store.letters import Letters

        name = await self.conversation(openid)
        deps = self.gateway.deps
        sealed = Letters(deps.vault).seal(Reply("notice", text, (), {"notice": kind, **data}).to_json())
        with deps.database.begin() as conn:
            talk.lock(conn, name)
            talk.append(conn, name, "library", sealed, deps.clock.now(), later=True, notice=kind)

    def human(self, name: str) -> None:
        deps = self.gateway.deps
        with deps.database.begin() as conn:
            who = conversations.c.id == name
            conn.execute(update(conversations).where(who).values(human_since=deps.clock.now()))


@asynccontextmanager
async def opened(database: Database, plain: bool = False, **more: Any) -> AsyncIterator[House]:
    settings = more.pop("settings", {})
    with FakeWeChat(CALLBACK, plain=plain) as fake:
        channel = WeChatChannel(account(fake.base_url, allow_plain=plain, **more))
        async with running(database, clock=RealClock(), channels=(channel,), **settings) as gateway:
            transport = httpx.ASGITransport(gateway.app, raise_app_exceptions=False)
            fake._http = httpx.AsyncClient(transport=transport)
            fake.job_events = False
            yield House(gateway, fake, channel)
            await fake.close()


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    async with opened(database) as made:
        yield made


@pytest.fixture
def template_file(tmp_path: Path) -> Path:
    path = tmp_path / "templates.yml"
    path.write_text(
        "order_available:\n  template: TM1\n  subscribe: SUB1\n"
        "  fields: {character_string1: '{{ code }}', thing2: '{{ point.name }}'}\n",
        encoding="utf-8",
    )
    return path
