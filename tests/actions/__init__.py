"""What each action answers, and what it does to the library."""

import pytest

BOTH = pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
"""For modules in which storage matters: on SQLite and on PostgreSQL."""
