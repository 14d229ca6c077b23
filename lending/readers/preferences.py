"""How a reader wants to be spoken to: elderly mode and spoken answers (standard 6.1.4)."""

from dataclasses import dataclass
from typing import Any

from lending.ports import Clock
from lending.readers.audit import Audit
from lending.readers.model import ReaderKind
from lending.storage import preferences as rows
from lending.storage import readers as reader_rows
from lending.storage.base import Connection, Database

READER = "reader"


@dataclass(frozen=True, slots=True)
class Manner:
    """How to speak in a conversation.

    elder: few things at a time. speech: whether answers are wanted as voice too, None when nobody said (then
    elderly readers who speak get them). chosen: whether anybody ever switched elderly mode on or off here.
    """

    elder: bool = False
    speech: bool | None = None
    chosen: bool = False


class Preferences:
    """What was said in this conversation counts first, then what was said of the reader, then their kind."""

    def __init__(self, database: Database, clock: Clock, audit: Audit) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit

    def of(self, conversation_id: str) -> Manner:
        """How to speak in this conversation."""
        here = _here(conversation_id)
        with self._database.read() as conn:
            bound = rows.bound_kind(conn, conversation_id)
            always = _always(bound["reader_id"]) if bound else here
            found = rows.of(conn, [here, always])
        said = [found[subject] for subject in (here, always) if subject in found]
        elder = next((row["elder"] for row in said if row["elder"] is not None), None)
        speech = next((row["speech"] for row in said if row["speech"] is not None), None)
        by_kind = bound is not None and bound["kind"] == ReaderKind.ELDERLY
        return Manner(by_kind if elder is None else bool(elder), speech, elder is not None)

    def set_elder(self, conversation_id: str, on: bool, *, here_only: bool = False) -> None:
        """Switch elderly mode; `here_only` when the library did so by itself (the reader did not ask)."""
        self._set(conversation_id, here_only, elder=on)

    def set_speech(self, conversation_id: str, on: bool) -> None:
        """Whether answers are wanted as voice too."""
        self._set(conversation_id, False, speech=on)

    def set_for_reader(
        self, reader_id: int, *, elder: bool | None, speech: bool | None = None, by: str = "desk"
    ) -> None:
        """What staff set at the desk, for every conversation of the reader's; written down in the audit."""
        now = self._clock.now()
        with self._database.begin() as conn:
            rows.put(conn, _always(reader_id), now, by, elder=elder, speech=speech)
            for conversation_id in reader_rows.conversations_of(conn, reader_id):
                rows.put(conn, _here(conversation_id), now, by, elder=None, speech=None)
            self._audit.note(conn, reader_id, by, "manner", f"elder {elder}, speech {speech}")

    def _set(self, conversation_id: str, here_only: bool, **values: Any) -> None:
        with self._database.begin() as conn:
            self._put(conn, _here(conversation_id), **values)
            bound = None if here_only else rows.bound_kind(conn, conversation_id)
            if bound is not None:
                self._put(conn, _always(bound["reader_id"]), **values)

    def _put(self, conn: Connection, subject: str, **values: Any) -> None:
        rows.put(conn, subject, self._clock.now(), READER, **values)


def _here(conversation_id: str) -> str:
    return f"conversation:{conversation_id}"


def _always(reader_id: int) -> str:
    return f"reader:{reader_id}"
