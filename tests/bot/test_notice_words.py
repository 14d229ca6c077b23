"""The words of notices: each kind its own, with a version that changes when they do."""

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from bot.notices import FOLDER, NoticeWords, print_of, words_file
from bot.telling import Teller
from lending.notices import Notice, NoticeKind
from lending.notices.rules import RULES
from lending.policy import Policy
from tests.bot.gateway import ROOT

WORDS = NoticeWords(Teller())
TABLE: dict[str, Any] = yaml.safe_load((FOLDER / "notices.yml").read_text("utf-8"))
POINT = {"id": "L1", "name": "东柜"}


def notice(kind: str, **data: Any) -> Notice:
    return Notice(1, "k", 1, None, kind, data, None, 0, "waiting", None)


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_words_that_changed_have_a_new_version(kind: NoticeKind) -> None:
    assert TABLE[kind]["print"] == print_of(kind), f"raise the version of {kind} and write this print"


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_every_earlier_version_stays_readable(kind: NoticeKind) -> None:
    for version in range(1, int(TABLE[kind]["version"])):
        assert words_file(kind, str(version)).is_file()
        assert WORDS.at_version(kind, str(version), {"number": "D1", "title": "活着", "days": 3})


def test_the_words_in_force_are_a_version_too() -> None:
    facts = {"title": "活着", "titles": ["活着"], "count": 1, "days": 0, "renewable": True}
    assert WORDS.at_version("loan_due", "2", facts) == Teller().notice("loan_due", facts)
    assert WORDS.at_version("loan_due", "99", facts) == ""


def test_every_kind_has_a_rule_and_words() -> None:
    assert set(TABLE) == set(RULES) == set(NoticeKind)


def test_an_unknown_kind_is_told_plainly() -> None:
    assert "D1" in WORDS.reply(notice("parade", number="D1")).text
    assert WORDS.version("parade") == "0"


def test_a_refused_line_offers_the_ways_it_carries() -> None:
    facts = {"number": "D1", "title_id": 7, "title": "活着", "reason": "missing", "waiting": 2}
    ways = {"reserve": True, "interlibrary": False, "editions": [{"title_id": 9, "title": "活着（大字版）"}]}
    reply = WORDS.reply(notice("order_refused_line", **facts, **ways))
    assert [(one.title, one.payload) for one in reply.choices] == [
        ("预约这本", '/reserve_this{"title":"7"}'),
        ("改借《活着（大字版）》", '/borrow_title{"title":"9"}'),
    ]
    assert "前面有 2 位在等" in reply.text
    assert "活着（大字版）" in reply.text


def test_a_title_that_is_not_ours_can_come_from_elsewhere() -> None:
    ways = {"reserve": False, "interlibrary": True, "editions": []}
    reply = WORDS.reply(notice("order_refused_line", number="D1", title_id=7, title="活着", **ways))
    assert [one.payload for one in reply.choices] == ["/request_ill", "/suggest_purchase"]


def test_several_loans_of_a_day_are_named_in_one_notice() -> None:
    facts = {"title": "活着", "titles": ["活着", "三体"], "count": 2, "days": 3, "renewable": False}
    text = WORDS.reply(notice("loan_due", due="2026-11-27T15:59:59+00:00", **facts)).text
    assert text.startswith("《活着》《三体》共 2 册还有 3 天到期（11月27日 周五）。")


@pytest.mark.parametrize("reason", ["unused", "courier"])
def test_a_failed_return_says_what_to_do(reason: str) -> None:
    facts = {"number": "R1", "titles": ["活着"], "reason": reason, "due": "2026-11-27T15:59:59+00:00"}
    reply = WORDS.reply(notice("return_failed", method="home", overdue=False, **facts))
    assert "《活着》还在您手上" in reply.text
    assert "11月27日" in reply.text
    assert "/return_books" in [one.payload for one in reply.choices]


def test_what_goes_by_sms_has_its_facts_as_text() -> None:
    until = datetime(2026, 11, 27, 10, 0, tzinfo=UTC).isoformat()
    facts = WORDS.sms(notice("order_available", number="D1", code="012345", point=POINT, until=until))
    assert facts == {"number": "D1", "place": "东柜", "code": "012345", "until": "11月27日 周五 18:00"}
    assert WORDS.sms(notice("order_found")) is None


def test_every_kind_that_policy_sends_by_sms_has_such_facts() -> None:
    policy = Policy.load(ROOT / "app" / "demo" / "policy.toml")
    assert {one.partition(".")[0] for one in policy.notices.sms_kinds} <= {
        kind for kind, about in TABLE.items() if "sms" in about
    }


def test_the_public_page_shows_announcements_and_closed_days() -> None:
    from bot.pages.routes import _pages

    told = [
        {"day": "2026-11-25", "place": "总馆", "hours": "", "text": "盘点"},
        {"day": "2026-11-26", "place": "", "hours": "10:00-16:00", "text": ""},
        {
            "title": "停电<b>",
            "text": "抢修。",
            "published_at": datetime(2026, 11, 23, 2, 0, tzinfo=UTC),
            "pause_from": datetime(2026, 11, 23, 4, 0, tzinfo=UTC),
            "pause_until": None,
            "emergency": "供电局通知",
        },
    ]
    page = _pages().get_template("notices.html").render(notices=told)
    for words in (
        "总馆 11月25日 周三 闭馆",
        "全馆 11月26日 周四 开放时间改为 10:00-16:00",
        "【紧急】停电&lt;b&gt;",
        "暂停服务：11月23日 周一 12:00起",
    ):
        assert words in page
    assert "供电局通知" not in page
