"""Registering cases and moving them on."""

from datetime import date, datetime, timedelta
from typing import Any, Protocol

from lending import notices, once
from lending.calendar.zone import local, local_date
from lending.cases.model import MOVES, NUMBER_LETTER, Case, CaseEvent, CaseKind, CaseState
from lending.errors import Code, LendingError
from lending.ports import Clock, Vault
from lending.storage import cases as rows
from lending.storage.base import Connection, Database

SAME_WITHIN = timedelta(minutes=10)
"""The same words from the same conversation within this time are one case (a message sent twice)."""


class WorkingDays(Protocol):
    """The part of the working calendar that cases need."""

    def add_working_days(self, start: datetime, days: int, /) -> datetime: ...


class CasePolicy(Protocol):
    """The part of the policy that cases need."""

    @property
    def case_due_working_days(self) -> int: ...


class Cases:
    """The register. Words are sealed by the vault; every staff look at them is an event."""

    def __init__(
        self, database: Database, clock: Clock, vault: Vault, calendar: WorkingDays, policy: CasePolicy
    ) -> None:
        self._database = database
        self._clock = clock
        self._vault = vault
        self._calendar = calendar
        self._policy = policy

    def register(self, kind: str, text: str, reader_id: int | None, conversation_id: str) -> Case:
        """A numbered case with a due date; the same words again within ten minutes give the same case.

        Raises LendingError(case_text_empty).
        """
        words = text.strip()
        if not words:
            raise LendingError(Code.CASE_TEXT_EMPTY)
        now = self._clock.now()
        same = self._vault.fingerprint(f"case|{CaseKind(kind)}|{conversation_id}|{words}")
        with self._database.begin() as conn:
            known = rows.same_case_since(conn, same, now - SAME_WITHIN)
            noted = once.before(conn, f"case:{same}")
            if noted is not None:
                known = rows.case_by_number(conn, noted["number"])
            if known is not None:
                return _case(known)
            made = self._insert(conn, CaseKind(kind), words, same, now, reader_id, conversation_id)
            once.note(conn, f"case:{same}", now, number=made.number)
            return made

    def _insert(
        self,
        conn: Connection,
        kind: CaseKind,
        words: str,
        same: str,
        now: datetime,
        reader_id: int | None,
        conversation_id: str,
    ) -> Case:
        # Two requests at the same moment meet in the unique key; the look-up before it spans its buckets.
        key = f"{same}:{int(now.timestamp() // SAME_WITHIN.total_seconds())}"
        values = {
            "key": key,
            "kind": kind.value,
            "state": CaseState.REGISTERED.value,
            "sealed_text": self._vault.seal(words),
            "fingerprint": same,
            "reader_id": reader_id,
            "conversation_id": conversation_id,
            "created_at": now,
            "due_on": self._due_on(now),
        }
        case_id = rows.insert_case(conn, values)
        if case_id is not None:
            number = f"{NUMBER_LETTER[kind]}{local(now):%Y%m%d}-{case_id:04d}"
            rows.set_case(conn, case_id, {"number": number})
            rows.add_event(conn, case_id, now, "reader", CaseState.REGISTERED.value, {})
        return _case(_found(rows.case_by_key(conn, key)))

    def _due_on(self, now: datetime) -> date:
        return local_date(self._calendar.add_working_days(now, self._policy.case_due_working_days))

    def of(self, reader_id: int | None = None, conversation_id: str | None = None) -> list[Case]:
        """Cases of this reader or of this conversation, newest first."""
        with self._database.read() as conn:
            return [_case(row) for row in rows.cases_of(conn, reader_id, conversation_id)]

    def get(self, number: str) -> Case:
        """Raises LendingError(case_not_found)."""
        with self._database.read() as conn:
            return _case(_found(rows.case_by_number(conn, number)))

    def open(self) -> list[Case]:
        """Cases without an answer, the one due first on top."""
        waiting = (CaseState.REGISTERED.value, CaseState.IN_PROGRESS.value)
        with self._database.read() as conn:
            return [_case(row) for row in rows.open_cases(conn, waiting)]

    def events(self, number: str) -> list[CaseEvent]:
        """The history, oldest first."""
        with self._database.read() as conn:
            case_id = _found(rows.case_by_number(conn, number))["id"]
            return [CaseEvent(e["at"], e["by"], e["what"], e["data"]) for e in rows.events_of(conn, case_id)]

    def text(self, number: str, by: str) -> str:
        """The reader's words, opened for `by`; the look itself becomes an event."""
        with self._database.begin() as conn:
            row = _found(rows.case_by_number(conn, number))
            rows.add_event(conn, row["id"], self._clock.now(), by, "read", {})
            return self._vault.open(row["sealed_text"])

    def advance(self, number: str, state: CaseState, by: str, note: str = "") -> Case:
        """Move a case on and tell the reader (8.1.3); `note` is told too, so it holds nothing private.

        Raises LendingError(case_not_found | illegal_move).
        """
        now = self._clock.now()
        with self._database.begin() as conn:
            row = _found(rows.case_by_number(conn, number, lock=True))
            if state not in MOVES[CaseState(row["state"])]:
                raise LendingError(Code.ILLEGAL_MOVE, state=row["state"], event=str(state))
            owner = by if state is CaseState.IN_PROGRESS else row["owner"]
            rows.set_case(conn, row["id"], {"state": state.value, "owner": owner})
            event_id = rows.add_event(conn, row["id"], now, by, state.value, {"note": note} if note else {})
            self._tell(conn, dict(row), state, note, event_id)
        return self.get(number)

    def _tell(
        self, conn: Connection, row: dict[str, Any], state: CaseState, note: str, event_id: int
    ) -> None:
        data = {"number": row["number"], "kind": row["kind"], "state": state.value, "note": note}
        if state in (CaseState.REGISTERED, CaseState.IN_PROGRESS):
            data["due_on"] = row["due_on"].isoformat()
        key = f"{notices.NoticeKind.CASE_UPDATE}:{row['number']}:{event_id}"
        whom = row["conversation_id"] if row["reader_id"] is None else None
        notices.add(conn, row["reader_id"], notices.NoticeKind.CASE_UPDATE, data, key, conversation_id=whom)


def _found(row: Any) -> Any:
    if row is None:
        raise LendingError(Code.CASE_NOT_FOUND)
    return row


def _case(row: Any) -> Case:
    return Case(
        number=row["number"],
        kind=CaseKind(row["kind"]),
        state=CaseState(row["state"]),
        due_on=row["due_on"],
        created_at=row["created_at"],
        owner=row["owner"],
        reader_id=row["reader_id"],
        conversation_id=row["conversation_id"],
    )
