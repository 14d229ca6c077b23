"""A real browser on the chat page, against a small server that keeps the chat API's rules."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from bot.channels.web import pages
from tests.fakes.chat_api import ChatServer, Talk
from tests.web.samples import EVERY_KIND

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
PATIENCE_MS = 10_000

OpenPage = Callable[..., Page]
Launch = Callable[..., Browser]


@pytest.fixture(scope="package")
def launch() -> Iterator[Launch]:
    """Starts browsers, for this folder and not for the whole session: meanwhile async tests cannot run."""
    with sync_playwright() as playwright:
        installed = shutil.which("chromium") or shutil.which("google-chrome")
        path = installed or playwright.chromium.executable_path
        if not Path(path).exists():
            pytest.skip("no browser here: install chromium, or run `playwright install chromium`")
        yield lambda *flags: playwright.chromium.launch(executable_path=path, args=[*FLAGS, *flags])


@pytest.fixture(scope="package")
def browser(launch: Launch) -> Iterator[Browser]:
    """One browser for this folder."""
    launched = launch()
    yield launched
    launched.close()


@pytest.fixture
def talk() -> Talk:
    """A library that shows a reply of each kind to whoever says its name."""
    return Talk(says={name: [reply] for name, reply in EVERY_KIND.items()})


@pytest.fixture
def server(talk: Talk) -> Iterator[ChatServer]:
    running = ChatServer(talk, pages.router)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def open_page(browser: Browser, server: ChatServer) -> Iterator[OpenPage]:
    """open_page(width=…, elder=…, **context options) → the chat page.

    Any error in its console fails the test, except those about requests that the test lets fail
    (`expect_failures=True`).
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_one(*, width: int = 390, height: int = 780, elder: bool = False, expect_failures: bool = False,
                 **options: Any) -> Page:  # fmt: skip
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", reduced_motion="reduce", **options
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(f"{error.name}: {error.message}"))
        page.on(
            "console",
            lambda message: (
                problems.append(message.text)
                if message.type in ("error", "warning")
                and not (expect_failures and message.text.startswith("Failed to load resource"))
                else None
            ),
        )
        page.goto(f"{server.url}/chat{'?elder=1' if elder else ''}")
        page.get_by_role("button", name="有什么新书？").or_(page.locator(".message")).first.wait_for()
        return page

    yield open_one
    for context in contexts:
        try:
            context.close()
        except Error as error:
            problems.append(str(error))
    assert problems == []
