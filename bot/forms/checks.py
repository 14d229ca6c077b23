"""What a reader wrote into a form, checked field by field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import phonenumbers

from bot.cleaning import clean

REGION = "CN"


class FieldRefused(Exception):
    """One field is not usable; `field` names it."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True, slots=True)
class AddressFields:
    """A usable address; the phone as E.164."""

    recipient: str
    phone: str
    district: str
    street: str


def address(values: Mapping[str, str], districts: Sequence[str]) -> AddressFields:
    """Raises `FieldRefused` with the first field that is not usable."""
    recipient = _within(clean(values.get("recipient", "")), "recipient", 1, 20)
    phone = _phone(values.get("phone", ""))
    district = values.get("district", "")
    if district not in districts:
        raise FieldRefused("district")
    return AddressFields(
        recipient, phone, district, _within(clean(values.get("street", "")), "street", 4, 100)
    )


def _within(text: str, field: str, least: int, most: int) -> str:
    if not least <= len(text) <= most:
        raise FieldRefused(field)
    return text


def _phone(text: str) -> str:
    try:
        number = phonenumbers.parse(text[:30], REGION)
    except phonenumbers.NumberParseException:
        raise FieldRefused("phone") from None
    if not phonenumbers.is_valid_number(number):
        raise FieldRefused("phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
