"""A card for every kind of reply: what is seen, what is read out, and that all of it stays text."""

from pathlib import Path

import pytest
import yaml
from playwright.sync_api import expect

from tests.fakes.chat_api import ChatServer, Talk
from tests.web.conftest import OpenPage
from tests.web.samples import BOOKS, EVERY_KIND, LINK, POINT, Reply, order
from tests.web.screen import messages, push, said_by, say

pytestmark = pytest.mark.browser
DOMAIN = Path(__file__).parents[2] / "domain"

SEEN = {
    "books": ["找到 12 种", "三体中的物理学", "李淼", "四川科学技术出版社 2015", "3 本可借", "都借出了"],
    "book": ["活着", "余华", "福贵的一生", "4 本可借", "姑苏分馆 3 本", "I247.57/8022"],
    "basket": ["书单", "2 本", "活着", "刘慈欣"],
    "points": ["湖东邻里中心自助柜", "现代大道 88 号", "约 1.2 公里", "06:30–22:30", "空格口 14 个"],
    "draft": ["到柜后保留 3 天", "借书单", "湖东邻里中心自助柜", "最晚"],
    "order": ["D20261123-0007", "在路上", "城南旧事", "没找到"],
    "ready": ["可以取了", "取书码", "482", "913", "保留到"],
    "home": ["D20261123-0009", "已下单", "工业园区…88号", "¥3.00", "送到"],
    "cancelled": ["已取消"],
    "orders": ["活着、三体", "D20261123-0007", "可以取了", "已下单"],
    "loans": ["平凡的世界", "过期 4 天", "点这里续借", "有人预约", "应还"],
    "link": ["填读者证", "前有效"],
    "notice": ["图书馆通知", "已放进", "取书码"],
    "survey": ["满意度调查", "第 3/10 题：自助柜的位置"],
    "staff": ["馆员", "我是馆员小陈"],
    "text": ["这句我没听懂"],
    "unknown": ["这是一条新版本才有的消息。"],
}


def test_every_kind_is_shown(open_page: OpenPage) -> None:
    page = open_page()
    assert SEEN.keys() == EVERY_KIND.keys()
    for name, parts in SEEN.items():
        answer = say(page, name)
        for part in parts:
            expect(answer.get_by_text(part).locator("visible=true").last).to_be_visible()


def test_screen_readers_hear_the_whole_message_once(open_page: OpenPage) -> None:
    page = open_page()
    for name, reply in EVERY_KIND.items():
        heard = say(page, name).evaluate(
            """(article) => {
                const copy = article.cloneNode(true);
                const unheard = "[aria-hidden=true], [aria-live=off], .choices, .others, .open .meta";
                for (const part of copy.querySelectorAll(unheard)) part.remove();
                return copy.textContent;
            }"""
        )
        speaker = "馆员说：" if name == "staff" else "书递说："
        words = reply["text"] if name != "link" else reply["text"].split("\n")[0]
        assert heard.removeprefix(speaker).removesuffix("填读者证") == words, name


def test_steps_show_how_far_an_order_is(open_page: OpenPage) -> None:
    page = open_page()
    answer = say(page, "order")
    expect(answer.locator(".steps .done")).to_have_count(3)
    expect(answer.locator(".steps .now")).to_have_text("路上")
    expect(say(page, "cancelled").locator(".steps")).to_have_count(0)
    expect(say(page, "home").locator(".steps li").last).to_have_text("送到")


def test_the_pickup_code_is_large_and_in_two_groups(open_page: OpenPage) -> None:
    digits = say(open_page(), "ready").locator(".digits")
    assert digits.locator("span").all_inner_texts() == ["482", "913"]
    assert digits.evaluate("(element) => parseFloat(getComputedStyle(element).fontSize)") >= 32


def test_a_form_opens_in_a_new_page_and_the_talk_goes_on(open_page: OpenPage, server: ChatServer) -> None:
    page = open_page(expect_failures=True)
    answer = say(page, "link")
    expect(answer.locator(".bubble")).not_to_contain_text("/forms/")
    with page.expect_popup() as opened:
        answer.get_by_role("link", name="填读者证").click()
    assert opened.value.url == f"{server.url}/forms/abc.def"
    assert opened.value.evaluate("window.opener") is None
    opened.value.close()
    push(server, "绑好了，我们接着下单。", kind="text")
    expect(messages(page).last).to_contain_text("绑好了")


def test_moments_are_told_in_the_time_of_china(open_page: OpenPage, talk: Talk) -> None:
    promised = order("draft", promised_by="2026-11-27T10:00:00+00:00")
    draft: Reply = {"kind": "order", "text": "请看", "data": promised}
    talk.says["几点"] = [draft]
    page = open_page(timezone_id="America/New_York")
    expect(say(page, "几点")).to_contain_text("11月27日 周五 18:00 前")
    draft["data"]["promised_by"] = "2026-11-27"
    expect(say(page, "几点")).to_contain_text("11月27日 周五")


STRANGE: Reply = {"books": 3, "orders": [None], "loans": "x", "points": {}, "lines": None}
EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>**[粗](javascript:alert(3))**"


def test_whatever_is_said_stays_text(open_page: OpenPage, talk: Talk) -> None:
    page = open_page()
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    book = BOOKS["data"]["books"][0] | {"title": EVIL, "author": EVIL}
    talk.says["坏"] = [
        {"kind": "books", "text": f"{EVIL}\n1. {EVIL}", "data": {"total": 1, "books": [book]},
         "choices": [{"title": EVIL, "payload": "/a"}, {"title": EVIL + "2", "payload": "/b"}]},
        {"kind": "order", "text": EVIL, "data": order(EVIL, number=EVIL, pickup_code=EVIL, promised_by=EVIL,
                                                      lines=[{"title": EVIL, "state": EVIL}])},
        {"kind": "pickup_points", "text": EVIL, "data": {"points": [POINT | {"name": EVIL}]}},
        {"kind": "staff", "text": EVIL},
    ]  # fmt: skip
    say(page, "坏")
    say(page, EVIL)
    expect(said_by(page, "library")).to_have_count(5)
    page.reload()
    expect(messages(page)).to_have_count(7)
    assert page.locator("#log script, #log img, #log a").count() == 0
    assert said_by(page, "reader").locator(".bubble").last.inner_text() == EVIL
    assert page.locator("#log .book .title").inner_text() == EVIL


def test_a_link_can_only_lead_to_a_web_page(open_page: OpenPage, talk: Talk) -> None:
    page = open_page()
    for url in ("javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "http://", 3, None):
        talk.says["link"] = [LINK | {"data": LINK["data"] | {"url": url}}]
        answer = say(page, "link")
        expect(answer).to_contain_text("这个链接打不开")
        expect(answer.locator("a")).to_have_count(0)


KINDS = ("books", "book", "basket", "pickup_points", "order", "orders", "loans", "survey", "notice")


@pytest.mark.parametrize("data", [None, {}, STRANGE], ids=["none", "empty", "strange"])
def test_data_of_another_shape_leaves_the_words(open_page: OpenPage, talk: Talk, data: Reply | None) -> None:
    page = open_page()
    for kind in KINDS:
        talk.says[kind] = [{"kind": kind, "text": "第一行\n1. 第二行", "data": data}]
        answer = say(page, kind)
        expect(answer).to_contain_text("第一行")
        expect(answer).to_contain_text("第二行")


def test_sentences_of_the_library_are_one_line() -> None:
    """Beside a card the page shows the first line only: it has to be the whole sentence."""
    for path in sorted(DOMAIN.glob("*.yml")):
        responses = yaml.safe_load(path.read_text(encoding="utf-8")).get("responses") or {}
        for name, variants in responses.items():
            for variant in variants:
                assert "\n" not in (variant.get("text") or "").strip(), f"{path.name}: {name}"
