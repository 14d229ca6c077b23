"""`shudi announce`: what the public page /notices tells everybody (standard 7.2.1)."""

import getpass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.settings import Settings

group = typer.Typer(help="Announcements on the public page /notices (standard 7.2).", no_args_is_help=True)
Time = Annotated[str | None, typer.Option(help='China\'s clock, "2026-12-01 09:00".')]


def register(cli: typer.Typer) -> None:
    cli.add_typer(group, name="announce")


@group.command()
def add(
    title: str,
    text: str,
    pause_from: Time = None,
    pause_until: Time = None,
    shown_until: Time = None,
    emergency: Annotated[str | None, typer.Option(help="Why a pause is announced so late.")] = None,
) -> None:
    """Publish an announcement; a pause a week ahead, unless it is an emergency."""
    from app.wiring import open_library
    from lending.notices.announcements import AnnouncementRefused

    times = {"pause_from": moment(pause_from), "pause_until": moment(pause_until)}
    with open_library(_settings()) as library:
        try:
            made = library.announcements.add(
                title, text, _who(), **times, shown_until=moment(shown_until), emergency=emergency
            )
        except AnnouncementRefused as refused:
            raise typer.BadParameter(str(refused)) from refused
    typer.echo(f"Announcement {made.id} is published.")


@group.command(name="list")
def list_all() -> None:
    """Every announcement, newest first, with what was withdrawn."""
    from app.wiring import open_library
    from lending.calendar import local

    with open_library(_settings()) as library:
        for one in library.announcements.all():
            state = "withdrawn" if one.withdrawn_at else "shown"
            typer.echo(f"{one.id:>5}  {local(one.published_at):%Y-%m-%d %H:%M}  {state:<9}  {one.title}")


@group.command()
def withdraw(number: int) -> None:
    """Take an announcement off the page; it stays on record."""
    from app.wiring import open_library

    with open_library(_settings()) as library:
        if not library.announcements.withdraw(number, _who()):
            raise typer.BadParameter(f"no announcement {number} is published")
    typer.echo(f"Announcement {number} is withdrawn.")


def moment(text: str | None) -> datetime | None:
    """A moment from China's clock as people write it."""
    from lending.calendar import CHINA

    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=CHINA)
    except ValueError as wrong:
        raise typer.BadParameter(f'"{text}" is no time such as "2026-12-01 09:00"') from wrong


def _who() -> str:
    return f"cli:{getpass.getuser()}"


def _settings() -> "Settings":
    from app import migrations
    from app.settings import load_settings

    settings = load_settings()
    migrations.upgrade(settings.database)
    return settings
