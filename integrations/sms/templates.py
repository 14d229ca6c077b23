"""Templates of short messages, as data: templates.toml, or a library's own file of the same shape."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lending.ports import SmsRefused

DEFAULT = Path(__file__).with_name("templates.toml")


@dataclass(frozen=True, slots=True)
class Template:
    """`code`: the operator's number of it, "" while it has none."""

    name: str
    version: str
    text: str
    code: str = ""

    def fill(self, facts: Mapping[str, str]) -> str:
        """The whole message. SmsRefused when a fact is missing."""
        try:
            return self.text.format_map(dict(facts))
        except KeyError as missing:
            raise SmsRefused(f"template {self.name} lacks {missing}") from missing


@dataclass(frozen=True, slots=True)
class Templates:
    """All templates, and the name that stands before each message: 【signature】."""

    signature: str
    by_name: Mapping[str, Template]

    @classmethod
    def load(cls, path: Path = DEFAULT) -> "Templates":
        """Read a file; KeyError or TypeError when it has another shape."""
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        signature = table.pop("signature")
        return cls(signature, {name: Template(name, **about) for name, about in table.items()})

    def get(self, name: str) -> Template:
        """SmsRefused when there is no such template."""
        if name not in self.by_name:
            raise SmsRefused(f"no template {name}")
        return self.by_name[name]
