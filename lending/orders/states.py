"""Where an order and its lines can be, what can happen to them, and the only legal moves."""

from enum import StrEnum

from lending.errors import Code, LendingError


class OrderState(StrEnum):
    """Where an order is."""

    PLACED = "placed"
    """Confirmed by the reader; the acquisition clock runs (6.2.2)."""
    PICKING = "picking"
    """Received by staff, who look for the books; the processing clock runs (6.2.1)."""
    PACKED = "packed"
    """Every line found or refused, cells held; from here nothing can be changed by the reader."""
    IN_TRANSIT = "in_transit"
    """With the courier, or on the way between branches."""
    AVAILABLE = "available"
    """Lies ready under a pickup code; the loans run from here."""
    COLLECTED = "collected"
    """In the reader's hands."""
    CLOSED = "closed"
    """Every book of it is back."""
    CANCELLED = "cancelled"
    """Taken back before packing, by the reader or the library."""
    EXPIRED = "expired"
    """Not collected in time; the books went back."""
    FAILED = "failed"
    """No line could be found, or the parcel was lost."""


class LineState(StrEnum):
    """Where one title of an order is."""

    REQUESTED = "requested"
    """A copy is promised; nobody has fetched it yet."""
    FOUND = "found"
    """Staff hold the copy."""
    REFUSED = "refused"
    """Not obtained; `reason` says why (3.4)."""


class OrderEvent(StrEnum):
    """What happened. Each is the `kind` of a row in `events`; its data stands under the member."""

    PLACED = "placed"
    """Data: reader_id, kind, method, point_id, address_id, fee_fen, promised_by, parcels, lines
    [{line_id, title_id, copy_id, branch_id, stack, state, reason}]."""
    RECEIVED = "received"
    """Staff took the order. The processing clock starts."""
    LINE_FOUND = "line_found"
    """A book was found. Data: copy_id, branch_id, stack. With the last line the processing clock stops."""
    RETARGETED = "retargeted"
    """Not found there; another copy is promised. Data: reason, from_copy_id, copy_id, branch_id, stack."""
    LINE_REFUSED = "line_refused"
    """No copy left. Data: reason, copy_id, stack, fee_fen, parcels."""
    PICKUP_CHANGED = "pickup_changed"
    """Another method or point. Data: method, point_id, address_id, fee_fen, promised_by."""
    PICKUP_PROBLEM = "pickup_problem"
    """The locker was full or closed at packing. Data: point_id, reason."""
    PACKED = "packed"
    """Data: parcels [{parcel_id, volumes, cell}], from_branch."""
    DISPATCHED = "dispatched"
    """Left the library. Data: parcels [{parcel_id, tracking}]."""
    ARRIVED = "arrived"
    """Lies ready; loans begin. Data: point_id, hold_until, copies [copy_id]."""
    PROXY_ISSUED = "proxy_issued"
    """A one-time code for a helper. Data: expires_at."""
    HOLD_EXTENDED = "hold_extended"
    """Kept longer, e.g. for a closure. Data: hold_until, reason."""
    COLLECTED = "collected"
    """Data: proxy (True when with a helper's code)."""
    CLOSED = "closed"
    """The last book came back."""
    CANCELLED = "cancelled"
    """Data: by, reason."""
    EXPIRED = "expired"
    """Data: copies [copy_id], missed (how often in a year), forgiven, needs_review."""
    EMPTIED = "emptied"
    """The last line was refused: nothing is left to send."""
    LOST = "lost"
    """The courier failed. Data: reason, copies [copy_id]."""


_S, _E = OrderState, OrderEvent

TRANSITIONS: dict[tuple[OrderState, OrderEvent], OrderState] = {
    (_S.PLACED, _E.RECEIVED): _S.PICKING,
    (_S.PLACED, _E.PICKUP_CHANGED): _S.PLACED,
    (_S.PLACED, _E.CANCELLED): _S.CANCELLED,
    (_S.PICKING, _E.LINE_FOUND): _S.PICKING,
    (_S.PICKING, _E.RETARGETED): _S.PICKING,
    (_S.PICKING, _E.LINE_REFUSED): _S.PICKING,
    (_S.PICKING, _E.EMPTIED): _S.FAILED,
    (_S.PICKING, _E.PICKUP_CHANGED): _S.PICKING,
    (_S.PICKING, _E.PICKUP_PROBLEM): _S.PICKING,
    (_S.PICKING, _E.CANCELLED): _S.CANCELLED,
    (_S.PICKING, _E.PACKED): _S.PACKED,
    (_S.PACKED, _E.DISPATCHED): _S.IN_TRANSIT,
    (_S.IN_TRANSIT, _E.ARRIVED): _S.AVAILABLE,
    (_S.IN_TRANSIT, _E.LOST): _S.FAILED,
    (_S.AVAILABLE, _E.PROXY_ISSUED): _S.AVAILABLE,
    (_S.AVAILABLE, _E.HOLD_EXTENDED): _S.AVAILABLE,
    (_S.AVAILABLE, _E.COLLECTED): _S.COLLECTED,
    (_S.AVAILABLE, _E.EXPIRED): _S.EXPIRED,
    (_S.COLLECTED, _E.CLOSED): _S.CLOSED,
}
"""Every legal move. An order begins with `OrderEvent.PLACED` in `OrderState.PLACED`; a pair not named is
refused."""

ENDED = frozenset({_S.CLOSED, _S.CANCELLED, _S.EXPIRED, _S.FAILED})
"""Nothing happens to an order in one of these any more."""

UNPACKED = frozenset({_S.PLACED, _S.PICKING})
"""The reader may still cancel or change the pickup (6.1.1)."""

BEFORE_LOAN = frozenset({_S.PLACED, _S.PICKING, _S.PACKED, _S.IN_TRANSIT})
"""The copies are promised, but not lent yet: they count on the card as order lines."""

HANDED_OUT = frozenset({_S.AVAILABLE, _S.COLLECTED})
"""Its loans run."""


def after(state: OrderState, event: OrderEvent) -> OrderState:
    """The state that follows. LendingError illegal_move(state, event) when the table has no such move."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise LendingError(Code.ILLEGAL_MOVE, state=str(state), event=str(event)) from None
