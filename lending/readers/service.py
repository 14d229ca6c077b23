"""Binding a card to a conversation, and a reader's addresses."""

from lending.calendar import local_date
from lending.errors import Code, LendingError
from lending.policy import Policy
from lending.ports import Circulation, Clock, Vault
from lending.readers.attempts import PinAttempts
from lending.readers.audit import Audit
from lending.readers.helpers import Helpers
from lending.readers.model import Address, AddressDetail, PersonalData, Reader, ReaderKind
from lending.readers.preferences import Preferences
from lending.readers.register import Register
from lending.readers.sealing import clean, open_address, seal_address
from lending.storage import readers as rows
from lending.storage.base import Connection, Database


class Readers:
    """A conversation is bound to one reader, a reader in many. `register`: the list of readers."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        policy: Policy,
        vault: Vault,
        circulation: Circulation,
        register: Register,
        audit: Audit,
    ) -> None:
        self._database = database
        self._clock = clock
        self._policy = policy
        self._vault = vault
        self._circulation = circulation
        self._attempts = PinAttempts(database, clock, policy, vault)
        self.register = register
        self.audit = audit
        self.preferences = Preferences(database, clock, audit)
        self.helpers = Helpers(database, clock, vault, audit)

    # --- binding ---

    def verify_and_bind(self, conversation_id: str, card: str, pin: str) -> Reader:
        """Bind the conversation to the card's reader, in place of whoever it was bound to.

        LendingError card_refused, pin_locked(retry_after_seconds), child_needs_guardian(age); PortUnavailable
        when the library system does not answer (the attempt is not counted).
        """
        card, pin = card.strip(), pin.strip()
        if not (0 < len(card) <= 40 and 0 < len(pin) <= 60):
            raise LendingError(Code.CARD_REFUSED)
        at = self._attempts.reserve(conversation_id, card)
        try:
            verified = self._circulation.verify_reader(card, pin)
        except BaseException:
            self._attempts.take_back(conversation_id, card, at)
            raise
        if verified is None:
            raise LendingError(Code.CARD_REFUSED)
        self._attempts.take_back(conversation_id, card, at)
        with self._database.begin() as conn:
            reader = self.register.adopt(conn, verified)
        with self._database.begin() as conn:
            self._bind(conn, conversation_id, reader)
        return reader

    def bound_to(self, conversation_id: str) -> Reader | None:
        """The reader of this conversation."""
        with self._database.read() as conn:
            row = rows.bound_reader(conn, conversation_id)
        return None if row is None else self.register.reader(row)

    def unbind(self, conversation_id: str) -> bool:
        """Forget the card in this conversation; False when it had none."""
        with self._database.begin() as conn:
            reader_id = rows.unbind(conn, conversation_id)
            if reader_id is not None:
                self.audit.note(conn, reader_id, conversation_id, "unbound", "reader")
        return reader_id is not None

    def conversations_of(self, reader_id: int) -> list[str]:
        """Conversations bound to the reader, the one bound last first."""
        with self._database.read() as conn:
            return rows.conversations_of(conn, reader_id)

    def _bind(self, conn: Connection, conversation_id: str, reader: Reader) -> None:
        self._check_guardian(conn, conversation_id, reader)
        rows.bind(conn, conversation_id, reader.id, self._clock.now())
        self.audit.note(conn, reader.id, conversation_id, "bound", "card and PIN")

    def _check_guardian(self, conn: Connection, conversation_id: str, reader: Reader) -> None:
        """A young child binds with a recorded consent, or in the conversation of its guardian (6.1.4)."""
        if not self._needs_guardian(reader):
            return
        row = rows.by_id(conn, reader.id)
        consented = bool(row and row["guardian_consent"]) and self._policy.binding.consent_allows_child
        bound = rows.bound_reader(conn, conversation_id)
        with_guardian = bound is not None and bound["id"] in (reader.guardian_id, reader.id)
        if not (consented or with_guardian):
            raise LendingError(Code.CHILD_NEEDS_GUARDIAN, age=self._policy.binding.guardian_below_age)

    def _needs_guardian(self, reader: Reader) -> bool:
        if reader.birth_year is None:
            return reader.kind is ReaderKind.CHILD
        age = local_date(self._clock.now()).year - reader.birth_year
        return age < self._policy.binding.guardian_below_age

    # --- addresses ---

    def addresses(self, reader_id: int) -> list[Address]:
        """Masked, the newest first."""
        with self._database.read() as conn:
            return [_address(row) for row in rows.addresses_of(conn, reader_id)]

    def add_address(self, reader_id: int, recipient: str, phone: str, district: str, street: str) -> Address:
        """Keep an address sealed; the same again is the same row. LendingError bad_address(field)."""
        address = clean(recipient, phone, district, street)
        print_ = self._vault.fingerprint(f"{reader_id}|{address}")
        with self._database.begin() as conn:
            for row in rows.addresses_of(conn, reader_id):
                if row["print"] == print_:
                    return _address(row)
            values = {"reader_id": reader_id, "district": address.district, "label": address.label}
            values |= {"sealed": seal_address(self._vault, address), "print": print_}
            address_id = rows.insert_address(conn, values | {"created_at": self._clock.now()})
        return Address(address_id, address.label, address.district)

    def remove_address(self, reader_id: int, address_id: int) -> None:
        """LendingError address_not_found, also for another reader's."""
        with self._database.begin() as conn:
            if not rows.remove_address(conn, reader_id, address_id, self._clock.now()):
                raise LendingError(Code.ADDRESS_NOT_FOUND)
            self.audit.note(conn, reader_id, "reader", "address_removed", "reader")

    def address_detail(self, address_id: int, who: str = "logistics", why: str = "shipment") -> AddressDetail:
        """In clear, for the courier; the look is written down. LendingError address_not_found."""
        with self._database.begin() as conn:
            row = rows.address(conn, address_id)
            if row is None:
                raise LendingError(Code.ADDRESS_NOT_FOUND)
            self.audit.note(conn, row["reader_id"], who, "address", why)
        return open_address(self._vault, row)

    def personal(self, reader_id: int, who: str, why: str) -> PersonalData:
        """What is kept of a reader in clear; the look is written down."""
        return self.register.personal(reader_id, who, why)


def _address(row: rows.Row) -> Address:
    return Address(row["id"], row["label"], row["district"])
