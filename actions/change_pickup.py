"""Change the pickup of an order until it is packed (6.1.1)."""

from typing import Any

from actions._base import LibraryAction
from actions._orders import open_orders, order_data, promise_facts, show_orders
from actions._pickup import lockers_near, show_points
from actions._questions import question
from actions._talk import Talk, choice
from lending.errors import Code, LendingError
from lending.orders.model import Method, OrderView
from lending.pickup.model import PickupPoint


def change_pickup(talk: Talk, points: list[PickupPoint], method: Method | None) -> None:
    """“改成送到家”: which order, where to; then change it."""
    order = _order(talk)
    if order is None:
        return
    if points:
        _change(talk, order, Method(points[0].kind), point_id=points[0].id)
    elif method is Method.HOME:
        _change_to_home(talk, order)
    else:
        offered = talk.library.points.all("branch") if method is Method.BRANCH else lockers_near(talk)[:3]
        show_points(talk, "utter_change_where", offered, order=order.number, number=order.number)
        talk.expect("change_confirmation", order=order.number)


class ChangeAddress(LibraryAction):
    """An address pressed or just entered: for the basket, or for the order being changed."""

    action_name = "action_use_address"

    def act(self, talk: Talk) -> None:
        from actions.place_order import choose_home
        from actions.return_books import choose_return_method

        if talk.awaiting in ("return_method", "return_confirmation"):
            choose_return_method(talk)
        elif talk.library.baskets.get(talk.conversation).lines:
            choose_home(talk)
        elif order := _order(talk):
            _change_to_home(talk, order)


def _order(talk: Talk) -> OrderView | None:
    reader = talk.need_reader()
    number = talk.entity("order") or talk.about.get("order")
    if number:
        return talk.library.orders.get(reader, str(number))
    changeable = [order for order in open_orders(talk) if order.changeable]
    if len(changeable) == 1:
        return changeable[0]
    if changeable:
        show_orders(talk, "utter_change_which", changeable, "choose_pickup")
        return None
    orders = open_orders(talk)
    if orders:
        raise LendingError(Code.TOO_LATE_TO_CHANGE, state=orders[0].state, number=orders[0].number)
    raise LendingError(Code.BASKET_EMPTY)


def _change_to_home(talk: Talk, order: OrderView) -> None:
    reader = talk.need_reader()
    addresses = talk.library.readers.addresses(reader.id)
    wanted = talk.number("address")
    if not addresses:
        from actions.bind_card import ask_for_address

        ask_for_address(talk)
    elif wanted is None and len(addresses) > 1:
        choices = [choice(address.label, "use_address", address=address.id) for address in addresses]
        talk.say("utter_which_address", choices=choices)
    else:
        _change(talk, order, Method.HOME, address_id=wanted if wanted is not None else addresses[0].id)
        return
    talk.expect("change_confirmation", order=order.number)


def _change(
    talk: Talk,
    order: OrderView,
    method: Method,
    *,
    point_id: str | None = None,
    address_id: int | None = None,
) -> None:
    changed = talk.library.orders.change_pickup(
        talk.need_reader(), order.number, method, point_id=point_id, address_id=address_id
    )
    response = "utter_pickup_changed_fee" if changed.fee_fen else "utter_pickup_changed"
    talk.say(response, kind="order", data=order_data(changed), **promise_facts(changed))


@question("change_confirmation")
def _ask_change_again(talk: Talk, about: dict[str, Any]) -> None:
    number = str(about.get("order"))
    show_points(talk, "utter_change_where", lockers_near(talk)[:3], order=number, number=number)
    talk.expect("change_confirmation", **about)
