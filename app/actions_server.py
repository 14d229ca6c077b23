"""Rasa's action server: our actions on a wired library, in one process, on loopback."""

import logging
import warnings

from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor
from sanic import Sanic

import actions
from actions import _library as actions_library
from app.settings import Settings, load_settings
from app.wiring import build_library

LOOPBACK = "127.0.0.1"


def executor() -> ActionExecutor:
    """Every action of the package `actions`, registered by name."""
    found = ActionExecutor()
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
