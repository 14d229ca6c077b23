"""`shudi settings`: what is set, without secrets."""

import re

import typer

PASSWORD = re.compile(r"(?<=[/\w]):[^/@]+@")
"""The password in an address such as `postgresql+psycopg://user:password@host/name`."""


def register(cli: typer.Typer) -> None:
    cli.command(name="settings")(show)


def show() -> None:
    """Show every setting in force (* where it is set), secrets masked."""
    from app.settings import Settings, load_settings, variable

    settings = load_settings()
    for name in Settings.model_fields:
        mark = "*" if name in settings.model_fields_set else " "
        typer.echo(f"{mark} {variable(name)}={PASSWORD.sub(':***@', str(getattr(settings, name)))}")
