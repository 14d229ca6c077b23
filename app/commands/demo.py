"""`shudi demo`: the demo library."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.errors import StartupError

if TYPE_CHECKING:
    from app.demo.seed import Seeded
    from app.settings import Settings

group = typer.Typer(help="The demo library.", no_args_is_help=True)


def register(cli: typer.Typer) -> None:
    cli.add_typer(group, name="demo")


@group.callback()
def demo() -> None:
    """The demo library: real titles, invented readers."""


@group.command()
def seed(
    if_empty: Annotated[
        bool, typer.Option(help="Do nothing when there is a library already, the demo or another.")
    ] = False,
) -> None:
    """Fill the library with the demo: branches, lockers, titles, copies, readers, loans, staff."""
    from app import migrations
    from app.settings import load_settings

    settings = load_settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    migrations.upgrade(settings.database)
    if not (if_empty and _filled(settings.database)):
        _seed(settings)
    elif not settings.index_dir.exists():
        _index(settings)


def _filled(url: str) -> bool:
    """Another library, or the whole demo."""
    from app.demo.seed import is_complete, is_foreign
    from lending.storage.base import Database

    database = Database(url)
    try:
        return is_foreign(database) or is_complete(database)
    finally:
        database.dispose()


def _seed(settings: "Settings") -> None:
    from app.demo import seed as seeding
    from app.wiring import open_library

    with open_library(settings) as library:
        if seeding.is_foreign(library.database):
            raise StartupError("this library has other titles already, and the demo needs an empty one.")
        _tell(seeding.seed(library))


def _index(settings: "Settings") -> None:
    """The search index was deleted, or the database came from elsewhere."""
    from app.wiring import open_library

    with open_library(settings) as library:
        typer.echo(f"The search index is built anew: {library.catalogue.reindex()} titles.")


def _tell(added: "Seeded") -> None:
    if not added:
        typer.echo("The demo library is complete; nothing was changed.")
        return
    typer.echo(
        f"The demo library stands: {added.titles} titles, {added.copies} copies, {added.points} places, "
        f"{added.readers} readers, {added.loans} loans and reservations, {added.staff} staff added."
    )
