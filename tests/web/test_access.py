"""Keyboard only, screen readers, input methods."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.fakes.chat_api import Talk
from tests.web.conftest import OpenPage
from tests.web.screen import composer, expect_focus_in_composer, said_by, say

pytestmark = pytest.mark.browser


def press_until_focused(page: Page, key: str, name: str, most: int = 20) -> None:
    target = page.get_by_role("button", name=name, exact=True)
    for _ in range(most):
        page.keyboard.press(key)
        if target.evaluate("(element) => element === document.activeElement"):
            return
    pytest.fail(f"{name} was not reached with {key}")


def test_a_whole_order_by_keyboard_alone(open_page: OpenPage, talk: Talk) -> None:
    page = open_page()
    expect_focus_in_composer(page)
    page.keyboard.type("books")
    page.keyboard.press("Enter")
    expect(said_by(page, "library")).to_have_count(1)
    expect_focus_in_composer(page)
    press_until_focused(page, "Shift+Tab", "更多")
    outline = page.evaluate("getComputedStyle(document.activeElement).outline")
    assert "solid 3px" in outline, "the focus is visible"
    page.keyboard.press("Enter")
    expect(said_by(page, "library")).to_have_count(2)
    expect_focus_in_composer(page)
    page.keyboard.type("draft")
    page.keyboard.press("Enter")
    expect(said_by(page, "library")).to_have_count(3)
    press_until_focused(page, "Shift+Tab", "确认下单")
    page.keyboard.press("Space")
    expect(said_by(page, "library")).to_have_count(4)
    expect_focus_in_composer(page)
    assert talk.handled == ["books", "/more", "draft", "/confirm_order"]


def test_everything_is_reached_by_tab_and_the_first_stop_skips_to_the_composer(open_page: OpenPage) -> None:
    page = open_page()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("Shift+Tab")
    skip = page.get_by_role("link", name="跳到输入框")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    for name in ("人工", "长辈版", "有什么新书？", "附近有自助柜吗？", "结束对话", "发位置"):
        press_until_focused(page, "Tab", name)
    page.keyboard.press("Tab")
    expect_focus_in_composer(page)
    page.evaluate("() => document.querySelector('.skip').focus()")
    page.keyboard.press("Enter")
    expect_focus_in_composer(page)


def test_shift_enter_is_a_new_line(open_page: OpenPage, talk: Talk) -> None:
    page = open_page()
    composer(page).press_sequentially("第一行")
    composer(page).press("Shift+Enter")
    composer(page).press_sequentially("第二行")
    assert talk.received == []
    composer(page).press("Enter")
    expect(said_by(page, "reader").locator(".bubble")).to_have_text("第一行\n第二行")


def test_enter_that_ends_a_composition_does_not_send(open_page: OpenPage, talk: Talk) -> None:
    page = open_page()
    devtools = page.context.new_cdp_session(page)
    composer(page).focus()
    devtools.send("Input.imeSetComposition", {"text": "santi", "selectionStart": 5, "selectionEnd": 5})
    page.evaluate(
        """() => {
            const enter = { key: "Enter", bubbles: true, cancelable: true };
            const field = document.querySelector("textarea");
            field.dispatchEvent(new KeyboardEvent("keydown", { ...enter, isComposing: true }));
            field.dispatchEvent(new KeyboardEvent("keydown", { ...enter, keyCode: 229 }));
        }"""
    )
    devtools.send("Input.insertText", {"text": "三体"})
    assert composer(page).input_value() == "三体"
    expect(said_by(page, "reader")).to_have_count(0)
    composer(page).press("Enter")
    expect(said_by(page, "library")).to_have_count(1)
    assert talk.handled == ["三体"]


def test_landmarks_names_and_language(open_page: OpenPage) -> None:
    page = open_page()
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    for role in ("banner", "main"):
        expect(page.get_by_role(role)).to_have_count(1)
    expect(page.get_by_role("form", name="跟图书馆说")).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_text("书递")
    log = page.get_by_role("log", name="对话")
    expect(log).to_have_attribute("aria-live", "polite")
    say(page, "books")
    say(page, "link")
    for control in page.locator("button:visible, a:visible, textarea, summary:visible").all():
        expect(control).to_have_accessible_name(re.compile(r"\S"))
    expect(said_by(page, "reader").first).to_have_text("您说：books")


def test_rows_to_look_at_only_are_not_offered_to_screen_readers(open_page: OpenPage) -> None:
    page = open_page()
    expect(say(page, "basket").locator("ol.rows")).to_have_attribute("aria-hidden", "true")
    expect(say(page, "books").get_by_role("listitem")).to_have_count(7)


def test_motion_is_left_out_for_who_asks(open_page: OpenPage) -> None:
    page = open_page()  # every test page asks for reduced motion
    page.route("**/api/chat/messages", lambda route: None)
    composer(page).fill("你好")
    composer(page).press("Enter")
    expect(page.locator("#typing")).not_to_be_empty()
    moves = "getComputedStyle(document.getElementById('typing'), '::before').animationName"
    assert page.evaluate(moves) == "none"


def test_the_elder_version_can_be_asked_for_by_address(open_page: OpenPage) -> None:
    page = open_page(elder=True)
    expect(page.get_by_role("button", name="长辈版")).to_have_attribute("aria-pressed", "true")
