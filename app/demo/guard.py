"""Passwords that everybody knows stay on this machine."""

from app.demo.data import demo_library
from app.errors import StartupError
from app.settings import Settings
from integrations.pins.argon2_hasher import Argon2Pins
from lending.storage import readers as reader_rows
from lending.storage import staff as staff_rows
from lending.storage.base import Connection, Database


def check(settings: Settings, database: Database) -> None:
    """StartupError when the web server can be reached from outside and a demo password still works."""
    if settings.is_loopback:
        return
    open_doors = demo_accounts(database)
    if open_doors:
        raise StartupError(
            f"SHUDI_HOST is {settings.host}, and this library still has the demo's passwords "
            f"({', '.join(open_doors)}): change them, or start it on 127.0.0.1."
        )


def demo_accounts(database: Database) -> list[str]:
    """Logins and cards of the demo that still open with the demo's passwords."""
    demo = demo_library()
    with database.read() as conn:
        hashes = {one.login: _staff_hash(conn, one.login) for one in demo.staff}
        pins = {one.card: _pin_hash(conn, one.card) for one in demo.readers}
    return _opened(hashes, demo.passwords.staff) + _opened(pins, demo.passwords.pin)


def _opened(hashes: dict[str, str | None], password: str) -> list[str]:
    verify = Argon2Pins().verify
    return [name for name, hashed in hashes.items() if hashed and verify(hashed, password)]


def _staff_hash(conn: Connection, login: str) -> str | None:
    row = staff_rows.by_login(conn, login)
    return None if row is None else str(row["password_hash"])


def _pin_hash(conn: Connection, card: str) -> str | None:
    row = reader_rows.by_card(conn, card)
    return None if row is None else row["pin_hash"]
