"""A `Circulation` on the lending database, for libraries that have no other system.

Copies are reserved in the same `promises` as orders and kept reservations use, so nobody can promise a copy
twice.
A loan of the lending core (`loans`) can be renewed here before its check-out was told.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from lending.errors import Code, LendingError
from lending.ports import CheckedOut, Clock, FoundCopy, VerifiedReader
from lending.storage import circulation as rows
from lending.storage import promises
from lending.storage.base import Connection, Database

ON_SHELF, LENT = "on_shelf", "lent"


class PinCheck(Protocol):
    """Who keeps the cards and PINs (`lending.readers.register.Register`)."""

    def check_pin(self, card: str, pin: str) -> VerifiedReader | None: ...


class LocalCirculation:
    """Readers from the register, copies and loans from the lending database."""

    def __init__(self, database: Database, clock: Clock, register: PinCheck) -> None:
        self._database = database
        self._clock = clock
        self._register = register

    def verify_reader(self, card: str, pin: str) -> VerifiedReader | None:
        """None when card and PIN do not fit."""
        return self._register.check_pin(card, pin)

    def find_copies(self, title_id: int) -> Sequence[FoundCopy]:
        """Open shelves before closed stacks."""
        with self._database.read() as conn:
            found = promises.candidates(conn, title_id)
        return [
            FoundCopy(copy.copy_id, copy.barcode, copy.title_id, copy.branch_id, copy.stack, copy.shelf_mark)
            for copy in found
        ]

    def reserve_copy(self, copy_id: int, card: str, key: str) -> bool:
        """False when it is not on the shelf or someone else was first."""
        with self._database.begin() as conn:
            if promises.holder(conn, copy_id) == key:
                return True
            return rows.on_shelf(conn, copy_id) and promises.promise(conn, copy_id, key, self._clock.now())

    def release_copy(self, copy_id: int, key: str) -> None:
        """Harmless when the key does not hold it."""
        with self._database.begin() as conn:
            promises.release(conn, key, self._clock.now(), copy_id)

    def check_out(self, copy_id: int, card: str, due: datetime, key: str) -> CheckedOut:
        """LendingError copy_lent(copy_id) when another card has it."""
        with self._database.begin() as conn:
            values = {"key": key, "copy_id": copy_id, "card": card, "due": due}
            if rows.check_out(conn, values):
                promises.set_copy_state(conn, copy_id, LENT)
            mine = rows.by_key(conn, key)
            if mine is None:
                raise LendingError(Code.COPY_LENT, copy_id=copy_id)
            return CheckedOut(str(mine["id"]), mine["due"])

    def check_in(self, copy_id: int, key: str) -> None:
        """A copy that is not out stays as it is; a key used before does nothing.

        A copy still lent by the lending core goes to the shelf when the core ends that loan: the queue
        comes first.
        """
        with self._database.begin() as conn:
            out = rows.open_checkout(conn, copy_id)
            if out is None or rows.checked_in_under(conn, key):
                return
            rows.check_in(conn, out["id"], self._clock.now(), key)
            if rows.lent(conn, copy_id) is None:
                promises.set_copy_state(conn, copy_id, ON_SHELF)

    def renew(self, copy_id: int, card: str, due: datetime, key: str) -> CheckedOut:
        """LendingError loan_not_found when the card does not have the copy."""
        with self._database.begin() as conn:
            done = rows.renewed_under(conn, key)
            if done is not None:
                return CheckedOut(done["loan_ref"], done["due"])
            ref = self._loan_of(conn, copy_id, card, due)
            rows.renew(conn, ref, due, key)
            return CheckedOut(ref, due)

    @staticmethod
    def _loan_of(conn: Connection, copy_id: int, card: str, due: datetime) -> str:
        """The card's loan of the copy, with its new date."""
        lent, out = rows.lent(conn, copy_id), rows.open_checkout(conn, copy_id)
        if out is not None and out["card"] == card:
            rows.set_due(conn, out["id"], due)
            return str(out["id"])
        if lent is not None and lent["card"] == card:
            return f"loan:{lent['id']}"
        raise LendingError(Code.LOAN_NOT_FOUND)

    def fees_owed(self, card: str) -> int:
        """Charges not settled yet, in fen."""
        with self._database.read() as conn:
            return rows.owed(conn, card)
