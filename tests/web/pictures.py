"""Takes the pictures of the README from a running system with the demo library (needs Chromium).

    make run                                          # in another terminal
    .venv/bin/python -m tests.web.pictures http://127.0.0.1:8000 docs/images

The order of the second picture is brought on by the demo's autopilot, so that one takes some minutes.
"""

import argparse
import shutil
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.web.conftest import FLAGS
from tests.web.screen import messages, said_by, say

CARD, PIN = "D0001", "1234"
SCREEN: ViewportSize = {"width": 390, "height": 820}
LONGEST_MS = 600_000
"""As long as the autopilot may take from an order to its locker."""
READY = "取书码"


def borrow(page: Page) -> None:
    """A search, its books, and the first of them chosen."""
    for words in ("有没有三体", "第一本"):
        say(page, words)


def follow(page: Page) -> None:
    """An order that lies ready, in large type."""
    bind(page)
    for words in ("有没有乡土中国", "要", "送到湖东邻里中心", "好的"):
        say(page, words)
    said_by(page, "library").filter(has_text=READY).first.wait_for(timeout=LONGEST_MS)
    say(page, "我的书到哪了")


def bind(page: Page) -> None:
    """As a mini-program does, by the API and with the page's own session; then the library greets."""
    say(page, "你好")
    session = page.evaluate("() => localStorage.getItem('shudi.session')")
    root = page.url.partition("/chat")[0]
    headers = {"Authorization": f"Bearer {session}"}
    body = {"card": CARD, "pin": PIN}
    before = messages(page).count()
    httpx.post(f"{root}/api/chat/bind", json=body, headers=headers, timeout=30).raise_for_status()
    messages(page).nth(before).wait_for(timeout=LONGEST_MS)


PICTURES = {"chat-borrow": (borrow, ""), "chat-elder": (follow, "?elder=1")}


def take(browser: Browser, url: str, name: str, folder: Path) -> None:
    """One PNG."""
    talk, query = PICTURES[name]
    page = browser.new_context(viewport=SCREEN).new_page()
    page.goto(f"{url}/chat{query}")
    talk(page)
    page.evaluate("() => document.activeElement.blur()")
    page.screenshot(path=folder / f"{name}.png")


def main() -> None:
    """Write the pictures asked for, all by default."""
    parser = argparse.ArgumentParser(description="Pictures of the README.")
    parser.add_argument("url", help="where the system answers, http://127.0.0.1:8000")
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", default=list(PICTURES))
    given = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for name in given.names:
            take(browser, given.url, name, given.folder)
        browser.close()


if __name__ == "__main__":
    main()
