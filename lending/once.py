"""A message handled twice does its work once and is answered the same.

Between the work and the answer a process may die, and the message is handled again. `doing` names the message
for everything below it. A service that changes something notes it in the same transaction (`note`) and looks
first (`before`); without a message around it (staff, timers) both do nothing. Whoever answers keeps the whole
answer (`Journal`), because what came before the work may look different once it is done.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lending.ports import Clock
from lending.storage import once as rows
from lending.storage.base import Connection, Database, Watch, watching

KEPT = timedelta(days=1)

_message: ContextVar[str] = ContextVar("message", default="")


@contextmanager
def doing(message: str) -> Iterator[Watch]:
    """Work for this message; the watch says afterwards whether anything was written."""
    named = _message.set(message)
    try:
        with watching() as watch:
            yield watch
    finally:
        _message.reset(named)


def before(conn: Connection, what: str) -> dict[str, Any] | None:
    """What this was noted with, when it was done for the message at hand."""
    message = _message.get()
    return rows.find(conn, f"{message}|{what}") if message else None


def note(conn: Connection, what: str, now: datetime, **outcome: Any) -> None:
    """It is done, with the transaction that does it."""
    message = _message.get()
    if message:
        rows.add(conn, f"{message}|{what}", outcome, now)


@dataclass(frozen=True, slots=True)
class Journal:
    """Whole answers by key, for a day."""

    database: Database
    clock: Clock

    def find(self, key: str) -> dict[str, Any] | None:
        """The answer kept under this key."""
        with self.database.read() as conn:
            return rows.find(conn, f"answer|{key}")

    def keep(self, key: str, answer: Mapping[str, Any]) -> None:
        """Keep an answer; the first one stands."""
        with self.database.begin() as conn:
            rows.add(conn, f"answer|{key}", answer, self.clock.now())

    def forget(self) -> int:
        """Delete what is too old to be asked for; how many."""
        with self.database.begin() as conn:
            return rows.forget(conn, self.clock.now() - KEPT)
