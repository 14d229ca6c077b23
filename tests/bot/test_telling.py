"""Bodies of replies and notices in words."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.replies import KINDS
from bot.telling import TEMPLATES, Teller, day, money, when
from lending.notices.kinds import NoticeKind

ORDER = {
    "number": "D1",
    "state": "in_transit",
    "method": "locker",
    "promised_by": "2026-11-27T18:00:00+08:00",
    "lines": [
        {"title": "活着", "state": "found"},
        {"title": "兄弟", "state": "refused", "reason": "all_out"},
    ],
    "pickup_point": {"name": "湖东邻里中心柜"},
}


def test_times_days_and_money() -> None:
    assert when(datetime(2026, 11, 27, 10, 0, tzinfo=UTC)) == "11月27日 周五 18:00"
    assert when("2026-11-27T18:00:00+08:00") == "11月27日 周五 18:00"
    assert when("下午") == "下午"
    assert day("2026-11-27") == day(date(2026, 11, 27)) == "11月27日 周五"
    assert money(300) == "¥3.00"
    assert money(-5) == "-¥0.05"


def test_an_order_in_words() -> None:
    assert Teller().body("order", {**ORDER, "_said": ""}) == (
        "订单 D1：正在路上\n1. 《活着》\n2. 《兄弟》（没能借到：都借出去了）\n"
        "取书方式：自助柜，湖东邻里中心柜\n最晚送到：11月27日 周五 18:00"
    )


def test_what_the_sentence_says_is_not_said_again() -> None:
    said = "订单 D1 在路上了，最晚周五到湖东邻里中心柜。"
    assert Teller().body("order", {**ORDER, "_said": said}).splitlines() == [
        "1. 《活着》",
        "2. 《兄弟》（没能借到：都借出去了）",
    ]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_kind_breaks_on_missing_facts(kind: str) -> None:
    assert isinstance(Teller().body(kind, {}), str)


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_every_notice_has_its_own_words(kind: NoticeKind) -> None:
    assert (TEMPLATES / "notices" / f"{kind}.j2").is_file()
    assert Teller().notice(kind, {})


def test_no_template_without_a_notice() -> None:
    names = {path.stem for path in Path(TEMPLATES / "notices").glob("*.j2")}
    assert names == {*map(str, NoticeKind), "_default"}


def test_a_notice_names_code_place_and_time() -> None:
    facts = {
        "number": "D1",
        "method": "locker",
        "code": "123456",
        "point": "东柜",
        "until": "2026-11-27T18:00:00+08:00",
    }
    assert Teller().notice("order_available", facts) == (
        "订单 D1 到了，在东柜。\n取书码：123456\n请在 11月27日 周五 18:00 前取书。"
    )
