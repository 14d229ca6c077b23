"""What one record of a file says of a title or a copy."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lending.catalogue.keys import record_key


@dataclass(frozen=True)
class TitleFacts:
    """What one record says of a title: `values` only for the columns it speaks of, the title among them."""

    number: int
    isbn13: str | None
    values: Mapping[str, Any]

    @cached_property
    def key(self) -> str:
        """See `record_key`."""
        return record_key(self.values["title"], self.values.get("author", ""), self.isbn13)


@dataclass(frozen=True, slots=True)
class CopyFacts:
    """What one record says of a copy. The title by its ISBN, or by the key of title and author."""

    number: int
    barcode: str
    title_id: int
    values: Mapping[str, str]
