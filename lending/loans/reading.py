"""Loans as their readers see them, with the rule that forbids renewing, if one does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lending.errors import LendingError
from lending.loans.model import LoanView
from lending.loans.overdue import Pause, overdue_days
from lending.loans.renewal import Renewing, refusal
from lending.policy import Policy
from lending.storage import loans as rows
from lending.storage import reservations as reservation_rows
from lending.storage import returns as return_rows
from lending.storage.base import Connection


@dataclass(frozen=True, slots=True)
class Around:
    """What else must be known of several loans of one reader."""

    stopped: dict[int, list[Pause]]
    returning: dict[int, str]
    wanted: set[int]
    limit: int
    at: datetime


def around(conn: Connection, loans: Sequence[rows.Row], reader_id: int, limit: int, at: datetime) -> Around:
    """Look it up once for all of them. `limit`: renewals allowed to the reader's kind."""
    ids = [row["id"] for row in loans]
    return Around(
        stopped=rows.pauses(conn, ids),
        returning=return_rows.returning(conn, ids),
        wanted=reservation_rows.waited_for_by_others(conn, {row["title_id"] for row in loans}, reader_id),
        limit=limit,
        at=at,
    )


def why_not(row: rows.Row, known: Around) -> LendingError | None:
    """Why a loan cannot be renewed, None when it can."""
    return refusal(
        Renewing(
            due=row["due"],
            renewals=row["renewals"],
            limit=known.limit,
            overdue_days=overdue_days(row["due"], known.at, known.stopped[row["id"]]),
            wanted_by_other=row["title_id"] in known.wanted,
            returning=known.returning.get(row["id"]),
        )
    )


def view(policy: Policy, row: rows.Row, known: Around) -> LoanView:
    """A loan for its reader."""
    days = overdue_days(row["due"], row["returned_at"] or known.at, known.stopped[row["id"]])
    refused = why_not(row, known)
    return LoanView(
        id=row["id"],
        title_id=row["title_id"],
        title=row["title"],
        due=row["due"],
        renewable=refused is None,
        why_not=None if refused is None else refused.code,
        overdue_days=days,
        overdue_fen=policy.overdue_fen(days),
        returning=row["id"] in known.returning,
        renewals_left=max(0, known.limit - row["renewals"]),
    )
