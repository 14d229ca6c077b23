"""The library's own list of readers: who they are, and whether a PIN is theirs."""

from datetime import datetime
from typing import Any

from lending.policy import Policy
from lending.ports import Clock, PinHasher, Vault, VerifiedReader
from lending.readers.audit import Audit
from lending.readers.model import AddressDetail, PersonalData, Reader, ReaderKind
from lending.readers.names import surname
from lending.readers.sealing import open_address
from lending.storage import readers as rows
from lending.storage.base import Connection, Database

Facts = dict[str, Any]
"""Columns of a reader."""


class Register:
    """Readers by card. Names and telephones are sealed on the way in; a look in clear is audited."""

    def __init__(
        self, database: Database, clock: Clock, policy: Policy, vault: Vault, hasher: PinHasher, audit: Audit
    ) -> None:
        self._database = database
        self._clock = clock
        self._policy = policy
        self._vault = vault
        self._hasher = hasher
        self._audit = audit

    def register(
        self,
        card: str,
        kind: ReaderKind | str,
        name: str,
        phone: str = "",
        pin: str | None = None,
        birth_year: int | None = None,
        guardian_card: str | None = None,
        *,
        guardian_consent: bool = False,
    ) -> Reader:
        """Enter a reader, or bring the one with this card up to date; the same again changes nothing.

        `pin` None keeps the PIN (or leaves it to the library system). `guardian_consent`: a guardian agreed
        in writing that the child binds the card alone (6.1.4). ValueError for an unknown guardian or kind.
        """
        facts: Facts = {"kind": ReaderKind(kind).value, "surname": surname(name), "birth_year": birth_year}
        with self._database.begin() as conn:
            known = rows.by_card(conn, card)
            if guardian_card is not None:
                facts["guardian_id"] = self._guardian(conn, guardian_card)
            facts["guardian_consent"] = guardian_consent or bool(known and known["guardian_consent"])
            facts |= self._sealed(known, name, phone) | self._pin(known, pin)
            return self.reader(self._write(conn, known, card, facts))

    def adopt(self, conn: Connection, verified: VerifiedReader) -> Reader:
        """The reader whom the library system has just verified, entered or brought up to date."""
        known = rows.by_card(conn, verified.card)
        facts: Facts = {
            "kind": ReaderKind(verified.kind).value,
            "surname": surname(verified.name),
            "birth_year": verified.birth_year,
            **self._sealed(known, verified.name, verified.phone),
        }
        return self.reader(self._write(conn, known, verified.card, facts))

    def check_pin(self, card: str, pin: str) -> VerifiedReader | None:
        """None when card and PIN do not fit; takes as long for a card that does not exist.

        Name and telephone are opened for `Circulation.verify_reader` only; nobody sees them.
        """
        with self._database.read() as conn:
            row = rows.by_card(conn, card)
        if row is None or row["pin_hash"] is None:
            self._hasher.hash(pin)
            return None
        if not self._hasher.verify(row["pin_hash"], pin):
            return None
        name, phone = self._vault.open(row["name_sealed"]), self._vault.open(row["phone_sealed"])
        return VerifiedReader(row["card"], row["kind"], name, phone, row["birth_year"])

    def by_card(self, card: str) -> Reader | None:
        """A reader by the card's number."""
        with self._database.read() as conn:
            row = rows.by_card(conn, card)
        return None if row is None else self.reader(row)

    def by_id(self, reader_id: int) -> Reader | None:
        """A reader by id."""
        with self._database.read() as conn:
            row = rows.by_id(conn, reader_id)
        return None if row is None else self.reader(row)

    def personal(self, reader_id: int, who: str, why: str) -> PersonalData:
        """Name, telephone, addresses in clear; the look is written down. KeyError for an unknown reader."""
        with self._database.begin() as conn:
            row = rows.by_id(conn, reader_id)
            if row is None:
                raise KeyError(reader_id)
            self._audit.note(conn, reader_id, who, "personal", why)
            name, phone = self._vault.open(row["name_sealed"]), self._vault.open(row["phone_sealed"])
            kept = tuple(self._address(address) for address in rows.addresses_of(conn, reader_id))
        return PersonalData(row["card"], name, phone, row["birth_year"], kept)

    def phone(self, reader_id: int, who: str, why: str) -> str:
        """The telephone in clear, "" when there is none; the look is written down."""
        with self._database.begin() as conn:
            row = rows.by_id(conn, reader_id)
            if row is None or not row["phone_sealed"]:
                return ""
            self._audit.note(conn, reader_id, who, "phone", why[:200])
        return self._vault.open(row["phone_sealed"])

    def record_consent(self, reader_id: int, guardian_id: int, who: str) -> None:
        """A guardian has agreed that the child uses the card in a talk (6.1.4)."""
        with self._database.begin() as conn:
            rows.change_reader(conn, reader_id, guardian_id=guardian_id, guardian_consent=True)
            self._audit.note(conn, reader_id, who, "guardian_consent", f"guardian {guardian_id}")

    def suspend(self, reader_id: int, until: datetime | None, who: str, why: str) -> None:
        """Close online ordering until a moment, or open it with None; written down with the reason (4.1)."""
        with self._database.begin() as conn:
            rows.change_reader(conn, reader_id, suspended_until=until)
            self._audit.note(conn, reader_id, who, "suspended" if until else "suspension_lifted", why)

    def reader(self, row: rows.Row) -> Reader:
        """A row as a reader; a suspension that is over is none."""
        until = row["suspended_until"]
        if until is not None and until <= self._clock.now():
            until = None
        kind = ReaderKind(row["kind"])
        words = self._policy.words
        suffix = words.child_suffix if kind is ReaderKind.CHILD else words.reader_suffix
        display_name = row["surname"] + suffix
        return Reader(
            row["id"], row["card"], kind, display_name, until, row["guardian_id"], row["birth_year"]
        )

    def _write(self, conn: Connection, known: rows.Row | None, card: str, facts: Facts) -> rows.Row:
        if known is None:
            rows.insert_reader(conn, {"card": card, "created_at": self._clock.now(), **facts})
            known = _must(rows.by_card(conn, card))
        changed = {name: value for name, value in facts.items() if known[name] != value}
        if changed:
            rows.change_reader(conn, known["id"], **changed)
        return _must(rows.by_id(conn, known["id"]))

    def _guardian(self, conn: Connection, card: str) -> int:
        row = rows.by_card(conn, card)
        if row is None:
            raise ValueError(f"the guardian's card {card} is not known")
        return int(row["id"])

    def _sealed(self, known: rows.Row | None, name: str, phone: str) -> dict[str, str]:
        """Sealed anew only where it changed: a cipher text is different each time."""
        fields = {"name_sealed": name, "phone_sealed": phone}
        return {
            column: known[column]
            if known and self._opens_to(known[column], plain)
            else self._vault.seal(plain)
            for column, plain in fields.items()
        }

    def _opens_to(self, sealed: str, plain: str) -> bool:
        try:
            return self._vault.open(sealed) == plain
        except ValueError:  # sealed under a key that is gone
            return False

    def _pin(self, known: rows.Row | None, pin: str | None) -> dict[str, str]:
        if pin is None or (known and known["pin_hash"] and self._hasher.verify(known["pin_hash"], pin)):
            return {}
        return {"pin_hash": self._hasher.hash(pin)}

    def _address(self, row: rows.Row) -> AddressDetail:
        return open_address(self._vault, row)


def _must(row: rows.Row | None) -> rows.Row:
    if row is None:
        raise LookupError("a reader vanished within its own transaction")
    return row
