"""ISBNs as readers and records write them: ten or thirteen digits, with hyphens, spaces or words around."""

import re

_CANDIDATE = re.compile(r"(?<![0-9])(?:97[89][-–— ]?)?(?:[0-9][-–— ]?){9}[0-9xX](?![0-9])")
_BOOKLAND = ("978", "979")


def check_digit_13(first_twelve: str) -> str:
    """The last digit of an ISBN-13 (weights 1 and 3, modulo 10)."""
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(first_twelve))
    return str(-weighted % 10)


def check_digit_10(first_nine: str) -> str:
    """The last digit of an ISBN-10 (weights 10 to 2, modulo 11; ten is X)."""
    weighted = sum(int(digit) * (10 - place) for place, digit in enumerate(first_nine))
    return "0123456789X"[-weighted % 11]


def normal_isbn(text: str) -> str | None:
    """Thirteen digits, or None when the text is no ISBN or its check digit is wrong."""
    digits = re.sub(r"[^0-9Xx]", "", text).upper()
    if len(digits) == 13 and digits.isdigit() and digits.startswith(_BOOKLAND):
        return digits if check_digit_13(digits[:12]) == digits[12] else None
    if len(digits) == 10 and digits[:9].isdigit() and check_digit_10(digits[:9]) == digits[9]:
        return f"978{digits[:9]}{check_digit_13('978' + digits[:9])}"
    return None


def find_isbns(text: str) -> tuple[str, ...]:
    """Every valid ISBN in a message, as thirteen digits, in the order written."""
    found = (normal_isbn(match.group()) for match in _CANDIDATE.finditer(text))
    return tuple(dict.fromkeys(isbn for isbn in found if isbn is not None))
