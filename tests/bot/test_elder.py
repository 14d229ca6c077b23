"""Elderly mode as a pure step, and replies as they are read out."""

import pytest

from bot.replies import Choice, Reply
from bot.telling import Teller
from bot.voice.elder import reshape
from bot.voice.speaking import number, speakable
from bot.voice.words import Said, answer, asks_for_something

TELLER = Teller()


def shaped(*replies: Reply) -> list[Reply]:
    return list(reshape(replies, TELLER).replies)


def choices(*titles: str) -> tuple[Choice, ...]:
    return tuple(Choice(title, f"/{at}") for at, title in enumerate(titles))


def test_codes_stand_digit_by_digit() -> None:
    assert "取书码：4 0 8 1 7 2" in shaped(Reply("order", "取书码：408172"))[0].text
    assert "订单 D20261123-0001" in shaped(Reply("order", "订单 D20261123-0001"))[0].text


def test_one_question_only() -> None:
    first, second = shaped(
        Reply("text", "开放时间", choices("甲")), Reply("text", "送到哪里", choices("乙", "丙"))
    )
    assert first.choices == ()
    assert [one.title for one in second.choices] == ["乙", "丙"]


def test_a_person_is_named_not_shown() -> None:
    reply = Reply("text", "想做什么？", (*choices("一", "二", "三"), Choice("找人工", "/human")))
    told = shaped(reply)[0]
    assert [one.title for one in told.choices] == ["一", "二", "三"]
    assert told.text.endswith("说“人工”。")


def test_two_ways_on_stay_two() -> None:
    reply = Reply("text", "没有听清", (Choice("再说一遍", "/say_again"), Choice("找人工", "/human")))
    assert shaped(reply)[0].choices == reply.choices


def test_what_is_not_shown_is_said_and_found() -> None:
    result = reshape([Reply("text", "哪个？", choices("甲", "乙", "丙", "去分馆"))], TELLER)
    assert "去分馆" in result.replies[0].text
    assert result.choices is not None
    assert [one["title"] for one in result.choices if one.get("hidden")] == ["去分馆"]


def test_links_only_where_they_are_needed() -> None:
    assert "http" not in shaped(Reply("text", "规则见 https://library.example/policy 。"))[0].text
    assert "http" in shaped(Reply("link", "请填：\nhttps://library.example/f/1"))[0].text


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "零"), (7, "七"), (10, "十"), (15, "十五"), (20, "二十"), (105, "一百零五"), (110, "一百一十"),
     (2026, "二千零二十六"), (10_000, "一万"), (10_500, "一万零五百"), (100_000, "幺，零，零，零，零，零")],
)  # fmt: skip
def test_numbers(value: int, said: str) -> None:
    assert number(value) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("取书码：4 0 8 1 7 2", "取书码：四，零，八，幺，七，二"),
        ("取书码：408172", "取书码：四，零，八，幺，七，二"),
        ("11月27日（周五）18:00 前", "十一月二十七日，周五，十八点 前"),
        ("开放 06:30–22:30", "开放 六点半到二十二点半"),
        ("运费 3.00 元，逾期 ¥0.10", "运费 三元，逾期 一角"),
        ("1.2 公里", "一点二 公里"),
        ("电话 0512-65226989", "电话 零，五，幺，二，六，五，二，二，六，九，八，九"),
        ("《活着》请看 https://x.example/a", "活着请看"),
    ],
)
def test_how_figures_are_read_out(text: str, said: str) -> None:
    assert speakable(Reply("text", text)) == said


def test_choices_are_read_out_with_their_numbers() -> None:
    assert (
        speakable(Reply("text", "送到哪里取？", choices("自助柜", "分馆")))
        == "送到哪里取？请说：一，自助柜；二，分馆。"
    )


def test_a_list_is_read_out_in_order_and_ends_in_time() -> None:
    said = speakable(
        Reply("books", "找到两本：\n1. 《活着》余华，在架 2 册\n2. 《许三观卖血记》余华，在架 1 册")
    )
    assert "第一，活着余华，在架 二 册" in said
    assert len(speakable(Reply("text", "很长的一句话。" * 100))) <= 200


@pytest.mark.parametrize(
    ("line", "said"),
    [("对", Said.YES), ("是的。", Said.YES), ("嗯，好的", Said.YES), ("不对", Said.NO),
     ("不是的", Said.NO), ("错了", Said.NO),
     ("再说一遍", Said.AGAIN), ("有没有三体", None), ("不要三体了", None), ("好书", None), ("", None)],
)  # fmt: skip
def test_yes_and_no(line: str, said: Said | None) -> None:
    assert answer(line) is said


@pytest.mark.parametrize(
    ("line", "asks"),
    [("借余华的活着", True), ("我想借三体", True), ("帮我借一本围城", True), ("能借几本", False),
     ("借书证怎么办", False), ("我借了什么", False),
     ("有没有三体", False), ("可以借多久", False)],
)  # fmt: skip
def test_what_wants_something_done(line: str, asks: bool) -> None:
    assert asks_for_something(line) is asks
