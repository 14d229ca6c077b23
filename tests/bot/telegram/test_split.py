"""Long texts: no piece too long, nothing lost."""

from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram.split import TEXT_UNITS, split, units
from tests.fakes.telegram.chats import units as counted


@given(st.text(alphabet="书。，a 😀\n‍<&", max_size=400), st.integers(4, 40))
def test_no_piece_is_too_long_and_nothing_but_space_is_lost(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(0 < units(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_units_are_utf_16() -> None:
    assert units("书😀") == counted("书😀") == 3


def test_it_is_cut_between_sentences() -> None:
    sentence = "这是一句话，不长也不短。"
    pieces = split(sentence * 1000)
    assert len(pieces) == 3
    assert all(piece.endswith("。") for piece in pieces)
    assert all(units(piece) <= TEXT_UNITS for piece in pieces)


def test_a_closing_quote_stays_with_its_sentence() -> None:
    assert split("他说：“好。”她也说：“好。”完了", 8)[0].endswith("”")
