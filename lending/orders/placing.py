"""Turns a confirmed basket into an order: once, in one transaction, each copy promised to one order only.

Locks are taken late and always in this order, so that rivals wait but never for each other: basket, reader,
locker, then copies by title id. Inside the transaction nothing asks for a second connection: forty rivals
could
hold every one of the pool while they wait for the first.
"""

from collections.abc import Sequence
from datetime import datetime

from lending.calendar import local
from lending.errors import Code, LendingError
from lending.orders import alternatives
from lending.orders.basket import new_nonce
from lending.orders.model import Placed, QuoteLine
from lending.orders.needs import Needs
from lending.orders.promising import promise_copy
from lending.orders.record import READER, note
from lending.orders.states import LineState, OrderEvent, OrderState
from lending.orders.terms import (
    Destination,
    Terms,
    check_card,
    check_destination,
    check_reader,
    destination,
    terms,
)
from lending.orders.views import refused_lines, view
from lending.pickup.model import PointKind
from lending.readers.model import Reader
from lending.storage import baskets, promises
from lending.storage import orders as rows
from lending.storage import pickup as places
from lending.storage.base import Connection
from lending.storage.orders import Row
from lending.storage.promises import Candidate

NOTHING_LEFT = "nothing_obtainable"
"""Kind of the order-less event that keeps wanted, unobtained titles for the refusal rate (3.4)."""


def place(needs: Needs, conversation_id: str, reader: Reader, nonce: str) -> Placed:
    """Order what the basket named by `nonce` holds. The same nonce again answers with the same order.

    LendingError as `quote`, and basket_changed (the summary confirmed is not the basket any more),
    nothing_obtainable(titles, alternatives); after any of them nothing has changed.
    """
    known = _placed_before(needs, reader, nonce)
    if known is not None:
        return known
    going = _going(needs, conversation_id, reader)
    try:
        with needs.database.begin() as conn:
            return _Placing(conn, needs, reader, conversation_id, nonce, going).run()
    except LendingError as refusal:
        if refusal.code is Code.NOTHING_OBTAINABLE:
            _count_refusals(needs, reader, nonce, refusal)
        raise


def _placed_before(needs: Needs, reader: Reader, nonce: str) -> Placed | None:
    with needs.database.read() as conn:
        order = rows.by_nonce(conn, nonce)
        return None if order is None else _again(conn, needs, reader, order)


def _again(conn: Connection, needs: Needs, reader: Reader, order: Row) -> Placed:
    if order["reader_id"] != reader.id:
        raise LendingError(Code.ORDER_NOT_FOUND)
    return Placed(view(conn, needs, order), refused_lines(conn, needs, order))


def _going(needs: Needs, conversation_id: str, reader: Reader) -> Destination:
    with needs.database.read() as conn:
        basket = baskets.find(conn, conversation_id)
        empty = basket is None or not baskets.lines(conn, basket["id"])
    if basket is None or empty:
        raise LendingError(Code.BASKET_EMPTY)
    chosen = (basket["method"], basket["point_id"], basket["address_id"])
    return destination(needs, reader, *chosen, needs.clock.now())


def _count_refusals(needs: Needs, reader: Reader, nonce: str, refusal: LendingError) -> None:
    """Keep what was wanted and not had; once for each basket, however often it is confirmed."""
    data = {"reader_id": reader.id, "kind": str(reader.kind), "lines": refusal.facts["alternatives"]}
    event = {
        "at": needs.clock.now(),
        "actor": READER,
        "kind": NOTHING_LEFT,
        "data": data,
        "key": f"none:{nonce}",
    }
    with needs.database.begin() as conn:
        rows.add_event(conn, event)


class _Placing:
    """One attempt, inside one transaction."""

    def __init__(
        self,
        conn: Connection,
        needs: Needs,
        reader: Reader,
        conversation_id: str,
        nonce: str,
        going: Destination,
    ) -> None:
        self._conn, self._needs, self._reader = conn, needs, reader
        self._conversation_id, self._nonce, self._going = conversation_id, nonce, going
        self._now = needs.clock.now()

    def run(self) -> Placed:
        conn, needs = self._conn, self._needs
        basket = baskets.lock(conn, self._conversation_id, new_nonce(), self._now)
        known = rows.by_nonce(conn, self._nonce)
        if known is not None:
            return _again(conn, needs, self._reader, known)
        wanted = self._wanted(basket)
        rows.lock_reader(conn, self._reader.id)
        self._lock_locker()
        check_reader(conn, needs, self._reader, wanted, self._now)
        copies = self._promise(wanted)
        lines = [self._line(title, copies.get(title["title_id"])) for title in wanted]
        if not copies:
            raise self._nothing(lines)
        check_card(conn, needs, self._reader, len(copies))
        means = terms(needs.policy, self._going, self._reader.kind, lines)
        check_destination(conn, needs, self._going, means.parcels)
        order = self._write(lines, copies, means)
        self._empty(basket)
        return Placed(view(conn, needs, order), tuple(line for line in lines if not line.obtainable))

    def _wanted(self, basket: Row) -> Sequence[Row]:
        wanted = baskets.lines(self._conn, basket["id"])
        if not wanted:
            raise LendingError(Code.BASKET_EMPTY)
        chosen = (basket["method"], basket["point_id"], basket["address_id"])
        point_id = self._going.point.id if self._going.point else None
        if basket["nonce"] != self._nonce or chosen != (self._going.method, point_id, self._going.address_id):
            raise LendingError(Code.BASKET_CHANGED)
        return wanted

    def _lock_locker(self) -> None:
        if self._going.point is not None and self._going.point.kind is PointKind.LOCKER:
            places.find_locker(self._conn, self._going.point.id, lock=True)

    def _promise(self, wanted: Sequence[Row]) -> dict[int, Candidate]:
        """The copies promised, by title; titles in order of their id (see above)."""
        near = self._going.point.id if self._going.point else None
        promised: dict[int, Candidate] = {}
        for title_id in sorted(title["title_id"] for title in wanted):
            kept = self._needs.loans.kept_key(self._conn, self._reader.id, title_id)
            copy = promise_copy(self._conn, title_id, near, f"order:{self._nonce}", self._now, kept)
            if copy is not None:
                promised[title_id] = copy
        return promised

    def _line(self, title: Row, copy: Candidate | None) -> QuoteLine:
        if copy is None:
            return alternatives.refused_line(self._conn, self._needs.loans, title)
        return QuoteLine(title["title_id"], title["title"], obtainable=True, from_branch=copy.branch_id)

    def _nothing(self, lines: Sequence[QuoteLine]) -> LendingError:
        titles = [line.title for line in lines]
        stacks = {line.title_id: promises.stacks(self._conn, line.title_id) for line in lines}
        facts = alternatives.as_facts(lines)
        with_stack = [
            fact | {"stack": next(iter(stacks[line.title_id]), "")}
            for fact, line in zip(facts, lines, strict=True)
        ]
        return LendingError(Code.NOTHING_OBTAINABLE, titles=titles, alternatives=with_stack)

    def _write(self, lines: Sequence[QuoteLine], copies: dict[int, Candidate], means: Terms) -> Row:
        order_id = rows.insert_order(self._conn, self._columns(means))
        if order_id is None:  # cannot be: the basket is locked, so nobody else confirms this nonce
            raise LendingError(Code.BASKET_CHANGED)
        rows.change_order(self._conn, order_id, number=order_number(self._now, order_id))
        written = [self._write_line(order_id, line, copies.get(line.title_id)) for line in lines]
        data = {
            "reader_id": self._reader.id,
            "kind": str(self._reader.kind),
            "method": str(self._going.method),
            "point_id": self._going.point.id if self._going.point else None,
            "address_id": self._going.address_id,
            "fee_fen": means.fee_fen,
            "parcels": means.parcels,
            "promised_by": means.promised_by,
            "lines": written,
        }
        note(self._conn, order_id, OrderEvent.PLACED, self._now, READER, data)
        return rows.by_id(self._conn, order_id)

    def _columns(self, means: Terms) -> dict[str, object]:
        return {
            "number": self._nonce,
            "nonce": self._nonce,
            "conversation_id": self._conversation_id,
            "reader_id": self._reader.id,
            "reader_kind": str(self._reader.kind),
            "state": OrderState.PLACED,
            "method": self._going.method,
            "point_id": self._going.point.id if self._going.point else None,
            "address_id": self._going.address_id,
            "fee_fen": means.fee_fen,
            "parcels": means.parcels,
            "promised_by": means.promised_by,
            "placed_at": self._now,
        }

    def _write_line(self, order_id: int, line: QuoteLine, copy: Candidate | None) -> dict[str, object]:
        """Write a line; what the event tells of it."""
        state = LineState.REFUSED if copy is None else LineState.REQUESTED
        values = {"title_id": line.title_id, "state": str(state), "reason": str(line.reason)}
        values["copy_id"] = None if copy is None else copy.copy_id
        line_id = rows.insert_line(self._conn, {"order_id": order_id} | values)
        stack = next(iter(promises.stacks(self._conn, line.title_id)), "") if copy is None else copy.stack
        return values | {"line_id": line_id, "branch_id": line.from_branch, "stack": stack}

    def _empty(self, basket: Row) -> None:
        """The next basket begins with a new nonce and keeps the pickup chosen."""
        baskets.clear_lines(self._conn, basket["id"])
        baskets.change(self._conn, basket["id"], nonce=new_nonce(), changed_at=self._now)


def order_number(at: datetime, order_id: int) -> str:
    """Date in China and a running number: 2501310042. Short enough to be said on the telephone."""
    return f"{local(at):%y%m%d}{order_id:04d}"
