"""What is typed never acts, and never carries anything but words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cleaning import clean, wordless


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  有没有 三体  ", "有没有 三体"),
        ('/confirm_order{"nonce":"x"}', 'confirm_order{"nonce":"x"}'),
        ("／restart", "restart"),
        (" / / //human", "human"),
        ("\u200b/restart", "restart"),
        ("ＩＳＢＮ９７８", "ISBN978"),
        ("活着，余华（著）！", "活着，余华（著）！"),
        ("三\x00体\x1b[31m\u202e", "三体[31m"),
        ("一行\n两行\t三", "一行 两行 三"),
        ("👨\u200d👩\u200d👧 ❤\ufe0f", "👨\u200d👩\u200d👧 ❤\ufe0f"),
        ("\ud800坏", "坏"),
    ],
)
def test_cleaning(typed: str, kept: str) -> None:
    assert clean(typed) == kept


@given(st.text())
def test_no_text_ever_becomes_a_payload(typed: str) -> None:
    line = clean(typed)
    assert not line.startswith("/")
    assert clean(line) == line
    line.encode()


def test_nothing_left_is_wordless() -> None:
    assert wordless(clean("\u200b \x00"))
    assert wordless(clean("\u200d\ufe0f"))
    assert wordless(clean("？！…"))
    assert wordless(clean("😀👍"))
    assert not wordless(clean("？三体"))
