"""Which of the titles shown a reader means: “第二本”, “最后一本”, “那本余华的”, “第一本和第三本”, “都要”."""

import re
from collections.abc import Callable, Sequence

DIGITS = {"一": 1, "二": 2, "两": 2, "俩": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
NUMERAL = r"(\d{1,2}|[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])"
ORDINAL = re.compile(
    rf"第\s*{NUMERAL}(?:\s*[本个册条项号种])?|(?<![\d一二三四五六七八九十]){NUMERAL}\s*号(?!线|楼)"
)
FROM_THE_END = re.compile(rf"倒数第?\s*{NUMERAL}")
LAST = re.compile(r"最后(?:一)?[本个册条项]|末尾那?[本个]|最下面(?:那)?[本个]|最底下")
ALL = re.compile(r"全部|全都|所有|都要|都借|都续|都还|都不要|统统|一起[借续还]|这些")
BARE = re.compile(rf"\s*(?:我?[要选借看]|就|要)?\s*{NUMERAL}\s*[。.!！、]?\s*")


def numeral(word: str) -> int:
    """1–99 from digits or Chinese numerals: "12" → 12, "十二" → 12, "二十" → 20; 0 when it is none."""
    if word.isdecimal():
        return int(word)
    if "十" not in word:
        return DIGITS.get(word, 0)
    tens, _, ones = word.partition("十")
    return DIGITS.get(tens, 1) * 10 + DIGITS.get(ones, 0)


def positions(text: str, count: int) -> list[int]:
    """Zero-based positions that a message names in a list of `count` items, in the order named; [] when none.

    A position outside the list is dropped: the caller asks again.
    """
    if count <= 0:
        return []
    if ALL.search(text):
        return list(range(count))
    found = [count - numeral(match.group(1)) for match in FROM_THE_END.finditer(text)]
    rest = FROM_THE_END.sub(" ", text)
    found += [numeral(match.group(1) or match.group(2)) - 1 for match in ORDINAL.finditer(rest)]
    if LAST.search(rest):
        found.append(count - 1)
    if not found and (bare := BARE.fullmatch(text)):
        found.append(numeral(bare.group(1)) - 1)
    return list(dict.fromkeys(place for place in found if 0 <= place < count))


def named(text: str, names: Sequence[Sequence[str]], fold: Callable[[str], str] = str.casefold) -> list[int]:
    """Zero-based positions of the items of which a name (title, author, place) stands in the message.

    names: for each item its names. What names more wins: “活着为了讲述” is not “活着”, “余华的活着” is
    not all of 余华's books.
    """
    folded = fold(text)
    hits = {place: _said(item, folded, fold) for place, item in enumerate(names)}
    said = [names_said for names_said in hits.values() if names_said]
    return [place for place, own in hits.items() if own and not any(_within(own, more) for more in said)]


def _said(item: Sequence[str], folded: str, fold: Callable[[str], str]) -> frozenset[str]:
    """The names of an item that stand in the message."""
    return frozenset(name for name in map(fold, filter(None, item)) if name and name in folded)


def _within(own: frozenset[str], more: frozenset[str]) -> bool:
    """Whether other names say all that these say, and more."""
    return _covered(own, more) and not _covered(more, own)


def _covered(own: frozenset[str], more: frozenset[str]) -> bool:
    return all(any(name in longer for longer in more) for name in own)


def picked(text: str, names: Sequence[Sequence[str]], fold: Callable[[str], str] = str.casefold) -> list[int]:
    """Positions first, names second."""
    return positions(text, len(names)) or named(text, names, fold)
