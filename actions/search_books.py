"""Search by title, author, subject or ISBN; filters, more, new books."""

import re
from dataclasses import replace
from typing import Any

from actions._base import LibraryAction
from actions._books import may_see_adult, page_size, show_books, unpack
from actions._named import titles_named, titles_wanted
from actions._questions import question
from actions._talk import Talk
from lending.catalogue.model import Filters, Match, SearchPage

SURE = 0.6
"""From this confidence on, a message that nobody understood is taken for a search."""

WEAK = 0.3
"""Below this confidence the hits have nothing to do with what was asked."""

NOT_A_QUERY = re.compile(
    r"我|们|想|要|找|借|查|搜索?|一?下|本|点|些|几|书籍?|图书|看看?|帮|请|给|有没有|有|什么|啥|的|吗|呢|吧|可以|能|不|好|个|来|"
    r"[\s，。？！、,.?!]"
)

UNSURE = {Match.TYPO, Match.PINYIN}


def search(talk: Talk, text: str, *, page: int = 1, filters: Filters = Filters()) -> SearchPage:  # noqa: B008
    """Search as this reader may see it."""
    return talk.library.catalogue.search(
        text, page=page, page_size=page_size(talk), filters=filters, include_adult=may_see_adult(talk)
    )


def newest(talk: Talk, filters: Filters, page: int = 1) -> SearchPage:
    """New books as this reader may see them."""
    return talk.library.catalogue.newest(page, page_size(talk), filters, may_see_adult(talk))


def tell(talk: Talk, text: str, page: SearchPage, filters: Filters) -> None:
    """Answer a search that found something."""
    if page.match in UNSURE and page.confidence < 0.9:
        show_books(talk, "utter_books_similar", page, filters=filters, text=text)
        return
    if page.total == 1 and page.hits[0].available:
        show_books(talk, "utter_one_book", page, filters=filters, text=text, **_facts(page))
        talk.expect("borrow", title=page.hits[0].title.id)
        return
    if page.total == 1:
        show_books(talk, "utter_one_book_out", page, filters=filters, text=text, **_facts(page))
        talk.expect("reserve", title=page.hits[0].title.id)
        return
    show_books(talk, "utter_books_found", page, filters=filters, text=text)


def _facts(page: SearchPage) -> dict[str, object]:
    return {"title": page.hits[0].title.title, "title_id": page.hits[0].title.id}


def tell_nothing(talk: Talk) -> None:
    """Nothing found: say so, with the ways out of clause 5.3."""
    talk.set(shown=None, focus=None, listing=None)
    talk.say("utter_books_none")


class SearchBooks(LibraryAction):
    """Find books; a bare title, author or ISBN is a search too."""

    action_name = "action_search_books"

    def act(self, talk: Talk) -> None:
        text = talk.entity("query") or talk.text
        if not NOT_A_QUERY.sub("", text):
            talk.say("utter_ask_search_words")
            return
        if _takes_at_once(talk):
            return
        filters = asked_filters(talk, text, Filters())
        page = search(talk, text, filters=filters)
        if page.confidence < WEAK or not page.hits:
            for name in ("title", "author", "isbn"):
                if hint := talk.entity(name):
                    page = search(talk, hint, filters=filters)
        if page.hits and (page.confidence >= WEAK or titles_named(talk, text)):
            tell(talk, text, page, filters)
        elif filters != Filters() and search(talk, text).hits:
            talk.set(listing={"text": text, "page": 1, "filters": {}})
            talk.say("utter_books_none_filtered")
        else:
            tell_nothing(talk)


def _takes_at_once(talk: Talk) -> bool:
    """“不要三体了，要活着”, “借三体，送到家”: said like a search, but the basket is meant."""
    from actions.basket import SENT, put_in_basket, swapped

    if swapped(talk):
        return True
    titles = titles_wanted(talk) if SENT.search(talk.text) else []
    if titles:
        put_in_basket(talk, titles)
    return bool(titles)


class NewBooks(LibraryAction):
    """New books, newest first."""

    action_name = "action_new_books"

    def act(self, talk: Talk) -> None:
        filters = asked_filters(talk, talk.text, Filters())
        page = newest(talk, filters)
        if not page.hits:
            tell_nothing(talk)
            return
        show_books(talk, "utter_new_books", page, filters=filters, text="")


class More(LibraryAction):
    """The next page of the last list."""

    action_name = "action_more"

    def act(self, talk: Talk) -> None:
        listing = talk.slot("listing")
        if not isinstance(listing, dict):
            talk.say("utter_nothing_more")
            return
        number, filters = int(listing["page"]) + 1, unpack(listing["filters"])
        text = str(listing["text"])
        page = search(talk, text, page=number, filters=filters) if text else newest(talk, filters, number)
        if page.hits:
            show_books(talk, "utter_books_page", page, filters=filters, text=text, page=number)
        else:
            talk.say("utter_nothing_more")


class WidenBooks(LibraryAction):
    """The last search again, without its filters."""

    action_name = "action_widen_books"

    def act(self, talk: Talk) -> None:
        listing = talk.slot("listing")
        text = str(listing["text"]) if isinstance(listing, dict) else ""
        page = search(talk, text) if text else None
        if page is None or not page.hits:
            talk.say("utter_nothing_more")
        else:
            show_books(talk, "utter_books_found", page, filters=Filters(), text=text)


class FilterBooks(LibraryAction):
    """Narrow the last search: available now, a branch, large print, children."""

    action_name = "action_filter_books"

    def act(self, talk: Talk) -> None:
        listing = talk.slot("listing")
        kept = listing if isinstance(listing, dict) else {"text": "", "filters": {}}
        filters = asked_filters(talk, talk.text, unpack(kept["filters"]))
        text = str(kept["text"])
        page = search(talk, text, filters=filters) if text else newest(talk, filters)
        if page.hits:
            show_books(talk, "utter_books_filtered", page, filters=filters, text=text)
        else:
            talk.say("utter_books_none_filtered")


def asked_filters(talk: Talk, text: str, base: Filters) -> Filters:
    """The filters named in a message or in a payload, on top of those in force."""
    wanted = base
    if talk.entity("available_now") or re.search(
        r"现在(就)?(能|可以)[借拿]|在馆|在架|有货|马上能|立刻能|能借到的|可借", text
    ):
        wanted = replace(wanted, available_now=True)
    if talk.entity("large_print") or re.search(r"大字|大号字|字大", text):
        wanted = replace(wanted, large_print=True)
    if talk.entity("children") or re.search(r"儿童|少儿|小孩|孩子|小朋友|童书|绘本|娃", text):
        wanted = replace(wanted, children=True)
    branches = [point for point in talk.library.points.named(text) if point.kind == "branch"] if text else []
    if branches and re.search(r"馆", text):
        wanted = replace(wanted, branch_id=branches[0].id)
    return wanted


@question("reserve")
def _ask_reserve_again(talk: Talk, about: dict[str, Any]) -> None:
    _ask_about_title(talk, "reserve", about)


@question("borrow")
def _ask_borrow_again(talk: Talk, about: dict[str, Any]) -> None:
    _ask_about_title(talk, "borrow", about)


def _ask_about_title(talk: Talk, name: str, about: dict[str, Any]) -> None:
    title = talk.library.catalogue.title(int(about["title"]))
    talk.say(f"utter_resume_{name}", title=title.title, title_id=title.id)
    talk.expect(name, **about)
