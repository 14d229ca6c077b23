"""What a case is and how it may move."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class CaseKind(StrEnum):
    """What the reader brings."""

    COMPLAINT = "complaint"
    """Something went wrong."""
    SUGGESTION = "suggestion"
    """Something could be better."""
    PURCHASE = "purchase"
    """The library should buy a title (荐购)."""
    ILL = "ill"
    """The library should borrow a title from another library (馆际互借)."""


class CaseState(StrEnum):
    """Where a case stands."""

    REGISTERED = "registered"
    """Has a number and a due date, nobody has taken it yet."""
    IN_PROGRESS = "in_progress"
    """A member of staff works on it."""
    ANSWERED = "answered"
    """The reader has an answer."""
    CLOSED = "closed"
    """Finished."""
    WITHDRAWN = "withdrawn"
    """Taken back by the reader."""


MOVES: dict[CaseState, frozenset[CaseState]] = {
    CaseState.REGISTERED: frozenset({CaseState.IN_PROGRESS, CaseState.ANSWERED, CaseState.WITHDRAWN}),
    CaseState.IN_PROGRESS: frozenset({CaseState.ANSWERED, CaseState.WITHDRAWN}),
    CaseState.ANSWERED: frozenset({CaseState.IN_PROGRESS, CaseState.CLOSED}),
    CaseState.CLOSED: frozenset(),
    CaseState.WITHDRAWN: frozenset(),
}
"""The only legal moves; an answer that does not satisfy is taken up again."""

NUMBER_LETTER = {CaseKind.COMPLAINT: "T", CaseKind.SUGGESTION: "J", CaseKind.PURCHASE: "G", CaseKind.ILL: "H"}
"""First letter of a case number: 投诉, 建议, 荐购, 互借."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case without its words, which stay sealed (`Cases.text`). `due_on`: the last day for an answer."""

    number: str
    kind: CaseKind
    state: CaseState
    due_on: date
    created_at: datetime
    owner: str | None = None
    reader_id: int | None = None
    conversation_id: str | None = None


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """Who did what to a case, and when. what: "registered" | "read" | a state."""

    at: datetime
    by: str
    what: str
    data: dict[str, Any] = field(default_factory=dict)
