"""The summary before a reader confirms, from live data."""

from collections.abc import Sequence

from lending.errors import Code, LendingError
from lending.orders.alternatives import refused_line
from lending.orders.model import Quote, QuoteLine
from lending.orders.needs import Needs
from lending.orders.terms import Destination, check_card, check_destination, check_reader, destination, terms
from lending.readers.model import Reader
from lending.storage import baskets, promises
from lending.storage.base import Connection
from lending.storage.orders import Row


def quote(needs: Needs, conversation_id: str, reader: Reader) -> Quote:
    """What confirming would mean now. Promises nothing.

    LendingError basket_empty, pickup_missing(method), address_not_found, unknown_point, suspended(until),
    fees_owed(owed_fen, limit_fen), adult_only(titles), over_card_limit(limit, held, wanted),
    point_closed(name), locker_full(name). When no line is obtainable the quote says so itself
    (`obtainable` is empty).
    """
    basket, wanted = wanted_by(needs, conversation_id)
    chosen = (basket["method"], basket["point_id"], basket["address_id"])
    going = destination(needs, reader, *chosen, needs.clock.now())
    with needs.database.read() as conn:
        return _quote(conn, needs, reader, basket, wanted, going)


def wanted_by(needs: Needs, conversation_id: str) -> tuple[Row, Sequence[Row]]:
    """The basket's row and lines. LendingError basket_empty."""
    with needs.database.read() as conn:
        basket = baskets.find(conn, conversation_id)
        lines = baskets.lines(conn, basket["id"]) if basket is not None else []
    if basket is None or not lines:
        raise LendingError(Code.BASKET_EMPTY)
    return basket, lines


def _quote(
    conn: Connection, needs: Needs, reader: Reader, basket: Row, wanted: Sequence[Row], going: Destination
) -> Quote:
    now = needs.clock.now()
    check_reader(conn, needs, reader, wanted, now)
    lines = tuple(_line(conn, needs, reader, title, going) for title in wanted)
    volumes = sum(line.obtainable for line in lines)
    check_card(conn, needs, reader, volumes)
    means = terms(needs.policy, going, reader.kind, lines)
    check_destination(conn, needs, going, max(1, means.parcels))
    return Quote(
        nonce=basket["nonce"],
        lines=lines,
        method=going.method,
        point=going.point,
        address_label=going.address_label,
        fee_fen=means.fee_fen,
        promised_by=means.promised_by,
        parcels=means.parcels,
        hold_days=means.hold_days,
        loan_days=means.loan_days,
    )


def _line(conn: Connection, needs: Needs, reader: Reader, title: Row, going: Destination) -> QuoteLine:
    near = going.point.id if going.point is not None else None
    kept = needs.loans.kept_key(conn, reader.id, title["title_id"])
    free = promises.candidates(conn, title["title_id"], near, kept)
    if not free:
        return refused_line(conn, needs.loans, title)
    return QuoteLine(title["title_id"], title["title"], obtainable=True, from_branch=free[0].branch_id)
