"""One session may not speak too fast."""

import pytest

from bot.channels.web.limits import RateLimit
from lending.storage.base import Database
from tests.bot.gateway import running


def test_a_bucket_empties_and_fills(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("bot.channels.web.limits.time.monotonic", lambda: now[0])
    limit = RateLimit(rate=2, burst=3)
    assert [limit.take("a") for _ in range(4)] == [None, None, None, 1]
    assert limit.take("b") is None
    now[0] += 0.5
    assert limit.take("a") is None
    assert limit.take("a") == 1


def test_no_limit() -> None:
    limit = RateLimit(rate=0, burst=1)
    assert [limit.take("a") for _ in range(5)] == [None] * 5


async def test_too_many_messages_get_429_and_are_not_acted_upon(database: Database) -> None:
    async with running(database, rate=0.01, burst=2) as gateway:
        reader = await gateway.session()
        for place in range(2):
            assert (await reader.post(id=str(place), type="text", text="x")).status_code == 200
        answer = await reader.post(id="3", type="text", text="x")
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many")
        assert int(answer.headers["Retry-After"]) > 0
        assert len(gateway.dialogue.heard) == 2
