"""Baskets: what a conversation wants to borrow, and where it wants it."""

import secrets

from lending import once
from lending.errors import Code, LendingError
from lending.orders.model import Basket, BasketLine, Method
from lending.orders.needs import Needs
from lending.pickup.model import PickupPoint, PointKind
from lending.storage import baskets as rows
from lending.storage.base import Connection
from lending.storage.orders import Row


def new_nonce() -> str:
    """A fresh name for a basket's content."""
    return secrets.token_urlsafe(12)


class Baskets:
    """One basket for each conversation; an unbound reader has one too."""

    def __init__(self, needs: Needs) -> None:
        self._needs = needs

    def get(self, conversation_id: str) -> Basket:
        """The basket, empty when nothing was added yet."""
        with self._needs.database.read() as conn:
            row = rows.find(conn, conversation_id)
            return Basket(nonce="") if row is None else read(conn, row)

    def add(self, conversation_id: str, title_id: int) -> Basket:
        """LendingError unknown_title, already_in_basket(title), basket_full(limit)."""
        now = self._needs.clock.now()
        with self._needs.database.begin() as conn:
            title = rows.title(conn, title_id)
            if title is None:
                raise LendingError(Code.UNKNOWN_TITLE)
            row = self._locked(conn, conversation_id)
            limit = self._needs.policy.orders.basket_volumes
            held = rows.lines(conn, row["id"])
            there = any(line["title_id"] == title_id for line in held)
            if there and once.before(conn, f"basket:{title_id}") is not None:
                return self._changed(conn, row)
            if there:
                raise LendingError(Code.ALREADY_IN_BASKET, title=title["title"])
            if len(held) >= limit:
                raise LendingError(Code.BASKET_FULL, limit=limit)
            rows.add_line(conn, row["id"], title_id, now)
            once.note(conn, f"basket:{title_id}", now)
            return self._changed(conn, row)

    def remove(self, conversation_id: str, title_id: int) -> Basket:
        """LendingError not_in_basket."""
        with self._needs.database.begin() as conn:
            row = self._locked(conn, conversation_id)
            if not rows.remove_line(conn, row["id"], title_id):
                raise LendingError(Code.NOT_IN_BASKET)
            return self._changed(conn, row)

    def clear(self, conversation_id: str) -> Basket:
        """Empty it and forget the pickup."""
        with self._needs.database.begin() as conn:
            row = self._locked(conn, conversation_id)
            rows.clear_lines(conn, row["id"])
            return self._changed(conn, row, method=None, point_id=None, address_id=None)

    def choose_pickup(
        self,
        conversation_id: str,
        method: Method | str,
        point_id: str | None = None,
        address_id: int | None = None,
    ) -> Basket:
        """Choose where the books go. A door without an address may be chosen first, its address later.

        LendingError unknown_point, point_closed(name), locker_full(name).
        """
        method = Method(method)
        if method is not Method.HOME:
            check_usable(self._point(method, point_id))
        chosen = {"method": method, "point_id": None if method is Method.HOME else point_id}
        with self._needs.database.begin() as conn:
            row = self._locked(conn, conversation_id)
            chosen["address_id"] = address_id if method is Method.HOME else None  # type: ignore[assignment]
            return self._changed(conn, row, **chosen)

    def _point(self, method: Method, point_id: str | None) -> PickupPoint:
        return of_kind(self._needs.points.get(point_id or ""), method)

    def _locked(self, conn: Connection, conversation_id: str) -> Row:
        return rows.lock(conn, conversation_id, new_nonce(), self._needs.clock.now())

    def _changed(self, conn: Connection, row: Row, **values: object) -> Basket:
        rows.change(conn, row["id"], nonce=new_nonce(), changed_at=self._needs.clock.now(), **values)
        return read(conn, rows.by_id(conn, row["id"]))


def read(conn: Connection, row: Row) -> Basket:
    """A basket from its row."""
    wanted = tuple(BasketLine(r["title_id"], r["title"], r["author"]) for r in rows.lines(conn, row["id"]))
    method = Method(row["method"]) if row["method"] else None
    return Basket(row["nonce"], wanted, method, row["point_id"], row["address_id"])


def of_kind(point: PickupPoint, method: Method) -> PickupPoint:
    """The point itself when it serves the method; LendingError unknown_point otherwise."""
    wanted = PointKind.LOCKER if method is Method.LOCKER else PointKind.BRANCH
    if point.kind is not wanted:
        raise LendingError(Code.UNKNOWN_POINT)
    return point


def check_usable(point: PickupPoint, parcels: int = 1) -> None:
    """LendingError point_closed(name), or locker_full(name) when not every parcel finds a cell."""
    if point.closed:
        raise LendingError(Code.POINT_CLOSED, name=point.name)
    if point.free_cells is not None and point.free_cells < parcels:
        raise LendingError(Code.LOCKER_FULL, name=point.name)
