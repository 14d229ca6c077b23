"""Orders as a reader (or the dialogue for a reader) deals with them."""

from lending.errors import Code, LendingError
from lending.orders import changing, codes, placing, quote
from lending.orders.cells import free_cells
from lending.orders.model import Method, OrderView, Placed, ProxyCode, Quote
from lending.orders.needs import Needs
from lending.orders.record import READER, locked
from lending.orders.states import ENDED, OrderState
from lending.orders.terms import destination
from lending.orders.views import view
from lending.readers.model import Reader
from lending.storage import orders as rows
from lending.storage.base import Connection
from lending.storage.orders import Row

NOT_OPEN = frozenset({*ENDED, OrderState.COLLECTED})
"""What a reader no longer waits for."""


class Orders:
    """Every call checks that the order is the reader's own; another reader's answers order_not_found."""

    def __init__(self, needs: Needs) -> None:
        self._needs = needs

    def quote(self, conversation_id: str, reader: Reader) -> Quote:
        """What confirming the basket would mean now; see `lending.orders.quote` for the refusals."""
        return quote.quote(self._needs, conversation_id, reader)

    def place(self, conversation_id: str, reader: Reader, nonce: str) -> Placed:
        """Order the basket named by `nonce`; the same nonce again is the same order. See
        `lending.orders.placing`."""
        return placing.place(self._needs, conversation_id, reader, nonce)

    def of(self, reader: Reader, open_only: bool = True, limit: int = 10) -> list[OrderView]:
        """The reader's orders, newest first; `open_only` leaves out what is collected or ended."""
        with self._needs.database.read() as conn:
            found = rows.of_reader(conn, reader.id, NOT_OPEN if open_only else (), limit)
            return [view(conn, self._needs, order) for order in found]

    def get(self, reader: Reader, number: str) -> OrderView:
        """LendingError order_not_found."""
        with self._needs.database.read() as conn:
            return view(conn, self._needs, self._own(rows.by_number(conn, number), reader))

    def cancel(self, reader: Reader, number: str, by: str = READER) -> OrderView:
        """Take an order back until it is packed. LendingError order_not_found, too_late_to_cancel(state,
        number)."""
        with self._needs.database.begin() as conn:
            order = self._locked(conn, reader, number)
            gone = changing.cancel(conn, self._needs, order, by, self._needs.clock.now())
            seen = view(conn, self._needs, gone)
        free_cells(self._needs)
        return seen

    def change_pickup(
        self,
        reader: Reader,
        number: str,
        method: Method | str,
        point_id: str | None = None,
        address_id: int | None = None,
    ) -> OrderView:
        """Have it elsewhere, until it is packed; fee and date are told anew.

        LendingError order_not_found, too_late_to_change(state, number), pickup_missing(method),
        unknown_point, address_not_found, point_closed(name), locker_full(name).
        """
        placed = self.get(reader, number).placed_at
        going = destination(self._needs, reader, method, point_id, address_id, placed)
        with self._needs.database.begin() as conn:
            order = self._locked(conn, reader, number)
            changed = changing.change_pickup(conn, self._needs, order, going, self._needs.clock.now())
            return view(conn, self._needs, changed)

    def pickup_code(self, reader: Reader, number: str) -> str:
        """LendingError order_not_found, not_available_yet(state, promised_by)."""
        with self._needs.database.read() as conn:
            return codes.own_code(conn, self._own(rows.by_number(conn, number), reader))

    def proxy_code(self, reader: Reader, number: str) -> ProxyCode:
        """A fresh one-time code for a helper; the one before ends. LendingError as `pickup_code`."""
        with self._needs.database.begin() as conn:
            order = self._locked(conn, reader, number)
            return codes.issue_proxy(conn, self._needs.policy, order, self._needs.clock.now())

    def _locked(self, conn: Connection, reader: Reader, number: str) -> Row:
        return self._own(locked(conn, number), reader)

    @staticmethod
    def _own(order: Row | None, reader: Reader) -> Row:
        if order is None or order["reader_id"] != reader.id:
            raise LendingError(Code.ORDER_NOT_FOUND)
        return order
