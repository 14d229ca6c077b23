"""Who looked at a reader's personal data, when, at what and why (4.3); the reader may ask to see it."""

from lending.ports import Clock
from lending.readers.model import AuditEntry
from lending.storage import readers as rows
from lending.storage.base import Connection, Database


class Audit:
    """The audit of personal data: written in the transaction of the look itself, never changed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def note(self, conn: Connection, reader_id: int, who: str, what: str, why: str) -> None:
        """Write one line in the caller's transaction."""
        rows.add_audit(conn, reader_id, self._clock.now(), who, what, why)

    def of(self, reader_id: int, limit: int = 200) -> list[AuditEntry]:
        """A reader's lines, the newest first."""
        with self._database.read() as conn:
            found = rows.audit_of(conn, reader_id, limit)
        return [AuditEntry(row["at"], row["who"], row["what"], row["why"]) for row in found]
