"""`shudi train`."""

from typing import Annotated

import typer


def register(cli: typer.Typer) -> None:
    cli.command()(train)


def train(
    force: Annotated[bool, typer.Option(help="Train even when nothing has changed.")] = False,
) -> None:
    """Train the dialogue model, if what it is made of has changed."""
    from app import training

    typer.echo(
        "The dialogue model is trained." if training.train(force=force) else "The dialogue model is current."
    )
