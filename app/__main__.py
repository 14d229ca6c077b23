"""`python -m app` is the `shudi` command."""

from app.cli import main

main()
