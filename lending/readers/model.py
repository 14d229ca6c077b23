"""Who borrows: kinds of readers and what the library may say of one in a talk."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReaderKind(StrEnum):
    """Limits, times and fees differ by kind only (4.1, 6.1.4)."""

    ADULT = "adult"
    """The usual reader."""
    CHILD = "child"
    """Fewer volumes, no adult-only titles, bound with a guardian's consent."""
    ELDERLY = "elderly"
    """Longer loans and holds, door delivery free."""
    DISABLED = "disabled"
    """As elderly; low locker cells."""
    RURAL = "rural"
    """Township drop points with a weekly round."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader, without a full name, phone or address: those are sealed and read under audit only.

    display_name: family name and the policy's word, e.g. 王读者. suspended_until: no online orders till then.
    """

    id: int
    card: str
    kind: ReaderKind
    display_name: str
    suspended_until: datetime | None = None
    guardian_id: int | None = None
    birth_year: int | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """An address as shown in a talk: `label` is masked (district and the end of the street)."""

    id: int
    label: str
    district: str


@dataclass(frozen=True, slots=True)
class AddressDetail:
    """An address in clear, for the courier only. Reading it wrote an audit row."""

    id: int
    recipient: str
    phone: str
    district: str
    street: str


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What is kept of a reader in clear. Reading it wrote an audit row (4.3)."""

    card: str
    name: str
    phone: str
    birth_year: int | None
    addresses: tuple[AddressDetail, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One look at, or change of, a reader's personal data: who, when, what and why."""

    at: datetime
    who: str
    what: str
    why: str
