"""`Circulation` in memory."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from lending.errors import Code, LendingError
from lending.ports import CheckedOut, FoundCopy, PortUnavailable, VerifiedReader


class FakeCirculation:
    """`pins`: for each card its PIN and reader. `down` makes every call fail as an unreachable system
    does."""

    def __init__(
        self, pins: Mapping[str, tuple[str, VerifiedReader]], copies: Iterable[FoundCopy] = ()
    ) -> None:
        self._pins = dict(pins)
        self._copies = {copy.copy_id: copy for copy in copies}
        self._reserved: dict[int, str] = {}
        self._out: dict[int, tuple[str, CheckedOut]] = {}
        self._done: dict[str, CheckedOut] = {}
        self._in_keys: set[str] = set()
        self.fees: dict[str, int] = {}
        self.down = False

    def verify_reader(self, card: str, pin: str) -> VerifiedReader | None:
        self._reach()
        known_pin, reader = self._pins.get(card, ("", None))
        return reader if reader is not None and pin == known_pin else None

    def find_copies(self, title_id: int) -> Sequence[FoundCopy]:
        self._reach()
        free = [
            copy
            for copy in self._copies.values()
            if copy.title_id == title_id and self._is_free(copy.copy_id)
        ]
        return sorted(free, key=lambda copy: (copy.stack != "open", copy.copy_id))

    def reserve_copy(self, copy_id: int, card: str, key: str) -> bool:
        self._reach()
        if self._reserved.get(copy_id) == key:
            return True
        if not self._is_free(copy_id):
            return False
        self._reserved[copy_id] = key
        return True

    def release_copy(self, copy_id: int, key: str) -> None:
        self._reach()
        if self._reserved.get(copy_id) == key:
            del self._reserved[copy_id]

    def check_out(self, copy_id: int, card: str, due: datetime, key: str) -> CheckedOut:
        self._reach()
        if key in self._done:
            return self._done[key]
        if copy_id in self._out:
            raise LendingError(Code.COPY_LENT, copy_id=copy_id)
        return self._book(copy_id, card, due, key, f"L{len(self._done) + 1}")

    def check_in(self, copy_id: int, key: str) -> None:
        self._reach()
        if key not in self._in_keys and copy_id in self._out:
            self._in_keys.add(key)
            del self._out[copy_id]

    def renew(self, copy_id: int, card: str, due: datetime, key: str) -> CheckedOut:
        self._reach()
        if key in self._done:
            return self._done[key]
        held_by, loan = self._out.get(copy_id, ("", None))
        if loan is None or held_by != card:
            raise LendingError(Code.LOAN_NOT_FOUND)
        return self._book(copy_id, card, due, key, loan.loan_ref)

    def fees_owed(self, card: str) -> int:
        self._reach()
        return self.fees.get(card, 0)

    def _book(self, copy_id: int, card: str, due: datetime, key: str, ref: str) -> CheckedOut:
        self._done[key] = CheckedOut(ref, due)
        self._out[copy_id] = (card, self._done[key])
        return self._done[key]

    def _is_free(self, copy_id: int) -> bool:
        return copy_id in self._copies and copy_id not in self._out and copy_id not in self._reserved

    def _reach(self) -> None:
        if self.down:
            raise PortUnavailable("the library system does not answer")
