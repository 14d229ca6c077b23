"""The rules an order must pass and what it costs: the same for the quote, the order, and a change of
either."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from lending.errors import Code, LendingError
from lending.orders.basket import check_usable, of_kind
from lending.orders.clocks import Clocks, hold_days
from lending.orders.model import Method, QuoteLine
from lending.orders.needs import Needs
from lending.orders.states import BEFORE_LOAN, LineState
from lending.pickup.model import PickupPoint
from lending.policy import Policy
from lending.readers.model import Reader
from lending.storage import orders as rows
from lending.storage.base import Connection
from lending.storage.orders import Row
from lending.storage.readers import addresses_of


@dataclass(frozen=True, slots=True)
class Destination:
    """Where books go, looked up before the transaction, so that a transaction never waits for a locker, nor
    for a
    second connection. `reported`: free cells as the locker says. The dates: promised when every book is at
    the
    pickup branch already, and when not."""

    method: Method
    point: PickupPoint | None = None
    reported: int = 0
    address_id: int | None = None
    address_label: str | None = None
    on_the_spot_by: datetime | None = None
    sent_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What an order of so many volumes means."""

    fee_fen: int
    parcels: int
    promised_by: datetime
    hold_days: int
    loan_days: int


def destination(
    needs: Needs,
    reader: Reader,
    method: Method | str | None,
    point_id: str | None,
    address_id: int | None,
    submitted: datetime,
) -> Destination:
    """LendingError pickup_missing(method), unknown_point, address_not_found."""
    if method is None:
        raise LendingError(Code.PICKUP_MISSING, method=None)
    method, point, label = Method(method), None, None
    if method is Method.HOME:
        label = _label(needs, reader, address_id)
    elif point_id is None:
        raise LendingError(Code.PICKUP_MISSING, method=str(method))
    else:
        point = of_kind(needs.points.get(point_id), method)
    sent_by = _promised_by(needs, submitted, point, on_the_spot=False)
    if method is Method.HOME and needs.policy.for_kind(reader.kind).weekly_round:
        sent_by = Clocks(needs.calendar, needs.policy).round_by(sent_by)
    return Destination(
        method=method,
        point=point,
        reported=needs.points.reported(point) if point is not None and method is Method.LOCKER else 0,
        address_id=address_id if method is Method.HOME else None,
        address_label=label,
        on_the_spot_by=_promised_by(needs, submitted, point, on_the_spot=True),
        sent_by=sent_by,
    )


def _promised_by(
    needs: Needs, submitted: datetime, point: PickupPoint | None, *, on_the_spot: bool
) -> datetime:
    clocks = Clocks(needs.calendar, needs.policy)
    return clocks.promised_by(submitted, point, on_the_spot=on_the_spot, now=needs.clock.now())


def _label(needs: Needs, reader: Reader, address_id: int | None) -> str:
    if address_id is None:
        raise LendingError(Code.PICKUP_MISSING, method=str(Method.HOME))
    with needs.database.read() as conn:
        for address in addresses_of(conn, reader.id):
            if address["id"] == address_id:
                return str(address["label"])
    raise LendingError(Code.ADDRESS_NOT_FOUND)


def check_destination(
    conn: Connection, needs: Needs, going: Destination, parcels: int, without: int | None = None
) -> None:
    """LendingError point_closed(name), locker_full(name): counted again inside the transaction."""
    if going.point is None:
        return
    check_usable(needs.points.look(conn, going.point.id))
    if (
        going.method is Method.LOCKER
        and needs.points.room(conn, going.point, going.reported, without) < parcels
    ):
        raise LendingError(Code.LOCKER_FULL, name=going.point.name)


def check_reader(
    conn: Connection, needs: Needs, reader: Reader, titles: Iterable[Row], now: datetime
) -> None:
    """LendingError suspended(until), fees_owed(owed_fen, limit_fen), adult_only(titles)."""
    if reader.suspended_until is not None and reader.suspended_until > now:
        raise LendingError(Code.SUSPENDED, until=reader.suspended_until)
    owed, limit = needs.loans.owed_fen(conn, reader.id, now), needs.policy.orders.fees_owed_limit_fen
    if owed > limit:
        raise LendingError(Code.FEES_OWED, owed_fen=owed, limit_fen=limit)
    adult = [title["title"] for title in titles if title["adult_only"]]
    if adult and not needs.policy.for_kind(reader.kind).adult_titles:
        raise LendingError(Code.ADULT_ONLY, titles=adult)


def check_card(conn: Connection, needs: Needs, reader: Reader, wanted: int) -> None:
    """LendingError over_card_limit(limit, held, wanted): loans and lines on their way count alike."""
    limit = needs.policy.for_kind(reader.kind).card_limit
    coming = rows.open_line_count(conn, reader.id, BEFORE_LOAN, LineState.REFUSED)
    held = needs.loans.open_count(conn, reader.id) + coming
    if held + wanted > limit:
        raise LendingError(Code.OVER_CARD_LIMIT, limit=limit, held=held, wanted=wanted)


def fee(policy: Policy, method: Method | str, volumes: int, kind: str) -> int:
    """Only the door costs anything."""
    return policy.delivery_fee(volumes, kind) if Method(method) is Method.HOME else 0


def terms(policy: Policy, going: Destination, kind: str, lines: Iterable[QuoteLine]) -> Terms:
    """Fee, parcels and dates for the obtainable lines."""
    obtainable = [line for line in lines if line.obtainable]
    here = going.point.id if going.point is not None else None
    spot = going.method is Method.BRANCH and all(line.from_branch == here for line in obtainable)
    promised = going.on_the_spot_by if spot else going.sent_by
    if promised is None:
        raise ValueError("a destination without dates")
    rules = policy.for_kind(kind)
    return Terms(
        fee_fen=fee(policy, going.method, len(obtainable), kind),
        parcels=policy.parcels(len(obtainable)),
        promised_by=promised,
        hold_days=hold_days(going.method, rules),
        loan_days=rules.loan_days,
    )
