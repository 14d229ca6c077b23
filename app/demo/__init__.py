"""A demo library to start with: real titles, invented people, and an autopilot that plays the staff.

docs/demo.md lists the cards and what each is good for.
"""

from lending.storage.base import Database


def uses_demo_passwords(database_url: str) -> bool:
    """Whether somebody could still log in with a password that everybody knows."""
    from app.demo.guard import demo_accounts

    database = Database(database_url)
    try:
        return bool(demo_accounts(database))
    finally:
        database.dispose()


def is_demo_library(database: Database) -> bool:
    """Whether this is the demo library: then the autopilot is on unless a setting says otherwise."""
    from app.demo.seed import is_seeded

    return is_seeded(database)
