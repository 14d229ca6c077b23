"""How an address is checked, masked, sealed and opened."""

import json
import re
import unicodedata
from dataclasses import dataclass

from lending.errors import Code, LendingError
from lending.ports import Vault
from lending.readers.model import AddressDetail
from lending.storage.readers import Row

_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0[1-9]\d{8,10}")
_NUMBER_AT_END = re.compile(r"\d+\D{0,2}$")
_LENGTHS = {"recipient": (1, 30), "district": (2, 60), "street": (3, 120)}


@dataclass(frozen=True, slots=True)
class CleanAddress:
    """An address ready to be sealed: NFKC, single spaces, digits only in the telephone."""

    recipient: str
    phone: str
    district: str
    street: str

    @property
    def label(self) -> str:
        """Masked for a talk: the district and the end of the street, e.g. 工业园区…88号."""
        at_end = _NUMBER_AT_END.search(self.street)
        return f"{self.district}…{at_end[0] if at_end else self.street[-2:]}"[:80]


def clean(recipient: str, phone: str, district: str, street: str) -> CleanAddress:
    """Normalised parts; LendingError bad_address(field) for the first that cannot be used."""
    parts = {"recipient": _tidy(recipient), "district": _tidy(district), "street": _tidy(street)}
    for field, text in parts.items():
        least, most = _LENGTHS[field]
        if not least <= len(text) <= most:
            raise LendingError(Code.BAD_ADDRESS, field=field)
    return CleanAddress(phone=clean_phone(phone), **parts)


def clean_phone(phone: str) -> str:
    """Digits of a Chinese mobile or landline (with area code); LendingError bad_address(field="phone")."""
    digits = re.sub(r"[\s()\-–—]", "", unicodedata.normalize("NFKC", phone))
    digits = re.sub(r"^(\+|00)86", "", digits)
    if not (_MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits)):
        raise LendingError(Code.BAD_ADDRESS, field="phone")
    return digits


def seal_address(vault: Vault, address: CleanAddress) -> str:
    """One cipher text for what must not be read."""
    parts = {"recipient": address.recipient, "phone": address.phone, "street": address.street}
    return vault.seal(json.dumps(parts, ensure_ascii=False))


def open_address(vault: Vault, row: Row) -> AddressDetail:
    """The address in clear: callers have written the audit row."""
    return AddressDetail(id=row["id"], district=row["district"], **json.loads(vault.open(row["sealed"])))


def _tidy(text: str) -> str:
    shown = "".join(" " if unicodedata.category(one)[0] == "C" else one for one in text)
    return " ".join(unicodedata.normalize("NFKC", shown).split())
