"""The rule of renewing: who may, and why not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lending.errors import Code, LendingError


@dataclass(frozen=True, slots=True)
class Renewing:
    """What the rule looks at. `returning`: number of the return it is in."""

    due: datetime
    renewals: int
    limit: int
    overdue_days: int
    wanted_by_other: bool
    returning: str | None


def refusal(loan: Renewing) -> LendingError | None:
    """Why the loan cannot be renewed, the reader's own figures with it; None when it can."""
    if loan.returning is not None:
        return _because(loan, Code.BEING_RETURNED, number=loan.returning)
    if loan.overdue_days > 0:
        return _because(loan, Code.OVERDUE, days=loan.overdue_days)
    if loan.renewals >= loan.limit:
        return _because(loan, Code.RENEWAL_USED, limit=loan.limit)
    if loan.wanted_by_other:
        return _because(loan, Code.RESERVED_BY_OTHER)
    return None


def _because(loan: Renewing, code: Code, **facts: Any) -> LendingError:
    return LendingError(code, due=loan.due, **facts)
