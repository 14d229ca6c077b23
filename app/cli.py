"""The `shudi` command. Each file in `app/commands` adds its own commands: nothing is listed here."""

import importlib
import pkgutil
import sys

import typer

from app import commands
from app.errors import StartupError


def build() -> typer.Typer:
    """The command line with every command in it.

    A module of `app/commands` has `register(cli)`, which adds commands or a group of them. It imports what it
    needs inside its functions, so that `shudi --help` stays quick.
    """
    cli = typer.Typer(
        name="shudi",
        help="Shudi 书递: chat-first online book lending.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for module in sorted(pkgutil.iter_modules(commands.__path__), key=lambda found: found.name):
        importlib.import_module(f"{commands.__name__}.{module.name}").register(cli)
    return cli


def main() -> None:
    """Run a command; what keeps it from starting is told in one sentence, without a stack trace."""
    try:
        build()()
    except StartupError as error:
        sys.exit(f"Shudi cannot start: {error}")
