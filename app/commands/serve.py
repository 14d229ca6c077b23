"""`shudi run`, and the programs that it runs."""

import asyncio
import os
from typing import TYPE_CHECKING, Annotated

import typer

from app.errors import StartupError

if TYPE_CHECKING:
    from app.settings import Settings


def register(cli: typer.Typer) -> None:
    cli.command()(run)
    cli.command()(check)
    cli.command()(bot)
    cli.command()(actions)


def run() -> None:
    """Start Rasa, the action server and the bot, and keep them running until Ctrl-C."""
    from app import preflight
    from app.processes import processes
    from app.settings import load_settings
    from app.supervisor import Supervisor

    settings = load_settings()
    _warn_of_slips()
    preflight.check(settings)
    _complete_index(settings)
    supervisor = Supervisor(
        processes(settings),
        settings.logs_dir,
        _say,
        addresses=_addresses(settings),
        follow=settings.log_level == "debug",
    )
    raise typer.Exit(asyncio.run(supervisor.run()))


def check() -> None:
    """Look at everything that could keep Shudi from starting, and start nothing."""
    from app import preflight
    from app.settings import load_settings

    preflight.check(load_settings())
    typer.echo("Nothing stands in the way.")


def bot(
    reload: Annotated[bool, typer.Option(help="Start again when a file changes (for development).")] = False,
) -> None:
    """Run the web server alone: chat, forms, public pages, worker."""
    import uvicorn

    from app.logging import configure_logging
    from app.settings import load_settings

    settings = load_settings()
    configure_logging(settings.log_level)
    uvicorn.run(
        "app.bot_server:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        reload=reload,
        timeout_graceful_shutdown=5,
    )


def actions() -> None:
    """Run Rasa's action server alone."""
    from app.logging import configure_logging
    from app.settings import load_settings

    settings = load_settings()
    configure_logging(settings.log_level)
    try:
        from app.actions_server import main
    except ModuleNotFoundError as missing:
        raise StartupError(f"The action server cannot be imported: {missing}.") from missing
    main()


def _complete_index(settings: "Settings") -> None:
    """Search must know every title before readers come: a lost or old index is built anew."""
    from app.wiring import open_library

    with open_library(settings) as library:
        if library.catalogue.indexed() != library.catalogue.held():
            _say("Building the search index ...")
            _say(f"{library.catalogue.reindex()} titles are indexed.")


def _addresses(settings: "Settings") -> list[str]:
    return [
        "",
        f"  Chat   {settings.base_url}/chat",
        f"  Health {settings.base_url}/health",
        f"  Logs   {settings.logs_dir}",
        "",
        "Shudi is running. Ctrl-C stops it.",
    ]


def _warn_of_slips() -> None:
    from app.settings import unknown_variables

    for name in unknown_variables(os.environ):
        _say(f"{name} is no setting of Shudi and is not used; docs/settings.md lists them all.")


def _say(line: str) -> None:
    typer.echo(line)
