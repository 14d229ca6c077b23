"""Words for readers that are not the dialogue's: bodies of replies, notices, the gateway's own sentences."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateNotFound,
    Undefined,
)

TEMPLATES = Path(__file__).parent / "templates"
DATA = Path(__file__).parent / "data"
SHANGHAI = ZoneInfo("Asia/Shanghai")


def moment(value: Any) -> datetime | None:
    """A datetime from ISO text or a datetime, in the library's own time."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.astimezone(SHANGHAI)


@lru_cache
def words() -> Mapping[str, Any]:
    """The small words that templates share (weekdays, states, methods): templates/words.yml."""
    loaded: Mapping[str, Any] = yaml.safe_load((TEMPLATES / "words.yml").read_text("utf-8"))
    return loaded


def when(value: Any) -> str:
    """11月27日 周五 18:00; the text itself when it is no time."""
    at = moment(value)
    if at is None:
        return str(value or "")
    return f"{day(at)} {at:%H:%M}"


def day(value: Any) -> str:
    """11月27日 周五."""
    at: date | None = value if isinstance(value, date) and not isinstance(value, datetime) else moment(value)
    if at is None:
        if not isinstance(value, str) or len(value) != len("2026-11-27"):
            return str(value or "")
        at = date.fromisoformat(value)
    weekday = words()["weekdays"][at.weekday()]
    return str(words()["day"]).format(month=at.month, day=at.day, weekday=weekday)


def money(fen: Any) -> str:
    """¥3.00 from 300 fen."""
    value = int(fen or 0)
    return f"{'-' if value < 0 else ''}¥{abs(value) // 100}.{abs(value) % 100:02d}"


def word(value: Any, group: str) -> str:
    """A code's word from a group of words.yml; the code itself when it has none."""
    return str(words().get(group, {}).get(str(value), value))


class _Lenient(Undefined):
    """Missing facts are left out, at any depth."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, _key: Any) -> Any:
        return self


def environment(*folders: Path, html: bool = False) -> Environment:
    """A Jinja2 environment with the project's filters; `html` escapes, as web pages need."""
    made = Environment(
        loader=FileSystemLoader([*folders, TEMPLATES]),
        autoescape=html,  # noqa: S701 - plain text for chat is not HTML
        undefined=_Lenient,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(when=when, day=day, money=money, word=word)
    return made


class Teller:
    """Renders by name; a kind without a template has no body."""

    def __init__(self) -> None:
        self._env = environment()
        strict = environment()
        strict.undefined = StrictUndefined
        self._strict = strict
        said = yaml.safe_load((TEMPLATES / "said.yml").read_text("utf-8"))
        self._said = {name: strict.from_string(str(text)) for name, text in said.items()}

    def body(self, kind: str, data: Mapping[str, Any]) -> str:
        """The body of a typed reply."""
        return self._render(f"kinds/{kind}.j2", data)

    def notice(self, kind: str, data: Mapping[str, Any]) -> str:
        """A notice in words; kinds without their own template use notices/_default.j2."""
        return self._render(f"notices/{kind}.j2", data) or self._render(
            "notices/_default.j2", {**data, "kind": kind}
        )

    def say(self, name: str, **facts: Any) -> str:
        """One of the gateway's own sentences (templates/said.yml)."""
        return self._said[name].render(facts).strip()

    def _render(self, name: str, data: Mapping[str, Any]) -> str:
        try:
            template = self._env.get_template(name)
        except TemplateNotFound:
            return ""
        lines = (line.rstrip() for line in template.render(data).splitlines())
        return "\n".join(line for line in lines if line.strip())
