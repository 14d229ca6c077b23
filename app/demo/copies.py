"""Copies for the demo's titles: the same ones every time, whatever the order of the titles."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from random import Random
from typing import Any

from app.demo.data import DemoLibrary
from lending.storage.catalogue import ON_SHELF

MANY = (4, 6)
FEW = (1, 1, 1, 1, 2, 2, 2, 2, 3, 3)
"""How many copies a title has, each as likely as the other."""


def copies_of(library: DemoLibrary, key: str, title_id: int, title: str) -> Iterator[dict[str, Any]]:
    """Rows for the `copies` table: spread over the branches, about seven of ten on open shelves.

    `key` (the record's) alone decides, so a title added to the file changes no other title's copies.
    """
    chance = Random(key)
    first = chance.randrange(len(library.branches))
    for number in range(_how_many(library, chance, title)):
        stack = "closed" if chance.random() < library.shelf_marks.closed_share else "open"
        yield {
            "barcode": barcode(key, number),
            "title_id": title_id,
            "branch_id": library.branches[(first + number) % len(library.branches)].id,
            "stack": stack,
            "shelf_mark": _shelf_mark(library, chance, stack),
            "state": ON_SHELF,
        }


def barcode(key: str, number: int) -> str:
    """SD, eight digits of the record, two of the copy."""
    return f"SD{int(sha256(key.encode()).hexdigest(), 16) % 10**8:08d}{number + 1:02d}"


def _how_many(library: DemoLibrary, chance: Random, title: str) -> int:
    exactly: Mapping[str, int] = {one.title: one.copies for one in library.copies.all_out}
    if title in exactly:
        return exactly[title]
    if title in library.copies.single:
        return 1
    return chance.randint(*MANY) if title in library.copies.many else chance.choice(FEW)


def _shelf_mark(library: DemoLibrary, chance: Random, stack: str) -> str:
    form = library.shelf_marks.closed if stack == "closed" else library.shelf_marks.open
    return form.format(row=chance.randint(1, 24), shelf=chance.randint(1, 8), layer=chance.randint(1, 6))
