"""Follow an order: where it is, its code, a code for a helper; cancel it."""

import re
from typing import Any

from actions._base import LibraryAction
from actions._figures import moment
from actions._orders import open_orders, order_data, promise_facts, show_orders
from actions._questions import question
from actions._talk import Talk
from actions.cancel_return import takes_back
from actions.library_info import tell_process
from lending.errors import Code, LendingError
from lending.orders.model import OrderView
from lending.orders.states import OrderState

HOW = re.compile(r"怎么|如何|怎样|咋")
"""“怎么取书”: asked by somebody who has nothing to fetch, it is about how things go."""


class TrackOrder(LibraryAction):
    """“我的书到哪了”."""

    step = False
    action_name = "action_track_order"

    def act(self, talk: Talk) -> None:
        if order := _asked_order(talk):
            tell_order(talk, order)
            return
        orders = open_orders(talk)
        if not orders:
            past = talk.library.orders.of(talk.need_reader(), open_only=False, limit=1)
            if past:
                talk.say(
                    "utter_no_open_order", kind="order", data=order_data(past[0]), **promise_facts(past[0])
                )
            else:
                talk.say("utter_no_order")
        elif len(orders) == 1:
            tell_order(talk, orders[0])
        else:
            show_orders(talk, "utter_orders", orders, "track_order")


class PickupCode(LibraryAction):
    """“取书码是多少”: once more, for every order that lies ready."""

    step = False
    action_name = "action_pickup_code"

    def act(self, talk: Talk) -> None:
        if HOW.search(talk.text) and not _anything_under_way(talk):
            tell_process(talk)
            return
        ready = _ready(talk)
        if not ready:
            talk.say("utter_no_code")
        for order in ready:
            talk.say(
                "utter_pickup_code",
                kind="order",
                data=order_data(order),
                code=" ".join(talk.library.orders.pickup_code(talk.need_reader(), order.number)),
                **promise_facts(order),
            )


class ProxyCode(LibraryAction):
    """A one-time code for a helper (6.1.3)."""

    step = False
    action_name = "action_proxy_code"

    def act(self, talk: Talk) -> None:
        ready = _ready(talk)
        if not ready:
            talk.say("utter_no_code")
            return
        order = ready[0]
        proxy = talk.library.orders.proxy_code(talk.need_reader(), order.number)
        talk.say(
            "utter_proxy_code",
            code=" ".join(proxy.code),
            expires=moment(proxy.expires_at),
            **promise_facts(order),
        )


class CancelOrder(LibraryAction):
    """“取消订单”: which one, sure, gone."""

    action_name = "action_cancel_order"

    def act(self, talk: Talk) -> None:
        if takes_back(talk):
            return
        order = _asked_order(talk)
        if order is None:
            orders = open_orders(talk)
            if not orders:
                _nothing_to_cancel(talk)
                return
            if len(orders) > 1:
                show_orders(talk, "utter_cancel_which", orders, "cancel_order")
                return
            order = orders[0]
        if not order.cancellable:
            raise LendingError(Code.TOO_LATE_TO_CANCEL, state=order.state, number=order.number)
        _ask_cancel(talk, order)


class CancelThisOrder(LibraryAction):
    """The reader is sure."""

    action_name = "action_cancel_this_order"

    def act(self, talk: Talk) -> None:
        number = talk.entity("order") or talk.about.get("order")
        if not number:
            raise LendingError(Code.ORDER_NOT_FOUND)
        order = talk.library.orders.cancel(talk.need_reader(), str(number))
        talk.say("utter_order_cancelled", kind="order", data=order_data(order), **promise_facts(order))


class KeepOrder(LibraryAction):
    """The reader is not."""

    action_name = "action_keep_order"

    def act(self, talk: Talk) -> None:
        talk.say("utter_order_kept")


def tell_order(talk: Talk, order: OrderView) -> None:
    """One order, in the words of its state."""
    response = f"utter_track_{order.state}"
    code = " ".join(order.pickup_code or "")
    if order.state is OrderState.AVAILABLE and not order.pickup_code:
        response = "utter_track_available_home"
    talk.say(response, kind="order", data=order_data(order), code=code, **promise_facts(order))


def _asked_order(talk: Talk) -> OrderView | None:
    """The order that a payload or a number in the message names."""
    number = talk.entity("order")
    if number is None and talk.text:
        known = talk.library.orders.of(talk.need_reader(), open_only=False, limit=20)
        number = next((order.number for order in known if order.number in talk.text), None)
    return talk.library.orders.get(talk.need_reader(), number) if number else None


def _anything_under_way(talk: Talk) -> bool:
    return talk.reader() is not None and bool(open_orders(talk))


def _ready(talk: Talk) -> list[OrderView]:
    asked = _asked_order(talk)
    orders = [asked] if asked else open_orders(talk)
    if not orders:
        return []
    ready = [order for order in orders if order.pickup_code]
    if not ready:
        talk.library.orders.pickup_code(talk.need_reader(), orders[0].number)  # says why not
    return ready


def _nothing_to_cancel(talk: Talk) -> None:
    if talk.library.baskets.get(talk.conversation).lines:
        talk.say("utter_order_not_placed")
    else:
        talk.say("utter_no_order")


def _ask_cancel(talk: Talk, order: OrderView) -> None:
    talk.say("utter_ask_cancel", kind="order", data=order_data(order), **promise_facts(order))
    talk.expect("cancel_confirmation", order=order.number)


@question("cancel_confirmation")
def _ask_cancel_again(talk: Talk, about: dict[str, Any]) -> None:
    _ask_cancel(talk, talk.library.orders.get(talk.need_reader(), str(about.get("order"))))
