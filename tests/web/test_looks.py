"""Sizes, contrast and width, measured on the rendered page with a card of every kind on it (clause 6.1.4)."""

from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from playwright.sync_api import Page, expect

from bot.channels.web import pages
from bot.forms import routes
from bot.telling import environment
from tests.fakes.chat_api import ChatServer, Talk
from tests.web.conftest import OpenPage
from tests.web.samples import EVERY_KIND, NOW
from tests.web.screen import say

pytestmark = pytest.mark.browser

MEASURE = (Path(__file__).parent / "measure.js").read_text(encoding="utf-8")
LEAST_CONTRAST = 4.5
LEAST_TARGET = 44
ELDER_FONT = 18
ELDER_TARGET = 60


def measure(page: Page, *, font: float = 13, target: float = LEAST_TARGET) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(MEASURE, {"ratio": LEAST_CONTRAST, "font": font, "target": target})
    return found


def say_everything(page: Page) -> None:
    """A message of every kind, with the older choices unfolded."""
    for name in EVERY_KIND:
        say(page, name)
    page.evaluate("() => { for (const fold of document.querySelectorAll('details')) fold.open = true; }")


def assert_readable(found: dict[str, Any], at_least: int = 100) -> None:
    assert found["texts"] >= at_least, "the walker saw the page"
    assert found["contrast"] == []
    assert found["fonts"] == []
    assert found["targets"] == []
    assert found["overflow"] <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_everything_is_readable(open_page: OpenPage, width: int, scheme: str) -> None:
    page = open_page(width=width, color_scheme=scheme)
    assert_readable(measure(page), at_least=10)
    say_everything(page)
    assert_readable(measure(page))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_elder_version_has_large_type_and_large_targets(
    open_page: OpenPage, width: int, scheme: str
) -> None:
    page = open_page(width=width, color_scheme=scheme, elder=True)
    assert_readable(measure(page, font=ELDER_FONT, target=ELDER_TARGET), at_least=10)
    say_everything(page)
    assert_readable(measure(page, font=ELDER_FONT, target=ELDER_TARGET))


def test_the_walker_finds_what_is_wrong(open_page: OpenPage) -> None:
    page = open_page()
    page.evaluate(
        """() => {
            const bad = document.createElement("button");
            bad.textContent = "看不清";
            document.querySelector("#log").append(bad);
            Object.assign(bad.style, { color: "#999", background: "#bbb", fontSize: "9px" });
            Object.assign(bad.style, { height: "20px", marginLeft: "900px" });
        }"""
    )
    found = measure(page)
    assert all("看不清" in found[what][0] for what in ("contrast", "fonts", "targets"))
    assert found["overflow"] > 0


def test_the_elder_switch_is_remembered(open_page: OpenPage) -> None:
    page = open_page()
    switch = page.get_by_role("button", name="长辈版")
    assert switch.get_attribute("aria-pressed") == "false"
    switch.click()
    page.reload()
    expect(switch).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("getComputedStyle(document.body).fontSize") == "20px"
    switch.click()
    page.reload()
    expect(switch).to_have_attribute("aria-pressed", "false")


def test_the_elder_version_shows_three_things_at_once(open_page: OpenPage) -> None:
    page = open_page(elder=True)
    expect(page.locator("#starters button:visible")).to_have_count(3)
    answer = say(page, "books")
    expect(answer.locator("button.pick:visible")).to_have_count(3)
    answer.get_by_role("button", name="还有 2 个").click()
    expect(answer.locator("button.pick:visible")).to_have_count(5)
    expect(answer.locator("button.pick").nth(3)).to_be_focused()
    expect(say(page, "survey").locator("button.choice:not(.others):visible")).to_have_count(3)


@pytest.mark.parametrize("height", [420, 640])
def test_the_composer_stays_in_sight_on_a_small_screen(open_page: OpenPage, height: int) -> None:
    page = open_page(width=360, height=height, elder=True)
    say(page, "books")
    expect(page.get_by_role("button", name="发送", exact=True)).to_be_in_viewport(ratio=1)
    expect(page.locator("#log .message").last).to_be_in_viewport()


def test_a_long_answer_is_read_from_its_beginning(open_page: OpenPage) -> None:
    page = open_page(width=360, height=500)
    say(page, "loans")
    answer = say(page, "books")
    expect(answer.get_by_text("找到 12 种，先看这 5 种", exact=False).last).to_be_in_viewport()


FORM = {"token": "abc", "expires_at": NOW, "values": {"card": "D0001"}, "districts": ["姑苏区", "工业园区"]}
FORMS = {
    "bind_card": FORM | {"error": "读者证号或密码不对。", "field": "pin"},
    "add_address": FORM | {"error": "现在办不了。", "field": None},
    "done": {"purpose": "bind_card", "display_name": "王读者"},
    "expired": {},
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", FORMS)
def test_one_time_forms_have_large_type_too(
    open_page: OpenPage, server: ChatServer, name: str, scheme: str
) -> None:
    page = open_page(width=360, color_scheme=scheme)
    page.goto(f"{server.url}/forms-of-test/{name}")
    assert_readable(measure(page, font=ELDER_FONT, target=ELDER_TARGET), at_least=3)
    for field in page.locator("input, select").all():
        label = page.locator(f"label[for={field.get_attribute('id')}]")
        expect(field).to_have_accessible_name(label.inner_text())
    if name == "bind_card":
        wrong = page.get_by_label("密码")
        expect(wrong).to_be_focused()
        expect(wrong).to_have_accessible_description("读者证号或密码不对。")
        expect(page.get_by_label("读者证号")).to_have_value("D0001")


@pytest.fixture
def server(talk: Talk) -> Any:
    """The chat server with the one-time forms rendered as they are, without the logic behind them."""
    router = APIRouter()
    folder = Path(routes.__file__).parent / "templates"
    templates = environment(folder, html=True)

    @router.get("/forms-of-test/{name}")
    def form(name: str) -> HTMLResponse:
        html = templates.get_template(f"{name}.html").render(FORMS[name])
        return HTMLResponse(html, headers=pages.SECURITY_HEADERS)

    running = ChatServer(talk, pages.router, router)
    running.start()
    yield running
    running.stop()
