"""The basket: choose a title, add, show, remove, empty."""

import re

from actions._base import LibraryAction
from actions._books import book_data, may_see_adult, show_books
from actions._named import titles_named, titles_wanted
from actions._pickup import REFUSED, ask_pickup, named_method, named_points
from actions._summary import show_summary
from actions._swap import Swap, from_shown, swap, take_back, taken_last
from actions._talk import Talk, choice
from actions.search_books import WEAK, search, tell, tell_nothing
from lending.catalogue.model import Filters, Match, Title
from lending.catalogue.picking import picked, positions
from lending.errors import Code, LendingError
from lending.orders.model import Basket, BasketLine

THIS_ONE = re.compile(r"[这那就][一]?[本个册]|就它|它|这书")
"""Points at a title without saying which: the first one listed."""

SENT = re.compile(r"送|寄|取书|去取|来取|馆取|自取|自提")
"""The message says how to take the books too."""

CLEAR_MATCHES = {Match.EXACT_TITLE, Match.ISBN, Match.AUTHOR_TITLE}


class SelectItem(LibraryAction):
    """“第二本”, a pressed title, “那本余华的”: the title is chosen and goes into the basket."""

    action_name = "action_select_item"

    def act(self, talk: Talk) -> None:
        if swapped(talk) or _line_of_summary(talk):
            return
        titles = chosen(talk)
        if titles:
            put_in_basket(talk, titles)
        else:
            ask_which(talk)


class AddToBasket(LibraryAction):
    """“借这本”, “第一本和第三本都要”, “把活着加到书单”."""

    action_name = "action_add_to_basket"

    def act(self, talk: Talk) -> None:
        if swapped(talk):
            return
        titles = chosen(talk) or (titles_wanted(talk) if SENT.search(talk.text) else [])
        if titles:
            put_in_basket(talk, titles)
        else:
            _take_or_tell(talk, talk.text)


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
        if swapped(talk):
            return
        if _other_place(talk, basket):
            return
        if lines := _lines_named(talk, basket):
            _after_removal(talk, take_back(talk, lines))
        else:
            show_basket(talk, basket, "utter_remove_which")


class ClearBasket(LibraryAction):
    """Empty the basket."""

    action_name = "action_clear_basket"

    def act(self, talk: Talk) -> None:
        talk.library.baskets.clear(talk.conversation)
        talk.say("utter_basket_cleared")


def _line_of_summary(talk: Talk) -> bool:
    """“第二本” below the summary of an order is its second line: say what can be done with it."""
    if talk.awaiting != "order_confirmation" or not talk.text:
        return False
    lines = talk.library.baskets.get(talk.conversation).lines
    places = positions(talk.text, len(lines))
    if len(places) == 1:
        line, nonce = lines[places[0]], talk.about.get("nonce")
        talk.say("utter_line_of_summary", title=line.title, title_id=line.title_id, nonce=nonce)
        talk.expect("order_confirmation", nonce=nonce)
    return len(places) == 1


def chosen(talk: Talk) -> list[Title]:
    """Titles that the message picks: from a payload, from the list shown, or the one just looked at."""
    if (title := talk.number("title")) is not None:
        return [talk.library.catalogue.title(title)]
    if titles := from_shown(talk, talk.text):
        return titles
    if talk.entity("query") or talk.entity("title") or talk.entity("author"):
        return []
    if talk.awaiting == "borrow":
        return [talk.library.catalogue.title(int(talk.about["title"]))]
    if focus := talk.slot("focus"):
        return [talk.library.catalogue.title(int(focus))]
    shown = [int(item) for item in talk.slot("shown") or ()]
    return talk.library.catalogue.titles(shown[:1]) if shown and THIS_ONE.search(talk.text) else []


def swapped(talk: Talk) -> bool:
    """“不是这本，是第三本”: take one back, put the other in. False when the message says no such thing."""
    correction = swap(talk)
    if correction is not None:
        exchange(talk, correction)
    return correction is not None


def exchange(talk: Talk, correction: Swap) -> None:
    """Carry a correction out: what it picks from the list shown, else what its words find."""
    titles = from_shown(talk, correction.words)
    take_back(talk, correction.back)
    if titles:
        put_in_basket(talk, titles)
    else:
        _take_or_tell(talk, correction.words)


def ask_which(talk: Talk) -> None:
    """Nothing fits: ask which of the books shown, or what to look for."""
    talk.say("utter_which_book" if talk.slot("shown") else "utter_ask_search_words")


def _take_or_tell(talk: Talk, text: str) -> None:
    """A title that there is once only goes into the basket; else the editions are told."""
    page = search(talk, text) if text else None
    if page is not None and page.total == 1 and (page.match in CLEAR_MATCHES or titles_named(talk, text)):
        _take_or_ask_volume(talk, page.hits[0].title)
    elif page is not None and page.hits and (page.confidence >= WEAK or titles_named(talk, text)):
        tell(talk, text, page, Filters())
    else:
        ask_which(talk)


def _take_or_ask_volume(talk: Talk, title: Title) -> None:
    """“三体” is also the beginning of 三体Ⅱ and 三体Ⅲ: ask which of them."""
    fold, page = talk.library.fold, search(talk, title.title)
    alike = [
        hit
        for hit in page.hits
        if hit.title.author == title.author and fold(hit.title.title).startswith(fold(title.title))
    ]
    if len(alike) > 1:
        show_books(talk, "utter_which_volume", page, filters=Filters(), text=title.title)
    else:
        put_in_basket(talk, [title])


def put_in_basket(talk: Talk, titles: list[Title]) -> None:
    """Add what can be lent, offer a reservation for what can't, then ask for the pickup or go on."""
    if any(title.adult_only for title in titles) and not may_see_adult(talk):
        raise LendingError(Code.ADULT_ONLY, titles=[title.title for title in titles if title.adult_only])
    out = [title for title in titles if not talk.library.catalogue.availability(title.id).on_shelf]
    taken = [title for title in titles if title not in out]
    new = [title for title in taken if _add(talk, title)]
    if taken:
        basket = talk.library.baskets.get(talk.conversation)
        talk.set(focus=None, taken=[title.id for title in new] or talk.slot("taken"))
        _forget_other_list(talk, taken)
        _tell_added(talk, new or taken, basket, "utter_added" if new else "utter_already_in")
    if out and not taken:
        offer_reservation(talk, out[0])
    elif out:
        talk.say("utter_also_out", titles=[f"《{title.title}》" for title in out])


def _forget_other_list(talk: Talk, taken: list[Title]) -> None:
    """“第一本” after a book that was said by its name does not mean a list from before."""
    shown = {int(item) for item in talk.slot("shown") or ()}
    if shown.isdisjoint(title.id for title in taken):
        talk.set(shown=None)


def _add(talk: Talk, title: Title) -> bool:
    """Whether it is new in the basket."""
    try:
        talk.library.baskets.add(talk.conversation, title.id)
    except LendingError as error:
        if error.code is not Code.ALREADY_IN_BASKET:
            raise
        return False
    return True


def _tell_added(talk: Talk, titles: list[Title], basket: Basket, response: str) -> None:
    from actions.place_order import take_pickup

    points = named_points(talk) if talk.text else []
    method = named_method(talk) if SENT.search(talk.text) else None
    if points or method:
        take_pickup(talk, basket, points, method)
        return
    if basket.method is not None:
        show_summary(talk)
        return
    names = "".join(f"《{title.title}》" for title in titles)
    ask_pickup(talk, f"{response}_ask_pickup", titles=names, volumes=len(basket.lines))


def offer_reservation(talk: Talk, title: Title) -> None:
    """Every copy is out: the queue is the way out."""
    waiting = talk.library.catalogue.availability(title.id).waiting
    response = "utter_offer_reservation" if waiting else "utter_offer_reservation_first"
    talk.say(response, title=title.title, title_id=title.id, waiting=waiting)
    talk.expect("reserve", title=title.id)


def show_book(talk: Talk, title: Title) -> None:
    """One title, with where its copies lie."""
    if title.adult_only and not may_see_adult(talk):
        raise LendingError(Code.ADULT_ONLY, titles=[title.title])
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


def _other_place(talk: Talk, basket: Basket) -> bool:
    """“不要自助柜了，送到家”: it is the place that is not wanted."""
    from actions.place_order import take_pickup

    points, method = named_points(talk), named_method(talk)
    if not (REFUSED.search(talk.text) and (points or method)):
        return False
    take_pickup(talk, basket, points, method)
    return True


def _lines_named(talk: Talk, basket: Basket) -> list[BasketLine]:
    if (title := talk.number("title")) is not None:
        return [line for line in basket.lines if line.title_id == title]
    names = [(line.title, line.author) for line in basket.lines]
    places = picked(talk.text, names, talk.library.fold)
    if not places and THIS_ONE.search(talk.text) and (last := taken_last(talk, basket)):
        return last
    if not places and len(basket.lines) == 1:
        places = [0]
    return [basket.lines[place] for place in places]


def _after_removal(talk: Talk, basket: Basket) -> None:
    if not basket.lines:
        talk.say("utter_basket_empty_now")
        return
    show_basket(talk, basket, "utter_removed")
