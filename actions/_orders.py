"""Orders and drafts as data of a reply."""

from typing import Any

from actions._figures import day, iso, moment, money
from actions._pickup import point_data
from actions._talk import Talk
from lending.orders.model import OrderView, Quote


def order_data(order: OrderView) -> dict[str, Any]:
    """An order as data (DESIGN 7)."""
    data: dict[str, Any] = {
        "number": order.number,
        "state": str(order.state),
        "method": str(order.method),
        "promised_by": iso(order.promised_by),
        "lines": [line_data(line.title, str(line.state), line.reason) for line in order.lines],
        "fee_fen": order.fee_fen,
    }
    if order.pickup_code:
        data["pickup_code"] = order.pickup_code
    if order.pickup_point:
        data["pickup_point"] = point_data(order.pickup_point)
    elif order.address_label:
        data["address"] = order.address_label
    if order.hold_until:
        data["hold_until"] = iso(order.hold_until)
    return data


def draft_data(quote: Quote) -> dict[str, Any]:
    """An order not yet placed, as data: no number, state "draft"."""
    data: dict[str, Any] = {
        "number": None,
        "state": "draft",
        "method": str(quote.method),
        "promised_by": iso(quote.promised_by),
        "lines": [
            line_data(line.title, "requested" if line.obtainable else "refused", line.reason)
            for line in quote.lines
        ],
        "fee_fen": quote.fee_fen,
        "parcels": quote.parcels,
    }
    if quote.point:
        data["pickup_point"] = point_data(quote.point)
    elif quote.address_label:
        data["address"] = quote.address_label
    return data


def line_data(title: str, state: str, reason: object) -> dict[str, Any]:
    """One line of an order; the reason only where it was refused."""
    data: dict[str, Any] = {"title": title, "state": state}
    if reason:
        data["reason"] = str(reason)
    return data


def where(place: Quote | OrderView) -> str:
    """The name of the pickup point, or the masked address."""
    point = place.point if isinstance(place, Quote) else place.pickup_point
    return point.name if point else place.address_label or ""


def promise_facts(place: Quote | OrderView) -> dict[str, Any]:
    """Facts that every answer about an order may name."""
    facts = {"where": where(place), "promised": day(place.promised_by), "fee": money(place.fee_fen)}
    if isinstance(place, OrderView):
        facts |= {"number": place.number, "until": moment(place.hold_until) if place.hold_until else ""}
    return facts


def open_orders(talk: Talk) -> list[OrderView]:
    """The bound reader's open orders, newest first."""
    return list(talk.library.orders.of(talk.need_reader(), open_only=True))


def show_orders(talk: Talk, response: str, orders: list[OrderView], intent: str, **facts: Any) -> None:
    """One reply that lists orders, each a choice of `intent`."""
    from actions._talk import choice

    talk.say(
        response,
        kind="orders",
        data={"orders": [order_data(order) for order in orders]},
        choices=[choice(order_title(order), intent, order=order.number) for order in orders],
        count=len(orders),
        **facts,
    )


def order_title(order: OrderView) -> str:
    """How an order is called in a list of choices: its number and its first title."""
    first = order.lines[0].title if order.lines else ""
    return f"{order.number}《{first}》"
