"""Reminders before a loan is due: one message for all of a reader's loans of one day."""

from datetime import date, datetime, timedelta

from lending import notices
from lending.calendar import local_date, moment
from lending.notices import NoticeKind, timers
from lending.notices.timers import Timer
from lending.policy import Policy
from lending.storage import loans as rows
from lending.storage import returns as return_rows
from lending.storage.base import Connection

TIMER = "loan_due"
"""Timer kind. Payload: reader_id, due_on (ISO date), days."""


def remember(conn: Connection, policy: Policy, reader_id: int, due: datetime, now: datetime) -> None:
    """Write the reminders of a due date; those whose time has passed are left out."""
    due_on = local_date(due)
    at = policy.loans.remind_at
    for days in policy.loans.remind_days_before:
        when = moment(due_on - timedelta(days=days), at.hour * 60 + at.minute)
        if when > now:
            payload = {"reader_id": reader_id, "due_on": due_on.isoformat(), "days": days}
            timers.add(conn, TIMER, f"{TIMER}:{reader_id}:{due_on}:{days}", when, payload)


def loans_to_tell(conn: Connection, timer: Timer) -> list[rows.Row]:
    """The reader's loans due that day that nobody has on the way back."""
    due_on = date.fromisoformat(timer.payload["due_on"])
    due = [
        row for row in rows.open_loans(conn, timer.payload["reader_id"]) if local_date(row["due"]) == due_on
    ]
    returning = return_rows.returning(conn, [row["id"] for row in due])
    return [row for row in due if row["id"] not in returning]


def forget(conn: Connection, reader_id: int, due: datetime) -> None:
    """Take back what was not told yet of a day on which nothing of the reader's is due any more."""
    due_on = local_date(due)
    if all(local_date(row["due"]) != due_on for row in rows.open_loans(conn, reader_id)):
        notices.withdraw_all(conn, f"{TIMER}:{reader_id}:{due_on}:")


def tell(conn: Connection, timer: Timer, due: list[rows.Row], renewable: bool) -> None:
    """The notice. Data: title (the first), titles, count, due, days, renewable (any of them)."""
    titles = [row["title"] for row in due]
    data = {"title": titles[0], "titles": titles, "count": len(titles)}
    data |= {"due": due[0]["due"].isoformat(), "days": timer.payload["days"], "renewable": renewable}
    notices.add(conn, timer.payload["reader_id"], NoticeKind.LOAN_DUE, data, timer.key)
