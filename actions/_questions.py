"""Open questions: what is asked again after an interruption."""

from collections.abc import Callable
from typing import Any

from actions._talk import Talk

Asker = Callable[[Talk, dict[str, Any]], None]

_askers: dict[str, Asker] = {}


def question(name: str) -> Callable[[Asker], Asker]:
    """Register how the question `name` (a value of the slot `awaiting`) is asked again."""

    def register(asker: Asker) -> Asker:
        _askers[name] = asker
        return asker

    return register


def ask_again(talk: Talk, name: str, about: dict[str, Any]) -> None:
    """Ask an open question once more; a question without an asker is let go."""
    asker = _askers.get(name)
    if asker is None:
        talk.expect(None)
    else:
        asker(talk, about)
