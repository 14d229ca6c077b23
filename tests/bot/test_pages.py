"""Public pages from live data, and the figures."""

import re
from pathlib import Path

from tests.bot.gateway import Gateway, Reader

DOCS = Path(__file__).parents[2] / "docs"


async def test_the_policy_page_tells_the_policy_in_force(gateway: Gateway) -> None:
    page = await gateway.client.get("/policy")
    assert page.status_code == 200
    policy = gateway.deps.policy
    assert policy is not None
    elderly = policy.for_kind("elderly")
    for told in (
        policy.library.name,
        policy.library.phone,
        f"{elderly.loan_days} 天",
        "09:00、16:00",
        "¥3.00",
    ):
        assert told in page.text


async def test_notices_without_any(gateway: Gateway) -> None:
    page = await gateway.client.get("/notices")
    assert "现在没有公告" in page.text


async def test_the_chat_page_is_served(gateway: Gateway) -> None:
    assert (await gateway.client.get("/chat")).status_code == 200


async def test_every_figure_is_documented(gateway: Gateway, reader: Reader) -> None:
    await reader.say("你好")
    page = (await gateway.client.get("/metrics")).text
    names = {
        name for name in re.findall(r"^# TYPE (shudi_\w+) ", page, re.MULTILINE) if "_created" not in name
    }
    told = set(re.findall(r"`(shudi_\w+)`", (DOCS / "metrics.md").read_text("utf-8")))
    assert names == told
    assert 'shudi_turns_total{channel="web",kind="text",outcome="final"} 1.0' in page
    for stage in ("received", "understood", "acted", "written"):
        assert f'shudi_turn_stage_seconds_count{{stage="{stage}"}} 1.0' in page


def test_every_error_is_documented() -> None:
    from bot.channels.web.errors import catalogue

    told = (DOCS / "chat-api.md").read_text("utf-8")
    for code, one in catalogue().items():
        assert re.search(rf"\| {one['status']} \| `{code}` \|", told), code
