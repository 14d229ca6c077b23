"""The summary before the yes, and what the yes led to."""

from typing import Any

from actions._orders import draft_data, order_data, promise_facts
from actions._questions import question
from actions._talk import Talk
from lending.errors import LendingError
from lending.orders.model import Method, Placed, Quote


def show_summary(talk: Talk, response: str = "utter_order_summary") -> None:
    """What confirming means: books, place, promised-by date, fee, rules; then ask for the yes."""
    reader = talk.need_reader()
    quote = talk.library.orders.quote(talk.conversation, reader)
    if not quote.obtainable:
        _offer_queue(talk, [line.title for line in quote.lines], quote.lines[0].title_id)
        return
    missing = [f"《{line.title}》" for line in quote.lines if not line.obtainable]
    talk.say(
        _priced(response, quote),
        kind="order",
        data=draft_data(quote),
        nonce=quote.nonce,
        count=len(quote.obtainable),
        parcels=quote.parcels,
        hold_days=quote.hold_days,
        loan_days=quote.loan_days,
        **promise_facts(quote),
    )
    if missing:
        talk.say("utter_some_out", titles=missing)
    talk.expect("order_confirmation", nonce=quote.nonce)


def _priced(response: str, quote: Quote) -> str:
    if quote.method is Method.HOME:
        return f"{response}_home" if quote.fee_fen else f"{response}_home_free"
    return f"{response}_branch" if quote.method is Method.BRANCH else response


def tell_placed(talk: Talk, placed: Placed) -> None:
    """The order stands; lines that were gone meanwhile are told one by one."""
    order = placed.order
    talk.say(
        "utter_order_placed",
        kind="order",
        data=order_data(order),
        **promise_facts(order),
    )
    for line in placed.refused:
        talk.say("utter_line_gone", title=line.title, title_id=line.title_id)
    talk.set(shown=None, focus=None, listing=None, taken=None)
    if not talk.library.baskets.get(talk.conversation).lines:
        talk.library.baskets.clear(talk.conversation)  # the next order may go elsewhere


def tell_all_gone(talk: Talk, error: LendingError) -> None:
    """Not one copy was left: nothing is ordered, the queue is offered."""
    titles = [str(title) for title in error.facts.get("titles") or ()]
    lines = talk.library.baskets.get(talk.conversation).lines
    _offer_queue(talk, titles, lines[0].title_id if lines else None)


def _offer_queue(talk: Talk, titles: list[str], title_id: int | None) -> None:
    talk.say("utter_all_gone", titles="".join(f"《{title}》" for title in titles), title_id=title_id)
    if title_id is not None:
        talk.expect("reserve", title=title_id)


@question("order_confirmation")
def _ask_order_again(talk: Talk, about: dict[str, Any]) -> None:
    show_summary(talk, "utter_resume_order")
