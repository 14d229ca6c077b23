"""Every kind of notice; `bot/templates/notices` has one template for each."""

from enum import StrEnum


class NoticeKind(StrEnum):
    """What happened, with the facts in `data`. Times are ISO 8601 texts with offset.

    `point` is {id, name, address, open_hours}, None at the door; `titles` a list of texts.
    """

    ORDER_FOUND = "order_found"
    """Staff found the books. Data: number, titles."""
    ORDER_PACKED = "order_packed"
    """The parcel is packed; the pickup can no longer change. Data: number, method, point."""
    ORDER_SHIPPED = "order_shipped"
    """The courier has it. Data: number, method, point, promised_by."""
    ORDER_AVAILABLE = "order_available"
    """It lies ready, or (without code, point, until) was handed over at the door. Data: number, method,
    code?, point?, until?."""
    ORDER_REFUSED_LINE = "order_refused_line"
    """A title could not be found anywhere (3.4). Data: number, fee_fen, title_id, title, reason and the ways
    on: reserve, waiting, editions [{title_id, title}], interlibrary."""
    ORDER_CANCELLED = "order_cancelled"
    """The order is over before it lay ready. Data: number, by, reason."""
    PICKUP_REMINDER = "pickup_reminder"
    """Still waiting to be collected. Data: number, method, code, point, until, last (on the last day)."""
    PICKUP_PROBLEM = "pickup_problem"
    """The locker is full or closed: another pickup is needed (6.1.1). Data: number, method, point, reason."""
    HOLD_EXPIRED = "hold_expired"
    """Not collected in time; the books went back. Data: number, point, missed, forgiven, needs_review."""
    RESERVATION_READY = "reservation_ready"
    """A copy is kept for the reader. Data: title_id, title, until."""
    RESERVATION_EXPIRED = "reservation_expired"
    """The kept copy was not ordered in time. Data: title_id, title."""
    RETURN_SCANNED = "return_scanned"
    """The courier or the locker holds the books: the clock stands (5.4). Data: number, titles, method."""
    RETURN_RECEIVED = "return_received"
    """The library has the books back. Data: number (None at a counter), titles, overdue_fen."""
    RETURN_FAILED = "return_failed"
    """A return that was agreed did not come about; the reader has the books. Data: number, titles, method,
    reason (unused: not handed over in time; courier: nobody came or took them), due (the first), overdue."""
    LOAN_DUE = "loan_due"
    """Loans end soon or today. Data: title (the first), titles, count, due, days (7, 3 or 0), renewable."""
    HELPER_JOINED = "helper_joined"
    """Somebody accepted an invitation to help. No data."""
    HELPER_ENDED = "helper_ended"
    """A helper helps no more. Data: by (reader or helper), name (whom they helped)."""
    HELPER_COPY = "helper_copy"
    """For a helper: the reader's order lies ready. Data: as order_available, name (the reader)."""
    CASE_UPDATE = "case_update"
    """A complaint, suggestion or request moved on (8.1.3). Data: number, kind, state, note, due_on? (while
    it is open)."""
