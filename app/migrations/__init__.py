"""The history of the tables, by Alembic; `upgrade` brings a database up to this version of the program."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from app.errors import StartupError

FOLDER = Path(__file__).parent


def config(url: str) -> Config:
    """Alembic's configuration without an ini file."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    made.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return made


def check(url: str) -> None:
    """StartupError when the database does not answer, or was written by a newer version of the program."""
    known = ScriptDirectory.from_config(config(url))
    for revision in _heads(url):
        try:
            known.get_revision(revision)
        except CommandError:
            raise StartupError(
                f"The database was written by a newer version of Shudi (revision {revision}): "
                "start that version, or restore a backup made by this one."
            ) from None


def upgrade(url: str) -> None:
    """Bring the tables up to date; nothing happens when they are."""
    check(url)
    head = ScriptDirectory.from_config(config(url)).get_current_head()
    if _heads(url) != (head,):
        command.upgrade(config(url), "head")


def _heads(url: str) -> tuple[str, ...]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return tuple(MigrationContext.configure(connection).get_current_heads())
    except OperationalError as error:
        raise StartupError(f"The database does not answer: {_first_line(error)}.") from error
    except SQLAlchemyError as error:
        raise StartupError(f"The database cannot be used: {_first_line(error)}.") from error
    finally:
        engine.dispose()


def _first_line(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0].rstrip(".")
