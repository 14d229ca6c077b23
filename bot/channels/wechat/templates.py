"""Notices outside the 48 hours: template messages and subscription messages, by a file of the library's own.

order_available:
  template: "the template's id in the console"      # 模板消息: any follower
  subscribe: "the template's id"                    # 订阅通知: one for each consent; tried first
  url: "https://…"                                  # opened by a tap, may be left out
  fields: {character_string1: "{{ code }}", thing2: "{{ point.name }}", time3: "{{ until | when }}"}
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot.channels.wechat.words import jinja
from bot.replies import Reply

FIELD_LIMITS = {"thing": 20, "short_thing": 4, "phrase": 5, "character_string": 32, "letter": 32, "name": 10}
"""Characters of a field by the kind in its name (the console's rules); 47003 above them."""
OTHER_LIMIT = 32


class TemplatesRefused(ValueError):
    """The file of templates is not right; one sentence says where."""


@dataclass(frozen=True, slots=True)
class Template:
    """How one kind of notice goes out."""

    template: str = ""
    subscribe: str = ""
    url: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    def data(self, reply: Reply) -> dict[str, dict[str, str]]:
        """The filled fields, none empty and none too long."""
        filled = {name: self._fill(name, text, reply) for name, text in self.fields.items()}
        return {name: {"value": value or "-"} for name, value in filled.items()}

    def _fill(self, name: str, text: str, reply: Reply) -> str:
        value = " ".join(jinja().from_string(text).render(dict(reply.data or {})).split())
        limit = FIELD_LIMITS.get(name.rstrip("0123456789"), OTHER_LIMIT)
        return value if len(value) <= limit else value[: limit - 1] + "…"


def load(path: Path | None) -> dict[str, Template]:
    """The templates by kind of notice. Raises `TemplatesRefused`."""
    if path is None:
        return {}
    try:
        loaded: Any = yaml.safe_load(path.read_text("utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise TemplatesRefused(f"{path.name} can't be read: {type(error).__name__}") from None
    if not isinstance(loaded, dict):
        raise TemplatesRefused(f"{path.name} must name kinds of notices")
    return {str(kind): _template(str(kind), about) for kind, about in loaded.items()}


def _template(kind: str, about: Any) -> Template:
    if not isinstance(about, dict) or not (about.get("template") or about.get("subscribe")):
        raise TemplatesRefused(f"{kind}: needs template or subscribe")
    unknown = set(about) - {"template", "subscribe", "url", "fields"}
    if unknown:
        raise TemplatesRefused(f"{kind}: does not know {', '.join(sorted(map(str, unknown)))}")
    fields = about.get("fields") or {}
    if not isinstance(fields, dict):
        raise TemplatesRefused(f"{kind}: fields must be names and texts")
    return Template(
        str(about.get("template") or ""),
        str(about.get("subscribe") or ""),
        str(about.get("url") or ""),
        {str(name): str(text) for name, text in fields.items()},
    )
