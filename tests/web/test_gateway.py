"""The page on the real gateway with its API, forms and database; only dialogue and readers are faked."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.app import create_app
from bot.deps import BotDeps, BotSettings
from lending.policy import Policy
from tests.bot.gateway import ROOT, FakeCatalogue, FakeReaders, PlainVault, StoppedClock, fine
from tests.databases import SqliteTemplate
from tests.fakes.chat_api import LoopbackServer
from tests.fakes.dialogue import FakeDialogue, Raw
from tests.web.screen import messages, said_by, say

pytestmark = pytest.mark.browser

SCRIPT: dict[str, Raw] = {
    "下单": [
        {"text": "这一步要用读者证，填好我接着办。"},
        {"custom": {"kind": "link", "data": {"purpose": "bind_card"}}},
    ],
    "/card_bound": [{"text": "绑好了，我们接着下单。"}],
}


@pytest.fixture
def gateway(sqlite_template: SqliteTemplate, tmp_path: Path) -> Iterator[LoopbackServer]:
    database = sqlite_template.copy(tmp_path)
    readers = FakeReaders()
    server = LoopbackServer(
        lambda: create_app(
            BotDeps(
                settings=BotSettings(secret_key="k" * 32, public_url=server.url, worker=False, rate=0),
                database=database,
                clock=StoppedClock(),
                vault=PlainVault(),
                dialogue=FakeDialogue(script={**SCRIPT}),
                catalogue=FakeCatalogue(),
                readers=readers,
                districts=("姑苏区", "工业园区"),
                facts=lambda: {"phone": "0512-65226989", "hours": "周二至周日 09:00–20:00"},
                policy=Policy.load(ROOT / "app" / "demo" / "policy.toml"),
                checks={"actions": fine},
            )
        )
    )
    server.start()
    yield server
    server.stop()
    database.dispose()


@pytest.fixture
def page(browser: Browser, gateway: LoopbackServer) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 780}, locale="zh-CN")
    opened = context.new_page()
    opened.goto(f"{gateway.url}/chat")
    yield opened
    context.close()


def test_a_card_is_bound_on_the_form_and_the_talk_goes_on_by_itself(page: Page) -> None:
    answer = say(page, "下单")
    with page.expect_popup() as opened:
        answer.get_by_role("link", name="填读者证").click()
    form = opened.value
    form.get_by_label("读者证号").fill("D0001")
    form.get_by_label("密码").fill("9999")
    form.get_by_role("button").click()
    expect(form.get_by_role("alert")).to_contain_text("不对")
    expect(form.get_by_label("读者证号")).to_have_value("D0001")
    form.get_by_label("密码").fill("1234")
    form.get_by_role("button").click()
    expect(form.get_by_role("status")).to_contain_text("王读者")
    form.close()
    expect(messages(page).last).to_contain_text("绑好了，我们接着下单。")
    say(page, "谢谢")
    expect(said_by(page, "library")).to_have_count(3)


def test_the_talk_outlives_the_gateway(page: Page, gateway: LoopbackServer) -> None:
    say(page, "你好")
    gateway.stop()
    gateway.start()
    say(page, "还在吗")
    page.reload()
    expect(messages(page)).to_have_count(4)
    texts = [item.inner_text() for item in messages(page).locator(".bubble").all()]
    assert texts == ["你好", "echo 你好", "还在吗", "echo 还在吗"]
