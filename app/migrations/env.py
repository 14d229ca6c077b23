"""Run by Alembic for every command: connects, and compares with the tables declared in the code."""

from typing import Literal

from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.sql.elements import False_

from app.migrations.tables import all_tables
from lending.storage.base import UtcDateTime

config = context.config


def _render(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Our own types as what they are in the database, and no dialect's spelling of false."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "server_default" and isinstance(getattr(item, "arg", None), False_):
        return "sa.false()"
    return False


def run() -> None:
    """Migrate in one transaction. SQLite alters tables by copying them (batch mode)."""
    engine = create_engine(config.get_main_option("sqlalchemy.url") or "")
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=all_tables(),
            render_as_batch=True,
            compare_type=True,
            render_item=_render,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
