"""What features are computed from."""

import pytest

from nlu_components.normalise import FEATURE_CHARACTERS, bare, fold, for_features, number_alone, sounds


@pytest.mark.parametrize(
    ("said", "folded"),
    [
        ("我要借《紅樓夢》👍", "我要借《红楼梦》好的"),
        ("ＩＳＢＮ　９７８", "isbn 978"),
        ("还\u200b书\x00", "还书"),
        ("", ""),
    ],
)
def test_width_case_script_emoji_and_control_characters_are_folded(said: str, folded: str) -> None:
    assert fold(said) == folded


@pytest.mark.parametrize(
    ("said", "same"),
    [
        ("侬帮我寻寻《还书》，好伐", "你帮我找找《书》 好吗"),
        ("有冇呢本书", "有没有这本书"),
        ("第五本谁写的", "第二本谁写的"),
        ("978-7-5366-9293-0有吗", "书号有吗"),
        ("订单20250101到哪了", "订单编号到哪了"),
        ("？？？…", ""),
        ("好好好好好好", "好好"),
        ("我想借三体，我想借三体，我想借三体", "我想借《书》"),
        ("那个什么，我想看个书啊", "我想看个书啊"),
        ("小同志，请问几点开门", "几点开门"),
        ("姑娘，麻烦你了", "麻烦你了"),
        ("续借红楼梦和三国演义", "续借《书》和《书》"),
        ("水滸", "《书》"),
        ("books by Lu Xun", "books by 鲁迅"),
        ("额度还有多少", "额度还有多少"),
        ("<img src=x onerror=alert(1)>", "代码"),
        ("'; DROP TABLE readers; --", "代码 readers 代码"),
    ],
)
def test_what_does_not_change_the_meaning_is_made_the_same(said: str, same: str) -> None:
    assert for_features(said) == same


def test_politeness_alone_stays_what_was_said() -> None:
    assert [for_features(said) for said in ("嗯", "那个", "请问", "老师好")] == [
        "嗯",
        "那个",
        "请问",
        "老师好",
    ]


@pytest.mark.parametrize(
    ("said", "number"),
    [("5", 5), ("０。", 0), ("100", 100), ("第5", None), ("5本", None), ("9787536692930", None)],
)
def test_a_number_alone_is_told_from_words(said: str, number: int | None) -> None:
    assert number_alone(said) == number


def test_a_command_in_title_marks_is_only_a_book() -> None:
    assert for_features("《续借》") == for_features("<<取消订单>>") == for_features("《三体》")


def test_a_very_long_message_is_read_at_its_beginning() -> None:
    assert len(for_features("我想借三体，" * 400)) <= FEATURE_CHARACTERS


def test_what_a_speech_recogniser_confuses_sounds_the_same() -> None:
    assert sounds("取书吗") == sounds("取书码")
    assert sounds("你是") == sounds("里四")


def test_bare_texts_of_one_saying_are_equal() -> None:
    assert bare("续 借！") == bare("续借") == bare("續借。")
