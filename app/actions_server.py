"""Rasa's action server: our actions on a wired library, in one process, on loopback."""

import logging
import warnings
from typing import Any

from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor
from sanic import Sanic

import actions
from actions import _library as actions_library
from app.settings import Settings, load_settings
from app.wiring import build_library

LOOPBACK = "127.0.0.1"


class Executor(ActionExecutor):
    """Takes calls without the domain: Rasa 3.6 sends it (60 KB a turn) only to actions that ask for it.

    rasa-sdk 3.21 would answer such calls with 449, which only a newer Rasa understands.
    """

    def update_and_return_domain(self, payload: dict[str, Any], action_name: str) -> dict[str, Any] | None:
        """The domain that came with the call; nothing is kept."""
        return payload.get("domain") or {}


def executor() -> ActionExecutor:
    """Every action of the package `actions`, registered by name."""
    found = Executor()
    found.register_package(actions.__name__)
    return found


def create(settings: Settings) -> Sanic:  # type: ignore[type-arg]
    """The server's application, its library given to the actions."""
    actions_library.use(build_library(settings))
    warnings.filterwarnings(
        "ignore", message=".*versions.*compatible.*"
    )  # rasa-sdk 3.21 speaks Rasa 3.6 (ADR)
    app: Sanic = create_app(executor())  # type: ignore[type-arg]
    return app


def main() -> None:
    """Serve until told to stop."""
    settings = load_settings()
    logging.getLogger("rasa_sdk.utils").setLevel(logging.ERROR)
    app = create(settings)
    app.run(host=LOOPBACK, port=settings.actions_port, single_process=True, access_log=False, motd=False)
