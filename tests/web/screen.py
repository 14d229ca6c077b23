"""What a test does on the page, in a reader's words."""

from playwright.sync_api import Locator, Page, expect

from tests.fakes.chat_api import ChatServer


def composer(page: Page) -> Locator:
    return page.get_by_role("textbox", name="您想说的话")


def messages(page: Page) -> Locator:
    return page.get_by_role("log").locator(".message")


def said_by(page: Page, side: str) -> Locator:
    """side: reader | library."""
    return page.get_by_role("log").locator(f".message.{side}")


def say(page: Page, text: str) -> Locator:
    """Type, press Enter, wait for the answer: the newest message of the library."""
    answers = said_by(page, "library")
    before = answers.count()
    composer(page).fill(text)
    composer(page).press("Enter")
    newest = answers.nth(before)
    newest.wait_for()
    return newest


def push(server: ChatServer, text: str, kind: str = "notice") -> None:
    """A message that comes by itself."""
    server.push({"kind": kind, "text": text}, "staff" if kind == "staff" else "library")


def hide(page: Page, hidden: bool) -> None:
    """Put the page into the background, or bring it back, as switching tabs does."""
    page.evaluate(
        """(hidden) => {
            Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def expect_focus_in_composer(page: Page) -> None:
    expect(composer(page)).to_be_focused()
