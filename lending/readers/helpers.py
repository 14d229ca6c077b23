"""Helpers: somebody who gets a copy of a reader's pickup codes in their own conversation (standard 6.1.4).

The reader asks for a code and passes it on by mouth; who enters it in their own conversation is the helper.
Both are told, both can end it, and each step is a line in the reader's audit.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from lending.errors import Code, LendingError
from lending.notices import NoticeKind
from lending.notices import add as tell
from lending.ports import Clock, Vault
from lending.readers.audit import Audit
from lending.readers.model import Reader
from lending.storage import helpers as rows
from lending.storage import readers as reader_rows
from lending.storage.base import Connection, Database

DIGITS = 6
VALID = timedelta(hours=24)
MOST_HELPERS = 3
WRONG_CODES = 5
"""Wrong codes that one conversation may enter in an hour; all together get twenty times as many, so that
guessing among many conversations leads nowhere either."""
ALL_TOGETHER = 20
WINDOW = timedelta(hours=1)
MOST_TRIES = 50


@dataclass(frozen=True, slots=True)
class Invitation:
    """Six digits for the helper, good once."""

    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """What “no more helper” ended: how many helped this reader, and whom this conversation helped."""

    helpers: int
    helped: tuple[str, ...]


class Helpers:
    """Invite, accept, end."""

    def __init__(self, database: Database, clock: Clock, vault: Vault, audit: Audit) -> None:
        self._database = database
        self._clock = clock
        self._vault = vault
        self._audit = audit

    def invite(self, reader: Reader, conversation_id: str) -> Invitation:
        """A code for whoever is to help; an earlier one that was not used ends. LendingError
        too_many_helpers(limit)."""
        now = self._clock.now()
        with self._database.begin() as conn:
            if len(rows.of_reader(conn, reader.id)) >= MOST_HELPERS:
                raise LendingError(Code.TOO_MANY_HELPERS, limit=MOST_HELPERS)
            self._audit.note(conn, reader.id, conversation_id, "helper_invited", "reader")
            return Invitation(self._issue(conn, reader, conversation_id, now), now + VALID)

    def accept(self, conversation_id: str, code: str) -> str:
        """The conversation helps from now on; the reader's name as told. LendingError helper_code_refused,
        helper_code_locked(retry_after_seconds), own_helper (the reader's own conversation)."""
        self._reserve(conversation_id)
        now = self._clock.now()
        with self._database.begin() as conn:
            invitation = rows.use(conn, self._print(code), now)
            if invitation is None:
                raise LendingError(Code.HELPER_CODE_REFUSED)
            bound = reader_rows.bound_reader(conn, conversation_id)
            if bound is not None and bound["id"] == invitation["reader_id"]:
                raise LendingError(Code.OWN_HELPER)
            name = self._join(conn, invitation, conversation_id, now)
        self._take_back(conversation_id)
        return name

    def of(self, reader_id: int) -> int:
        """How many help a reader."""
        with self._database.read() as conn:
            return len(rows.of_reader(conn, reader_id))

    def end(self, conversation_id: str) -> Ended:
        """Nobody helps the reader of this conversation any more, and it helps nobody; the others are told."""
        now = self._clock.now()
        with self._database.begin() as conn:
            bound = reader_rows.bound_reader(conn, conversation_id)
            mine = rows.of_reader(conn, bound["id"]) if bound else []
            others = rows.of_conversation(conn, conversation_id)
            for row in mine:
                self._end(conn, row, "reader", now)
            for row in others:
                self._end(conn, row, "helper", now)
        return Ended(len(mine), tuple(row["reader_name"] for row in others))

    def _issue(self, conn: Connection, reader: Reader, conversation_id: str, now: datetime) -> str:
        for _ in range(MOST_TRIES):
            code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
            values = {
                "reader_id": reader.id,
                "conversation_id": conversation_id,
                "code_print": self._print(code),
                "reader_name": reader.display_name,
                "expires_at": now + VALID,
            }
            if rows.invite(conn, values, now):
                return code
        raise RuntimeError("no free invitation code")

    def _join(self, conn: Connection, invitation: rows.Row, conversation_id: str, now: datetime) -> str:
        name = str(invitation["reader_name"])
        reader_id = int(invitation["reader_id"])
        values = {"reader_id": reader_id, "conversation_id": conversation_id, "reader_name": name}
        rows.add(conn, values | {"since": now})
        self._audit.note(conn, reader_id, conversation_id, "helper_joined", "invitation")
        key = f"helper_joined:{invitation['id']}"
        tell(conn, None, NoticeKind.HELPER_JOINED, {}, key, conversation_id=invitation["conversation_id"])
        return name

    def _end(self, conn: Connection, row: rows.Row, by: str, now: datetime) -> None:
        rows.end(conn, [row["id"]], by, now)
        self._audit.note(conn, row["reader_id"], row["conversation_id"], "helper_ended", by)
        key = f"helper_ended:{row['id']}"
        facts = {"by": by, "name": row["reader_name"]}
        if by == "reader":
            tell(conn, None, NoticeKind.HELPER_ENDED, facts, key, conversation_id=row["conversation_id"])
        else:
            tell(conn, row["reader_id"], NoticeKind.HELPER_ENDED, facts, key)

    def _print(self, code: str) -> str:
        return self._vault.fingerprint(f"helper:{code}")

    # --- guessing ---

    def _reserve(self, conversation_id: str) -> None:
        """Count an attempt before the code is looked at (as with PINs)."""
        now = self._clock.now()
        since = (now - WINDOW).timestamp()
        limits = {"helper:all": WRONG_CODES * ALL_TOGETHER, f"helper:{conversation_id}": WRONG_CODES}
        with self._database.begin() as conn:
            for subject, limit in limits.items():
                times = [at for at in reader_rows.lock_attempts(conn, subject) if at > since]
                if len(times) >= limit:
                    wait = int(times[-limit] + WINDOW.total_seconds() - now.timestamp()) + 1
                    raise LendingError(Code.HELPER_CODE_LOCKED, retry_after_seconds=wait)
                reader_rows.set_attempts(conn, subject, [*times, now.timestamp()])

    def _take_back(self, conversation_id: str) -> None:
        with self._database.begin() as conn:
            for subject in ("helper:all", f"helper:{conversation_id}"):
                reader_rows.set_attempts(conn, subject, reader_rows.lock_attempts(conn, subject)[:-1])


def copies(conn: Connection, reader_id: int, number: str, facts: dict[str, object]) -> None:
    """Everyone who helps the reader is told what lies ready, code included, in the caller's transaction."""
    for row in rows.of_reader(conn, reader_id):
        told = {**facts, "name": row["reader_name"]}
        key = f"helper_copy:{number}:{row['id']}"
        tell(conn, None, NoticeKind.HELPER_COPY, told, key, conversation_id=row["conversation_id"])
