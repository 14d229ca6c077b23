"""Which of the things shown a message means."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lending.catalogue.picking import named, numeral, picked, positions

BOOKS = [
    ("活着", "余华"),
    ("兄弟", "余华"),
    ("平凡的世界", "路遥"),
    ("活着为了讲述", "加西亚·马尔克斯"),
    ("Frankenstein", "Mary Shelley"),
]

CHINESE = "零一二三四五六七八九"


def written(number: int) -> str:
    """1–99 in Chinese: 12 → 十二, 20 → 二十."""
    tens, ones = divmod(number, 10)
    if not tens:
        return CHINESE[ones]
    return (CHINESE[tens] if tens > 1 else "") + "十" + (CHINESE[ones] if ones else "")


# --- numerals ---


@given(st.integers(1, 99))
def test_numerals_are_read_as_written(number: int) -> None:
    assert numeral(str(number)) == numeral(written(number)) == number


@pytest.mark.parametrize(("word", "value"), [("两", 2), ("俩", 2), ("一十二", 12), ("本", 0), ("", 0)])
def test_other_numerals(word: str, value: int) -> None:
    assert numeral(word) == value


# --- positions ---


@pytest.mark.parametrize(
    ("said", "places"),
    [
        ("第二本", [1]),
        ("第 2 本", [1]),
        ("2号", [1]),
        ("二号", [1]),
        ("2", [1]),
        ("二。", [1]),
        ("要2", [1]),
        ("我选三", [2]),
        ("就第三个吧", [2]),
        ("最后一本", [4]),
        ("最下面那本", [4]),
        ("倒数第二本", [3]),
        ("倒数第一本", [4]),
        ("第一本和第三本", [0, 2]),
        ("第三本，还有第一本", [2, 0]),
        ("第二本和第二本", [1]),
        ("第一本、倒数第一本", [4, 0]),
        ("都要", [0, 1, 2, 3, 4]),
        ("这些全部借", [0, 1, 2, 3, 4]),
    ],
)
def test_a_position_is_heard(said: str, places: list[int]) -> None:
    assert positions(said, 5) == places


@pytest.mark.parametrize(
    "said",
    [
        "",
        "第六本",
        "第0本",
        "倒数第六本",
        "9",
        "2本",
        "两本",
        "我要两本书",
        "地铁2号线",
        "12号楼",
        "三体",
        "13800000000",
        "9787506365437",
        "1984年",
    ],
)
def test_anything_else_names_no_position(said: str) -> None:
    assert positions(said, 5) == []


@given(st.text(), st.integers(-3, 40))
def test_a_position_is_never_out_of_range_and_never_named_twice(said: str, count: int) -> None:
    places = positions(said, count)
    assert all(0 <= place < count for place in places)
    assert len(places) == len(set(places))


SAID = st.lists(st.integers(1, 99), min_size=1, max_size=6)
COUNT = st.integers(1, 99)
WORDS: st.SearchStrategy[Callable[[int], str]] = st.sampled_from([str, written])


@given(SAID, COUNT, WORDS)
def test_positions_come_in_the_order_named(
    numbers: list[int], count: int, word: Callable[[int], str]
) -> None:
    said = "和".join(f"第{word(number)}本" for number in numbers)
    kept = [number - 1 for number in numbers if number <= count]
    assert positions(said, count) == list(dict.fromkeys(kept))


@given(st.integers(1, 99), COUNT, WORDS)
def test_counted_from_the_end(number: int, count: int, word: Callable[[int], str]) -> None:
    expected = [count - number] if number <= count else []
    assert positions(f"倒数第{word(number)}本", count) == expected


@given(st.integers(1, 99), COUNT, WORDS)
def test_a_bare_number_is_a_position(number: int, count: int, word: Callable[[int], str]) -> None:
    assert positions(word(number), count) == ([number - 1] if number <= count else [])


@given(COUNT)
def test_all_means_all_and_the_last_is_the_last(count: int) -> None:
    assert positions("都要", count) == list(range(count))
    assert positions("最后一本", count) == [count - 1]


# --- names ---


@pytest.mark.parametrize(
    ("said", "places"),
    [
        ("活着", [0]),
        ("要活着那本", [0]),
        ("活着为了讲述", [3]),
        ("那本路遥的", [2]),
        ("那本余华的", [0, 1]),
        ("frankenstein", [4]),
        ("三体", []),
        ("", []),
    ],
)
def test_a_name_is_heard_and_the_longer_one_wins(said: str, places: list[int]) -> None:
    assert named(said, BOOKS) == places


def test_names_are_compared_folded() -> None:
    assert named("活 着", BOOKS) == []
    assert named("活 着", BOOKS, lambda text: text.replace(" ", "")) == [0]


NAMES = st.lists(st.tuples(st.text(max_size=4), st.text(max_size=4)), max_size=6)


@given(st.text(max_size=20), NAMES)
def test_names_come_in_the_order_shown_and_are_in_the_message(
    said: str, names: list[tuple[str, str]]
) -> None:
    places = named(said, names)
    assert places == sorted(set(places))
    assert all(0 <= place < len(names) for place in places)
    assert all(any(name.casefold() in said.casefold() for name in names[place] if name) for place in places)


@given(NAMES.filter(len), st.data())
def test_a_title_said_alone_is_among_those_named(names: list[tuple[str, str]], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(names) - 1))
    title = names[place][0]
    if title.casefold():
        assert place in named(title, names)


# --- both ---


@pytest.mark.parametrize(
    ("said", "places"),
    [("第二本", [1]), ("那本路遥的", [2]), ("第二本活着", [1]), ("第九本活着", [0]), ("别的", [])],
)
def test_a_position_comes_before_a_name(said: str, places: list[int]) -> None:
    assert picked(said, BOOKS) == places


@given(st.text(max_size=20), NAMES)
def test_what_is_picked_exists_once(said: str, names: list[tuple[str, str]]) -> None:
    places = picked(said, names)
    assert len(places) == len(set(places))
    assert all(0 <= place < len(names) for place in places)


def test_nothing_is_picked_from_nothing() -> None:
    assert picked("第一本", []) == picked("都要", []) == []
