"""The channel's own sentences, from words.yml."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment

from bot.replies import Choice
from bot.telling import environment


@lru_cache
def words() -> Mapping[str, Any]:
    """The file as it stands."""
    loaded: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("words.yml").read_text("utf-8"))
    return loaded


@lru_cache
def jinja() -> Environment:
    """Templates with the project's filters."""
    return environment()


def say(name: str, **facts: Any) -> str:
    """One sentence, filled in."""
    return jinja().from_string(str(words()[name])).render(facts).strip()


def choices(name: str) -> tuple[Choice, ...]:
    """A list of choices."""
    return tuple(Choice(one["title"], one["payload"]) for one in words()[name])


def shown(kind: str) -> str:
    """What the talk shows of a message that has no words."""
    names: Mapping[str, str] = words()["shown"]
    return names.get(kind, names["unknown"])
