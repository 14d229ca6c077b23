"""What readers are told (standard 7.2) and what happens later.

`notices.add(...)` and `timers.add(...)` write rows in the caller's own transaction: the notice exists exactly
when the change that caused it does. Senders call `claim`, then `mark_sent` or `mark_failed`.
"""

from lending.notices.kinds import NoticeKind
from lending.notices.outbox import add, claim, due, mark_failed, mark_sent, of_reader, withdraw
from lending.storage.notices import Notice

__all__ = ["Notice", "NoticeKind", "add", "claim", "due", "mark_failed", "mark_sent", "of_reader", "withdraw"]
