"""What readers are told (standard 7.2) and what happens later.

`notices.add(...)` and `timers.add(...)` write rows in the caller's own transaction: the notice exists exactly
when the change that caused it does. `rules` says of each kind when it may go and whether it may be declined.
"""

from lending.notices.kinds import NoticeKind
from lending.notices.outbox import (
    add,
    due,
    due_of,
    end,
    hold,
    mark_failed,
    mark_sent,
    of_reader,
    recipients,
    withdraw,
    withdraw_all,
)
from lending.storage.notices import Notice, Recipient

__all__ = [
    "Notice",
    "NoticeKind",
    "Recipient",
    "add",
    "due",
    "due_of",
    "end",
    "hold",
    "mark_failed",
    "mark_sent",
    "of_reader",
    "recipients",
    "withdraw",
    "withdraw_all",
]
