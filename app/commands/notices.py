"""`shudi notices`: the proof of what a reader was told (standard 7.2.2)."""

import getpass
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lending.library import Library
    from lending.readers.model import Reader

group = typer.Typer(
    help="What readers were told, with proof of sending (standard 7.2.2).", no_args_is_help=True
)


def register(cli: typer.Typer) -> None:
    cli.add_typer(group, name="notices")


@group.callback()
def notices() -> None:
    """What readers were told, with proof of sending (standard 7.2.2)."""


@group.command()
def of(
    card: str,
    why: Annotated[str, typer.Option(help="Why you look: it is written into the reader's audit.")],
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many, newest first.")] = 50,
) -> None:
    """Each notice of a reader: kind, words' version, channel, when, the platform's message id."""
    from app import migrations
    from app.settings import load_settings
    from app.wiring import open_library

    settings = load_settings()
    migrations.upgrade(settings.database)
    with open_library(settings) as library:
        reader = library.readers.register.by_card(card)
        if reader is None:
            raise typer.BadParameter(f"no reader has the card {card}")
        for line in lines(library, reader, f"cli:{getpass.getuser()}", why, limit):
            typer.echo(line)


def lines(library: "Library", reader: "Reader", who: str, why: str, limit: int = 50) -> Iterator[str]:
    """The proof as lines of text; the look is written down first."""
    from bot.store.told import proof
    from lending.calendar import local
    from lending.notices import of_reader
    from lending.storage.sms import of_notices

    with library.database.begin() as conn:
        library.readers.audit.note(conn, reader.id, who, "notices", why)
    with library.database.read() as conn:
        found = of_reader(conn, reader.id, limit)
        texted = of_notices(conn, [notice.id for notice in found])
        for notice in found:
            told, text = proof(conn, notice.id), texted.get(notice.id)
            at = f"{local(notice.sent_at):%Y-%m-%d %H:%M:%S}" if notice.sent_at else "-"
            state = notice.state + (f" ({notice.held})" if notice.held else "")
            yield f"{notice.key}  {notice.kind} v{notice.version or '-'}  {state}  {at}"
            if told is not None:
                yield f"    {told.channel}: {told.state}  {_time(told.at)}  {told.proof}"
            if text is not None:
                yield f"    sms: {text['state']}  {_time(text['sent_at'])}  {text['proof'] or ''}"


def _time(at: object) -> str:
    from datetime import datetime

    from lending.calendar import local

    return f"{local(at):%Y-%m-%d %H:%M:%S}" if isinstance(at, datetime) else "-"
