"""What recognisers make of sentences, and what was meant; distances of sounds."""

from collections.abc import Sequence

import pytest

from bot.voice.correction import PLAIN, Corrector
from bot.voice.lexicon import Book, author_names, main_title
from bot.voice.sounds import apart, whole, within
from integrations.search.tantivy_index.phonetics import syllables

BOOKS = (
    Book("活着", "余华"),
    Book("三体（全三册）", "刘慈欣"),
    Book("平凡的世界", "路遥"),
    Book("百年孤独", "[哥伦比亚] 加西亚·马尔克斯 著"),
    Book("红楼梦", "曹雪芹"),
)
PLACES = ("湖东邻里中心自助柜", "狮山文化广场自助柜", "人民路分馆")


@pytest.fixture(scope="module")
def corrector() -> Corrector:
    return Corrector(syllables, lambda: PLACES, lambda text: BOOKS)


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        (["我想借漁華的活著", "我想借余华的活针"], "我想借余华的《活着》"),
        (["我想借鱼花的活这。"], "我想借余华的《活着》"),
        (["有没有身体?", "有没有三体?"], "有没有《三体》"),
        (["世界平凡的世界", "續界平凡的世界"], "续借《平凡的世界》"),
        (["帮我续街百年估毒"], "帮我续借《百年孤独》"),
        (["有没有馬爾克絲的书"], "有没有马尔克斯的书"),
        (["红楼墨有没有大自版的"], "《红楼梦》有没有大字版的"),
        (["送到湖東林里中心的櫃子"], "送到湖东邻里中心的柜子"),
        (["宋道狮山文化广场"], "送到狮山文化广场"),
        (["劝院下单"], "确认下单"),
        (["我的取充碼是多少"], "我的取书码是多少"),
        (["把第三本取掉"], "把第三本去掉"),
        (["附近有哪些最珍贵？"], "附近有哪些自助柜"),
        (["徐姐"], "续借"),
    ],
)
def test_what_was_meant(corrector: Corrector, heard: Sequence[str], meant: str) -> None:
    corrected = corrector.correct(heard)

    assert corrected.text == meant
    assert corrected.cost < PLAIN


@pytest.mark.parametrize(
    "said",
    ["今天天气怎么样", "我要投诉你们柜子打不开", "有没有挪威的森林", "我叫王小明", "hello", "喂羊的书"],
)
def test_what_is_not_known_stays(corrector: Corrector, said: str) -> None:
    assert corrector.correct([said]).text == said


def test_pauses_stay_and_final_marks_go(corrector: Corrector) -> None:
    assert corrector.correct(["今天下雨，我来不了。"]).text == "今天下雨，我来不了"


def test_what_is_said_while_thinking_is_left_out(corrector: Corrector) -> None:
    assert corrector.correct(["嗯，我想借书"]).text == "我想借书"
    assert corrector.correct(["嗯"]).text == "嗯"


def test_choices_draw_a_short_answer_to_them(corrector: Corrector) -> None:
    assert corrector.correct(["第二杯。", "第二位。"], choices=["活着", "兄弟"]).text == "第二本"
    assert corrector.correct(["雄地"], choices=["活着", "兄弟"]).text == "兄弟"


def test_nothing_said_is_nothing(corrector: Corrector) -> None:
    assert corrector.correct(["。。"]).text == ""


def test_names_as_they_are_called() -> None:
    assert author_names("[哥伦比亚] 加西亚·马尔克斯 著；范晔 译") == ["加西亚·马尔克斯", "马尔克斯", "范晔"]
    assert author_names("(美) 海明威") == ["海明威"]
    assert main_title("明朝那些事儿（壹）：洪武大帝") == "明朝那些事儿"
    assert main_title("三体 II 黑暗森林") == "三体"


# --- sounds ---


@pytest.mark.parametrize(
    ("near", "far"),
    [
        (("zhi", "zi"), ("zhi", "ma")),
        (("nan", "lan"), ("nan", "kan")),
        (("fei", "hui"), ("fei", "dou")),
        (("jin", "jing"), ("jin", "jia")),
        (("an", "ang"), ("an", "ou")),
        (("lv", "li"), ("lv", "la")),
        (("zhen", "zhe"), ("zhen", "zhua")),
        (("yu", "yi"), ("yu", "ya")),
    ],
)
def test_what_is_taken_for_another_is_near(near: tuple[str, str], far: tuple[str, str]) -> None:
    assert 0 < apart(*near) < 0.25 < apart(*far) <= 1
    assert apart(*near) == apart(*reversed(near))


def test_every_syllable_can_be_measured() -> None:
    spoken = {syllable for char in map(chr, range(0x4E00, 0x9FA6)) for syllable in syllables(char)}

    assert all(0 <= apart(one, "zhuang") <= 1 for one in spoken)
    assert sum(apart(one, "ma") == 1.0 for one in spoken) < len(spoken) / 10


def test_a_chunk_is_found_where_it_begins() -> None:
    text = ["wo", "xiang", "jie", "ping", "fan", "de", "shi", "jie"]

    assert within(["ping", "fan", "de", "shi", "jie"], text, 3, 0.5)[-1] == (8, 0.0)
    assert within(["ping", "fan", "de", "shi", "jie"], text, 2, 0.5) == []
    assert whole(["ping", "fan"], ["pin", "huan"]) < 0.4
    assert whole(["ping", "fan"], ["ping", "fan", "de", "shi", "jie"], 1.0) == float("inf")
