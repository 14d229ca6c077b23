"""`shudi catalogue|copies|readers|branches|lockers import FILE`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.importing import ImportReport, Progress
    from app.settings import Settings
    from lending.library import Library

File = Annotated[Path, typer.Argument(help="The file; .gz is unpacked.", show_default=False)]
Encoding = Annotated[str | None, typer.Option(help="utf-8, gbk…; found out if not given.")]

catalogue_cli = typer.Typer(help="Titles of the library.", no_args_is_help=True)
copies_cli = typer.Typer(help="Copies of the titles.", no_args_is_help=True)
readers_cli = typer.Typer(help="Readers and their cards.", no_args_is_help=True)
branches_cli = typer.Typer(help="Branches of the library.", no_args_is_help=True)
lockers_cli = typer.Typer(help="Self-service lockers.", no_args_is_help=True)


def register(cli: typer.Typer) -> None:
    for name, group in (
        ("catalogue", catalogue_cli),
        ("copies", copies_cli),
        ("readers", readers_cli),
        ("branches", branches_cli),
        ("lockers", lockers_cli),
    ):
        group.callback()(_group)
        cli.add_typer(group, name=name)


def _group() -> None:
    """Keeps `import` a command of its own while the group has only this one."""


@catalogue_cli.command("import")
def import_titles(file: File, encoding: Encoding = None) -> None:
    """Take in titles from CSV, TSV, MARC 21 or CNMARC, and index them."""
    from app.importing import import_catalogue

    _run_with_catalogue(import_catalogue, file, encoding)


@catalogue_cli.command("index")
def index() -> None:
    """Build the search index anew from the database; search goes on meanwhile."""
    with _opened() as (library, _settings), _bar() as progress:
        held = library.catalogue.held()
        count = library.catalogue.reindex(progress=lambda done: progress("index", done, held))
    typer.echo(f"{count} titles are indexed.")


@copies_cli.command("import")
def import_copies(file: File, encoding: Encoding = None) -> None:
    """Take in copies (barcode, isbn or title and author, branch, stack, shelf_mark)."""
    from app.importing import import_copies as run

    _run_with_catalogue(run, file, encoding)


@readers_cli.command("import")
def import_readers(file: File, encoding: Encoding = None) -> None:
    """Take in readers (card, kind, name, phone, pin, birth_year, guardian_card)."""
    from app.importing_places import import_readers as run

    _run(
        lambda library, settings, progress: run(
            file,
            database=library.database,
            register=library.readers.register,
            data_dir=settings.data_dir,
            encoding=encoding,
            progress=progress,
        )
    )


@branches_cli.command("import")
def import_branches(file: File, encoding: Encoding = None) -> None:
    """Take in branches (id, name, address, latitude, longitude, hours, phone, aliases)."""
    from app.importing_places import import_branches as run

    _run(
        lambda library, settings, _progress: run(
            file, database=library.database, data_dir=settings.data_dir, encoding=encoding
        )
    )


@lockers_cli.command("import")
def import_lockers(file: File, encoding: Encoding = None) -> None:
    """Take in lockers (id, name, address, latitude, longitude, hours, cells, low_cells, aliases)."""
    from app.importing_places import import_lockers as run

    _run(
        lambda library, settings, _progress: run(
            file, database=library.database, data_dir=settings.data_dir, encoding=encoding
        )
    )


def _run_with_catalogue(importing: "Callable[..., ImportReport]", file: Path, encoding: str | None) -> None:
    """Titles and copies: both write into the catalogue."""
    _run(
        lambda library, settings, progress: importing(
            file,
            database=library.database,
            catalogue=library.catalogue,
            clock=library.clock,
            data_dir=settings.data_dir,
            encoding=encoding,
            progress=progress,
        )
    )


def _run(work: "Callable[[Library, Settings, Progress], ImportReport]") -> None:
    """Import, tell how it went; a file that cannot be imported is one sentence and exit code 1."""
    from integrations.imports.model import ImportRefused

    try:
        with _opened() as (library, settings), _bar() as progress:
            report = work(library, settings, progress)
    except ImportRefused as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from None
    tally = report.tally
    typer.echo(
        f"{tally.added} added, {tally.changed} changed, {tally.unchanged} unchanged, {report.bad} bad."
    )
    if report.errors_file:
        typer.echo(f"The bad records are listed in {report.errors_file}.")


@contextmanager
def _opened() -> "Iterator[tuple[Library, Settings]]":
    from app import migrations
    from app.settings import load_settings
    from app.wiring import open_library

    settings = load_settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    migrations.upgrade(settings.database)
    with open_library(settings) as library:
        yield library, settings


@contextmanager
def _bar() -> "Iterator[Progress]":
    """A progress bar for each thing that is done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        tasks: dict[str, object] = {}

        def show(doing: str, done: int, total: int) -> None:
            if doing not in tasks:
                tasks[doing] = bar.add_task(doing, total=total)
            bar.update(tasks[doing], completed=done, total=total)  # type: ignore[arg-type]

        yield show
