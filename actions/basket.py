"""The basket: choose a title, add, show, remove, empty."""

import re
from typing import Any

from actions._base import LibraryAction
from actions._books import book_data
from actions._pickup import ask_pickup, named_method, named_points
from actions._questions import question
from actions._talk import Talk, choice
from actions.search_books import WEAK, search, tell, tell_nothing
from lending.catalogue.model import Match, Title
from lending.catalogue.picking import picked
from lending.errors import Code, LendingError
from lending.orders.model import Basket, BasketLine, Method

THIS_ONE = re.compile(r"[这那就][一]?[本个册]|就它|它|这书")
"""Points at a title without saying which: the first one listed."""

CLEAR_MATCHES = {Match.EXACT_TITLE, Match.ISBN, Match.AUTHOR_TITLE}


class SelectItem(LibraryAction):
    """“第二本”, a pressed title, “那本余华的”: the title is chosen and goes into the basket."""

    action_name = "action_select_item"

    def act(self, talk: Talk) -> None:
        titles = chosen(talk)
        if titles:
            put_in_basket(talk, titles)
        else:
            talk.say("utter_which_book" if talk.slot("shown") else "utter_ask_search_words")


class AddToBasket(LibraryAction):
    """“借这本”, “第一本和第三本都要”, “把活着加到书单”."""

    action_name = "action_add_to_basket"

    def act(self, talk: Talk) -> None:
        titles = chosen(talk)
        if titles:
            put_in_basket(talk, titles)
            return
        page = search(talk, talk.text) if talk.text else None
        if page is None or not page.hits or page.confidence < WEAK:
            talk.say("utter_which_book" if talk.slot("shown") else "utter_ask_search_words")
        elif page.hits[0].match in CLEAR_MATCHES and page.total == 1:
            put_in_basket(talk, [page.hits[0].title])
        else:
            from lending.catalogue.model import Filters

            tell(talk, talk.text, page, Filters())


class BookDetails(LibraryAction):
    """Look at one title: who wrote it, what it is about, where a copy lies."""

    action_name = "action_book_details"

    def act(self, talk: Talk) -> None:
        titles = chosen(talk)
        if not titles and talk.text:
            page = search(talk, talk.text)
            titles = [page.hits[0].title] if page.hits and page.confidence >= WEAK else []
        if titles:
            show_book(talk, titles[0])
        elif talk.slot("shown"):
            talk.say("utter_which_book")
        else:
            tell_nothing(talk)


class ShowBasket(LibraryAction):
    """What lies in the basket."""

    action_name = "action_show_basket"

    def act(self, talk: Talk) -> None:
        show_basket(talk, talk.library.baskets.get(talk.conversation))


class RemoveFromBasket(LibraryAction):
    """“第二本不要了”, “把活着去掉”."""

    action_name = "action_remove_from_basket"

    def act(self, talk: Talk) -> None:
        basket = talk.library.baskets.get(talk.conversation)
        if not basket.lines:
            raise LendingError(Code.BASKET_EMPTY)
        lines = _lines_named(talk, basket)
        if not lines:
            show_basket(talk, basket, "utter_remove_which")
            return
        for line in lines:
            basket = talk.library.baskets.remove(talk.conversation, line.title_id)
        _after_removal(talk, basket)


class ClearBasket(LibraryAction):
    """Empty the basket."""

    action_name = "action_clear_basket"

    def act(self, talk: Talk) -> None:
        talk.library.baskets.clear(talk.conversation)
        talk.say("utter_basket_cleared")


def chosen(talk: Talk) -> list[Title]:
    """Titles that the message picks: from a payload, from the list shown, or the one just looked at."""
    if (title := talk.number("title")) is not None:
        return [talk.library.catalogue.title(title)]
    shown = [int(item) for item in talk.slot("shown") or ()]
    titles = talk.library.catalogue.titles(shown) if shown else []
    places = picked(talk.text, [(title.title, title.author) for title in titles], talk.library.fold)
    if places:
        return [titles[place] for place in places]
    if talk.entity("query") or talk.entity("title") or talk.entity("author"):
        return []
    if talk.awaiting == "borrow":
        return [talk.library.catalogue.title(int(talk.about["title"]))]
    if focus := talk.slot("focus"):
        return [talk.library.catalogue.title(int(focus))]
    return titles[:1] if THIS_ONE.search(talk.text) else []


def put_in_basket(talk: Talk, titles: list[Title]) -> None:
    """Add what can be lent, offer a reservation for what can't, then ask for the pickup or go on."""
    out = [title for title in titles if not talk.library.catalogue.availability(title.id).on_shelf]
    taken = [title for title in titles if title not in out]
    for title in taken:
        _add(talk, title)
    if taken:
        basket = talk.library.baskets.get(talk.conversation)
        talk.set(focus=None)
        _tell_added(talk, taken, basket)
    if out and not taken:
        offer_reservation(talk, out[0])
    elif out:
        talk.say("utter_also_out", titles=[f"《{title.title}》" for title in out])


def _add(talk: Talk, title: Title) -> None:
    try:
        talk.library.baskets.add(talk.conversation, title.id)
    except LendingError as error:
        if error.code is not Code.ALREADY_IN_BASKET:
            raise


def _tell_added(talk: Talk, titles: list[Title], basket: Basket) -> None:
    from actions.place_order import show_summary

    if points := named_points(talk) if talk.text else []:
        talk.library.baskets.choose_pickup(talk.conversation, Method(points[0].kind), points[0].id)
        basket = talk.library.baskets.get(talk.conversation)
    names = "".join(f"《{title.title}》" for title in titles)
    if basket.method is not None and (
        named_points(talk) or named_method(talk) or talk.awaiting == "order_confirmation"
    ):
        show_summary(talk)
        return
    ask_pickup(talk, "utter_added_ask_pickup", titles=names, volumes=len(basket.lines))


def offer_reservation(talk: Talk, title: Title) -> None:
    """Every copy is out: the queue is the way out."""
    waiting = talk.library.catalogue.availability(title.id).waiting
    talk.say("utter_offer_reservation", title=title.title, title_id=title.id, waiting=waiting)
    talk.expect("reserve", title=title.id)


def show_book(talk: Talk, title: Title) -> None:
    """One title, with where its copies lie."""
    stock = talk.library.catalogue.availability(title.id)
    data = book_data(title, stock.on_shelf) | {
        "isbn": title.isbn13,
        "call_number": title.call_number,
        "summary": title.summary,
        "total": stock.total,
        "waiting": stock.waiting,
        "branches": [{"name": name, "available": count} for _, name, count in stock.by_branch],
    }
    response = "utter_book" if stock.on_shelf else "utter_book_out"
    talk.set(focus=title.id)
    talk.say(response, kind="book", data=data, title=title.title, title_id=title.id)
    talk.expect("borrow" if stock.on_shelf else "reserve", title=title.id)


def show_basket(talk: Talk, basket: Basket, response: str = "utter_basket") -> None:
    """The basket as a card; an empty one says how to fill it."""
    if not basket.lines:
        raise LendingError(Code.BASKET_EMPTY)
    lines = [{"id": str(line.title_id), "title": line.title, "author": line.author} for line in basket.lines]
    choices = [choice(line.title, "book_details", title=line.title_id) for line in basket.lines]
    talk.say(response, kind="basket", data={"lines": lines}, choices=choices, count=len(lines))


def _lines_named(talk: Talk, basket: Basket) -> list[BasketLine]:
    if (title := talk.number("title")) is not None:
        return [line for line in basket.lines if line.title_id == title]
    names = [(line.title, line.author) for line in basket.lines]
    places = picked(talk.text, names, talk.library.fold)
    if not places and len(basket.lines) == 1:
        places = [0]
    return [basket.lines[place] for place in places]


def _after_removal(talk: Talk, basket: Basket) -> None:
    if not basket.lines:
        talk.say("utter_basket_empty_now")
        return
    show_basket(talk, basket, "utter_removed")


@question("order_confirmation")
def _ask_order_again(talk: Talk, about: dict[str, Any]) -> None:
    from actions.place_order import show_summary

    show_summary(talk, "utter_resume_order")
