"""Commands of `shudi`, one file a group; each has `register(cli: typer.Typer) -> None`."""
