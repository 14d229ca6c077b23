"""How the page and its files are served."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx import Client

from bot.channels.web import pages
from tests.fakes.chat_api import ChatServer


@pytest.fixture
def client(server: ChatServer) -> Iterator[Client]:
    with Client(base_url=server.url) as client:
        yield client


def test_the_page_may_run_its_own_files_only(client: Client) -> None:
    answer = client.get("/chat")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"
    assert not re.search(r"<style|style=|<script(?![^>]*src=)|\son\w+=|https?://", answer.text)
    assert "{{" not in answer.text


def test_every_file_the_page_names_is_there_and_kept_forever(client: Client) -> None:
    named = re.findall(r'(?:href|src)="(/chat/static/[^"]+)"', client.get("/chat").text)
    assert len(named) > 15
    for address in named:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["cache-control"]


def test_modules_import_only_each_other() -> None:
    for path in pages.PAGE.rglob("*.js"):
        for target in re.findall(r'from "([^"]+)"|import "([^"]+)"', path.read_text(encoding="utf-8")):
            assert (path.parent / (target[0] or target[1])).is_file(), f"{path.name} imports {target}"


def test_a_changed_file_has_a_new_address(tmp_path: Path) -> None:
    (tmp_path / "chat.html").write_text("{{static}}")
    (tmp_path / "main.js").write_text("1")
    before = pages.PageFiles(tmp_path)
    (tmp_path / "main.js").write_text("2")
    after = pages.PageFiles(tmp_path)
    assert before.version != after.version
    found = after.find(f"{before.version}/main.js")
    assert found is not None, "a page of the old version still finds its files"
    assert found[1] == "no-cache"


def test_plain_addresses_ask_whether_the_file_changed(client: Client) -> None:
    first = client.get("/chat/static/theme.css")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/chat/static/theme.css", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize(
    "address", ["../pages.py", "%2e%2e/pages.py", "chat.html", "none.js", "", "x/../api.py"]
)
def test_nothing_else_is_served(client: Client, address: str) -> None:
    assert client.get(f"/chat/static/{address}").status_code == 404


def test_words_for_readers_stand_in_one_module() -> None:
    spoken = re.compile(r'["`][^"`]*[\u4e00-\u9fff][^"`]*["`]')
    for path in pages.PAGE.rglob("*.js"):
        if path.name == "words.js":
            continue
        code = re.sub(r"/\*.*?\*/|//.*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not [text for text in spoken.findall(code) if len(text) > 4], path.name
