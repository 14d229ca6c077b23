"""Order: pickup, summary, confirmation. Find, choose, pickup, confirm: never more."""

import re
from typing import Any

from actions._base import LibraryAction
from actions._named import titles_wanted
from actions._orders import open_orders, order_data, promise_facts
from actions._pickup import (
    OTHER,
    ask_pickup,
    lockers_near,
    named_method,
    named_points,
    show_points,
    usable,
)
from actions._summary import show_summary, tell_all_gone, tell_placed
from actions._talk import Talk, choice
from lending.errors import Code, LendingError
from lending.orders.model import Basket, Method
from lending.pickup.model import PickupPoint

CHANGES = re.compile(r"换|改|送|寄|订单|包裹|取")
"""Said of an order already placed."""


NOT_NOW = re.compile(
    r"(?:别|不要|先不|暂时?不|不想|等等|等一下|等会儿?)[^，,。]{0,4}(?:下单|提交|确认|结算|借)"
)
"""“先别下单”, however the message was understood."""


class PlaceOrder(LibraryAction):
    """“下单”, “就借这些”: go to whatever is still missing."""

    action_name = "action_place_order"

    def act(self, talk: Talk) -> None:
        if NOT_NOW.search(talk.text):
            _not_now(talk)
            return
        if takes_too(talk) or _ordered_already(talk):
            return
        basket = _basket(talk)
        points = named_points(talk)
        if points or (talk.text and named_method(talk)):
            take_pickup(talk, basket, points, named_method(talk))
        elif basket.method is None:
            ask_pickup(talk)
        else:
            show_summary(talk)


class ChoosePickup(LibraryAction):
    """A place or a way of taking: for the basket, for a return, or for an order not yet packed."""

    action_name = "action_choose_pickup"

    def act(self, talk: Talk) -> None:
        if talk.awaiting in ("return_method", "return_pick", "return_confirmation"):
            from actions.return_books import choose_return_method

            choose_return_method(talk)
            return
        if takes_too(talk):
            return
        basket = talk.library.baskets.get(talk.conversation)
        points, method = named_points(talk), named_method(talk)
        changing = bool(talk.entity("order")) or talk.awaiting == "change_confirmation"
        if basket.lines and not changing:
            take_pickup(talk, basket, points, method)
        elif changing or CHANGES.search(talk.text) or talk.entity("method"):
            from actions.change_pickup import change_pickup

            change_pickup(talk, points, method)
        else:
            _only_look(talk, points)


def takes_too(talk: Talk) -> bool:
    """“借三体，送到湖东邻里中心”: the books named go into the basket, and the talk on from there."""
    from actions.basket import put_in_basket, swapped

    if swapped(talk):
        return True
    titles = titles_wanted(talk) if talk.text else []
    if titles:
        put_in_basket(talk, titles)
    return bool(titles)


def _ordered_already(talk: Talk) -> bool:
    """“确认下单” once more: nothing is ordered twice, the order placed is told."""
    if talk.awaiting == "borrow" or talk.library.baskets.get(talk.conversation).lines:
        return False
    orders = open_orders(talk) if talk.reader() else []
    if orders:
        order = orders[0]
        talk.say("utter_ordered_already", kind="order", data=order_data(order), **promise_facts(order))
    return bool(orders)


def _only_look(talk: Talk, points: list[PickupPoint]) -> None:
    """A place, but nothing to send there: tell about the place; without a place the basket is empty."""
    from actions.library_info import tell_hours

    if len(points) != 1:
        raise LendingError(Code.BASKET_EMPTY)
    tell_hours(talk, points[0])


class ShareLocation(LibraryAction):
    """A shared location: lockers near it, for the order at hand or just to know."""

    action_name = "action_share_location"

    def act(self, talk: Talk) -> None:
        talk.set(place=_rounded_place(talk))
        lockers = lockers_near(talk)[:3]
        if not lockers:
            talk.say("utter_no_lockers")
            return
        show_points(talk, "utter_lockers_near", lockers)
        if talk.awaiting == "pickup" or talk.library.baskets.get(talk.conversation).lines:
            talk.expect("pickup", skip=0)


class ConfirmOrder(LibraryAction):
    """The reader says yes to the summary."""

    action_name = "action_confirm_order"

    def act(self, talk: Talk) -> None:
        if NOT_NOW.search(talk.text):
            _not_now(talk)
            return
        reader = talk.need_reader()
        nonce = talk.entity("nonce") or str(talk.about.get("nonce") or "")
        if not nonce:
            show_summary(talk)
            return
        try:
            placed = talk.library.orders.place(talk.conversation, reader, nonce)
        except LendingError as error:
            if error.code is not Code.NOTHING_OBTAINABLE:
                raise
            tell_all_gone(talk, error)
            return
        tell_placed(talk, placed)


class DenyOrder(LibraryAction):
    """The reader says no to the summary: nothing is ordered, the basket stays."""

    action_name = "action_deny_order"

    def act(self, talk: Talk) -> None:
        if not takes_too(talk):
            _not_now(talk)


def _not_now(talk: Talk) -> None:
    """Nothing is ordered; another place named in the same breath is taken."""
    basket = talk.library.baskets.get(talk.conversation)
    points = named_points(talk) if talk.text else []
    if basket.lines and points:
        take_pickup(talk, basket, points, None)
    elif basket.lines:
        talk.say("utter_order_not_placed")
    else:
        raise LendingError(Code.BASKET_EMPTY)


def take_pickup(talk: Talk, basket: Basket, points: list[PickupPoint], method: Method | None) -> None:
    """Settle the pickup from what the reader named, or ask on."""
    if method is Method.HOME and not points:
        choose_home(talk)
    elif len(points) == 1 or (points and talk.entity("point")):
        _take_point(talk, points[0])
    elif points:
        show_points(talk, "utter_which_point", usable(points))
        talk.expect("pickup", skip=0)
    elif method is Method.BRANCH:
        show_points(talk, "utter_which_branch", usable(talk.library.points.all("branch")))
        talk.expect("pickup", skip=0)
    elif method is Method.LOCKER and not OTHER.search(talk.text):
        show_points(talk, "utter_which_locker", lockers_near(talk)[:5])
        talk.expect("pickup", skip=0)
    else:
        ask_pickup(
            talk,
            "utter_other_pickup",
            skip=int(talk.about.get("skip") or 0) + 3 if talk.awaiting == "pickup" else 0,
        )


def _take_point(talk: Talk, point: PickupPoint) -> None:
    try:
        talk.library.baskets.choose_pickup(talk.conversation, Method(point.kind), point.id)
    except LendingError as error:
        if error.code not in (Code.LOCKER_FULL, Code.POINT_CLOSED):
            raise
        ask_pickup(talk, f"utter_refused_{error.code}", name=point.name)
        return
    show_summary(talk)


def choose_home(talk: Talk) -> None:
    """To the door: an address of the reader's own, from the one-time form."""
    reader = talk.need_reader()
    addresses = talk.library.readers.addresses(reader.id)
    wanted = talk.number("address")
    if wanted is not None and all(address.id != wanted for address in addresses):
        raise LendingError(Code.ADDRESS_NOT_FOUND)
    if not addresses:
        from actions.bind_card import ask_for_address

        ask_for_address(talk)
        return
    if wanted is None and len(addresses) > 1:
        talk.say(
            "utter_which_address",
            choices=[choice(address.label, "use_address", address=address.id) for address in addresses],
        )
        talk.expect("pickup", skip=0)
        return
    talk.library.baskets.choose_pickup(
        talk.conversation, Method.HOME, address_id=wanted if wanted is not None else addresses[0].id
    )
    show_summary(talk)


def _basket(talk: Talk) -> Basket:
    basket = talk.library.baskets.get(talk.conversation)
    offered = int(talk.about["title"]) if talk.awaiting == "borrow" else None
    if offered is not None and all(line.title_id != offered for line in basket.lines):
        basket = talk.library.baskets.add(talk.conversation, offered)
    if not basket.lines:
        raise LendingError(Code.BASKET_EMPTY)
    return basket


def _rounded_place(talk: Talk) -> dict[str, float]:
    """Rounded to three decimals: about 100 m, enough to sort lockers by."""
    place: dict[str, Any] = {name: talk.entity(name) for name in ("latitude", "longitude")}
    try:
        return {name: round(float(value), 3) for name, value in place.items()}
    except (TypeError, ValueError):
        raise LendingError(Code.UNKNOWN_POINT) from None
