"""The channel's own words (words.yml), and the script a reader wants to read."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from opencc import OpenCC

SCRIPTS = ("hans", "hant")


@lru_cache
def words() -> Mapping[str, Any]:
    """Everything in words.yml."""
    loaded: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("words.yml").read_text("utf-8"))
    return loaded


def say(name: str, **facts: Any) -> str:
    """One sentence."""
    return str(words()[name]).format(**facts)


def word(group: str, name: str) -> str:
    """One word of a group, or the group's `_other`."""
    found = words()[group]
    return str(found.get(name) or found.get("_other") or name)


def in_script(text: str, script: object) -> str:
    """Simplified text as this reader wants it; titles too, for that is how they are looked for."""
    return str(_converter("s2t").convert(text)) if script == "hant" else text


@lru_cache
def _converter(name: str) -> OpenCC:
    return OpenCC(name)
