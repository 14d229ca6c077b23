"""`shudi wechat`: the service account's menu."""

from typing import Annotated, Any

import typer

group = typer.Typer(help="The WeChat service account.", no_args_is_help=True)
menu_group = typer.Typer(help="The menu under the chat.", no_args_is_help=True)
group.add_typer(menu_group, name="menu")


def register(cli: typer.Typer) -> None:
    cli.add_typer(group, name="wechat")


@group.callback()
def wechat() -> None:
    """The WeChat service account."""


@menu_group.callback()
def menu() -> None:
    """The menu under the chat."""


@menu_group.command()
def push(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent, send nothing.")
    ] = False,
) -> None:
    """Send the menu of SHUDI_WECHAT_MENU to WeChat; readers see it within minutes."""
    import asyncio
    import json

    from app.channels import wechat_settings
    from app.errors import StartupError
    from app.settings import load_settings
    from bot.channels.wechat.client import ApiError
    from bot.channels.wechat.menu import MenuRefused, load

    settings = load_settings()
    try:
        body = load(wechat_settings(settings).menu)
    except MenuRefused as refused:
        raise StartupError(f"the menu is not right: {refused}.") from None
    if dry_run:
        typer.echo(json.dumps(body, ensure_ascii=False, indent=2))
        return
    if not settings.wechat_app_id:
        raise StartupError("SHUDI_WECHAT_APP_ID is not set.")
    try:
        asyncio.run(_push(settings, body))
    except ApiError as error:
        raise StartupError(f"WeChat did not take the menu: {error}.") from None
    typer.echo("The menu is with WeChat; readers see it within five minutes, or after following anew.")


async def _push(settings: Any, body: dict[str, Any]) -> None:
    """With the token that the running service uses too."""
    from app import migrations
    from app.channels import wechat_settings
    from app.wiring import build
    from bot.channels.wechat.client import WeChatClient
    from bot.channels.wechat.token import Tokens
    from bot.threads import Threads

    account = wechat_settings(settings)
    migrations.upgrade(settings.database)
    wired, threads = build(settings), Threads(1)
    client = WeChatClient(account.api_base, account.app_id, account.app_secret)
    library = wired.library
    client.tokens = Tokens(
        account.app_id, library.database, wired.vault, library.clock, threads, client.fetch_token
    )
    try:
        await client.call("/cgi-bin/menu/create", body)
    finally:
        await client.close()
        threads.close()
        library.database.dispose()
