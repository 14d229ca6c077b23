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
