"""Takes the pictures of the README: `python -m tests.web.pictures docs/images` (needs Chromium)."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bot.channels.web import pages
from tests.fakes.chat_api import ChatServer, Reply, Talk
from tests.web.conftest import FLAGS
from tests.web.samples import BOOKS, DRAFT, POINTS, READY
from tests.web.screen import say

HELLO: Reply = {"kind": "text", "text": "好的，《三体》放进书单了。还要别的书吗？"} | {
    "choices": [
        {"title": "就这些，下单", "payload": "/place_order"},
        {"title": "再找一本", "payload": "/search"},
    ]
}
FOUR: Reply = BOOKS | {"data": {"total": 12, "books": BOOKS["data"]["books"][:4]}}
FOUR["choices"] = [*BOOKS["choices"][:4], *BOOKS["choices"][5:]]
FOUR["text"] = "找到 12 种，先看这 4 种："
SCRIPT: dict[str, Reply] = {
    "有没有三体": FOUR,
    "第一本": HELLO,
    "下单": POINTS,
    "湖东邻里中心": DRAFT,
    "我的书到哪了": READY,
}


def borrow(page: Page) -> None:
    for words in ("有没有三体", "第一本"):
        say(page, words)


def follow(page: Page) -> None:
    say(page, "我的书到哪了")


PICTURES = {"chat-borrow": (borrow, 390, 820, ""), "chat-elder": (follow, 390, 820, "?elder=1")}


def main(folder: Path) -> None:
    """Write one PNG a picture into `folder`."""
    server = ChatServer(Talk(says={words: [reply] for words, reply in SCRIPT.items()}), pages.router)
    server.start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for name, (talk, width, height, query) in PICTURES.items():
            page = browser.new_context(viewport={"width": width, "height": height}).new_page()
            page.goto(f"{server.url}/chat{query}")
            talk(page)
            page.evaluate("() => document.activeElement.blur()")
            page.screenshot(path=folder / f"{name}.png")
        browser.close()
    server.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
