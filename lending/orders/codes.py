"""Pickup codes: the reader's own, and one-time codes for a helper (6.1.3)."""

import secrets
from datetime import datetime, timedelta

from lending.errors import Code, LendingError
from lending.orders.model import Method, ProxyCode
from lending.orders.record import READER, advance
from lending.orders.states import OrderEvent, OrderState
from lending.policy import Policy
from lending.storage import codes
from lending.storage.base import Connection
from lending.storage.orders import Row

MOST_TRIES = 100
"""A point with so many active codes that a fresh one can't be found would have thousands of orders."""


def issue(
    conn: Connection,
    order: Row,
    digits: int,
    at: datetime,
    expires_at: datetime | None = None,
    *,
    proxy: bool = False,
) -> str:
    """A code that no other active order at the point has."""
    for _ in range(MOST_TRIES):
        code = f"{secrets.randbelow(10**digits):0{digits}d}"
        if codes.issue(conn, order["id"], order["point_id"], code, at, expires_at, proxy=proxy):
            return code
    raise RuntimeError(f"no free pickup code at {order['point_id']}")


def own_code(conn: Connection, order: Row) -> str:
    """The reader's code. LendingError not_available_yet(state, promised_by)."""
    check_waiting(order)
    code = codes.own(conn, order["id"])
    if code is None:
        raise _not_yet(order)
    return code


def issue_proxy(conn: Connection, policy: Policy, order: Row, at: datetime) -> ProxyCode:
    """A fresh code for a helper, valid once; an earlier one ends. LendingError not_available_yet(state,
    promised_by)."""
    check_waiting(order)
    expires = min(at + timedelta(hours=policy.pickup.proxy_code_valid_hours), order["hold_until"])
    codes.end(conn, order["id"], at, proxy_only=True)
    code = issue(conn, order, policy.pickup.code_digits, at, expires, proxy=True)
    advance(conn, order, OrderEvent.PROXY_ISSUED, at, READER, {"expires_at": expires})
    return ProxyCode(code, expires)


def check_waiting(order: Row) -> None:
    """LendingError not_available_yet(state, promised_by) unless the order lies ready at a point."""
    if order["state"] != OrderState.AVAILABLE or order["method"] == Method.HOME:
        raise _not_yet(order)


def _not_yet(order: Row) -> LendingError:
    return LendingError(Code.NOT_AVAILABLE_YET, state=str(order["state"]), promised_by=order["promised_by"])
