"""Run by Alembic for every command: connects, and compares with the tables declared in the code."""

from alembic import context
from sqlalchemy import create_engine

from app.migrations.tables import all_tables

config = context.config


def run() -> None:
    """Migrate in one transaction. SQLite alters tables by copying them (batch mode)."""
    engine = create_engine(config.get_main_option("sqlalchemy.url") or "")
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=all_tables(),
            render_as_batch=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
