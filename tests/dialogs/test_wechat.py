"""A book borrowed through WeChat, from following to the pickup code, on a whole running system."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest

from tests.dialogs.conftest import started
from tests.dialogs.house import PIN, House
from tests.fakes.wechat import ACCOUNT, FakeWeChat

FORM = re.compile(r"http\S+/forms/[^\s（]+")


@pytest.mark.slow
@pytest.mark.talk
def test_a_book_borrowed_through_wechat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeWeChat() as fake:
        for name, value in {**ACCOUNT, "API_BASE": fake.base_url}.items():
            monkeypatch.setenv(f"SHUDI_WECHAT_{name}", value)
        with started(tmp_path) as house:
            fake.callback = f"{house.url}/wechat/callback"
            asyncio.run(_borrow(house, fake))


async def _borrow(house: House, fake: FakeWeChat) -> None:
    openid, reader = fake.reader("ann"), house.reader()
    link = FORM.search(await fake.follow(openid))
    assert link is not None
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(link[0], data={"card": reader.card, "pin": PIN})
        assert answer.status_code == 200
    await _until(fake, openid, "想看什么书")
    assert "活着" in await fake.say(openid, "有没有活着")
    assert "放进书单了" in await fake.say(openid, "1")
    assert "确认下单吗" in await fake.say(openid, "1")
    assert "下好了" in await fake.say(openid, "确认")
    code = house.advance(reader, "arrived").pickup_code
    assert code
    told = await fake.say(openid, "取书码")
    assert code in told.replace(" ", "")
    await fake.close()


async def _until(fake: FakeWeChat, openid: str, words: str) -> None:
    async with asyncio.timeout(20):
        while not any(words in text for text in fake.texts(openid)[1:]):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
