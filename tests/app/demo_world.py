"""The demo's library, wired as the program wires it, with a clock that is moved by hand."""

from dataclasses import dataclass
from pathlib import Path

from app.settings import load_settings
from app.wiring import build
from integrations.logistics.local import LocalCourier
from integrations.pins.argon2_hasher import Argon2Pins
from lending.library import Library
from lending.storage.base import Database
from tests.fakes.clock import FakeClock, china

START = china("2026-03-04 10:00")
"""A Wednesday."""

QUICK_PINS = Argon2Pins(memory_kib=8, passes=1)


@dataclass(frozen=True)
class World:
    """A library with the hands that drive it."""

    library: Library
    clock: FakeClock
    courier: LocalCourier


def world(database: Database, folder: Path) -> World:
    """The library on this database, its index and secret in this folder."""
    clock = FakeClock(START)
    wired = build(load_settings(data_dir=folder, secret_key="k" * 32), database, clock)
    return World(wired.library, clock, wired.courier)
