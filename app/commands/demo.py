"""`shudi demo`: the demo library."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.errors import StartupError

if TYPE_CHECKING:
    from app.demo.seed import Seeded

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
    from app.demo import seed as seeding
    from app.settings import load_settings
    from app.wiring import open_library

    settings = load_settings()
    migrations.upgrade(settings.database)
    with open_library(settings) as library:
        if seeding.is_foreign(library.database):
            if not if_empty:
                raise StartupError("this library has other titles already; the demo needs an empty one.")
            return
        if if_empty and seeding.is_complete(library.database):
            return
        _tell(seeding.seed(library))


def _tell(added: "Seeded") -> None:
    if not added:
        typer.echo("The demo library is complete; nothing was changed.")
        return
    typer.echo(
        f"The demo library stands: {added.titles} titles, {added.copies} copies, {added.points} places, "
        f"{added.readers} readers, {added.loans} loans and reservations, {added.staff} staff added."
    )
