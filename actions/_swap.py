"""Corrections of what was chosen: “不是这本，是第三本”, “不要三体了，要活着”, “换成第二本”."""

import re
from dataclasses import dataclass

from actions._named import titles_named
from actions._pickup import named_method, named_points
from actions._talk import Talk
from lending.catalogue.model import Title
from lending.catalogue.picking import picked
from lending.orders.model import Basket, BasketLine

INSTEAD = re.compile(
    r"(?:我说的|我要的)?(?:不是|不要|别要|不借|不看|去掉)(?P<old>[^，,。；;！]*)[，,。；;！\s]+"
    r"(?:我?(?:还是)?(?:要的?是?|想要|想借|借|换成?|改成?|来|是|给我))(?P<new>.+)"
)
CHANGED_TO = re.compile(
    r"(?:帮我|给我|还是|我想|我要|错了|不对|[，,\s])*(?:换成|改成|换为|改为|换)(?P<new>.+)"
)
POINTED = re.compile(r"(?:[这那][一]?[本个册]?|它|书|了|的)*")
"""Names nothing: what was taken last is meant."""
OTHER_ONE = re.compile(r"^[一个]?(?:别的|其他|另外|一本|本)")


@dataclass(frozen=True)
class Swap:
    """What goes back and the words for what comes instead."""

    back: list[BasketLine]
    words: str


def swap(talk: Talk) -> Swap | None:
    """The correction that a message makes of the basket; None when it is none."""
    basket = talk.library.baskets.get(talk.conversation)
    instead = INSTEAD.fullmatch(talk.text.strip())
    match = instead or CHANGED_TO.fullmatch(talk.text.strip())
    if match is None or not basket.lines:
        return None
    words = match["new"].strip("。.!！ 吧呢啊")
    if named_points(talk) or named_method(talk) or OTHER_ONE.search(words):
        return None
    if instead is None and not (from_shown(talk, words) or titles_named(talk, words)):
        return None  # “换个地方”: no book is meant
    back = _lines_meant(talk, basket, match.groupdict().get("old") or "")
    return Swap(back, words)


def taken_last(talk: Talk, basket: Basket) -> list[BasketLine]:
    """The lines that the last choice put into the basket."""
    last = [int(item) for item in talk.slot("taken") or ()]
    return [line for line in basket.lines if line.title_id in last]


def take_back(talk: Talk, lines: list[BasketLine]) -> Basket:
    """Out of the basket; what is left."""
    basket = talk.library.baskets.get(talk.conversation)
    for line in lines:
        basket = talk.library.baskets.remove(talk.conversation, line.title_id)
    return basket


def from_shown(talk: Talk, words: str) -> list[Title]:
    """Titles of the list shown last that the words pick."""
    shown = [int(item) for item in talk.slot("shown") or ()]
    titles = talk.library.catalogue.titles(shown) if shown else []
    names = [(title.title, title.author, title.publisher) for title in titles]
    return [titles[place] for place in picked(words, names, talk.library.fold)]


def _lines_meant(talk: Talk, basket: Basket, words: str) -> list[BasketLine]:
    names = [(line.title, line.author) for line in basket.lines]
    places = picked(words, names, talk.library.fold) if words else []
    if places:
        return [basket.lines[place] for place in places]
    if words and not POINTED.fullmatch(words):
        return []
    return taken_last(talk, basket) or list(basket.lines[-1:])
