"""Notices in words: which version of the words, which choices, which facts an SMS gets. All of it is data."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from bot.replies import Choice, Reply
from bot.telling import TEMPLATES, Teller, environment
from lending.storage.notices import Notice

FOLDER = TEMPLATES / "notices"
UNKNOWN = "0"
"""Version of the words of a kind that has none of its own."""


class NoticeWords:
    """Reads templates/notices/notices.yml once; a notice of another version's kind gets plain words."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._env = environment()
        table: Mapping[str, Any] = yaml.safe_load((FOLDER / "notices.yml").read_text("utf-8"))
        self._kinds = table

    def version(self, kind: str) -> str:
        """The version of the words in force."""
        return str(self._about(kind).get("version", UNKNOWN))

    def reply(self, notice: Notice) -> Reply:
        """The notice as a typed reply: data carries its facts and its kind as “notice”."""
        facts = _public(notice.data)
        text = self._teller.notice(notice.kind, facts)
        return Reply(
            "notice", text, tuple(self._choices(notice.kind, facts)), {"notice": notice.kind, **facts}
        )

    def sms(self, notice: Notice) -> dict[str, str] | None:
        """The facts of its short message, each a ready text; None when it has none."""
        wanted = self._about(notice.kind).get("sms")
        return (
            None if wanted is None else {name: self._fill(text, notice.data) for name, text in wanted.items()}
        )

    def at_version(self, kind: str, version: str, facts: Mapping[str, Any]) -> str:
        """What a version of the words makes of facts; "" when there is no such version (any more)."""
        path = words_file(kind, version if version != self.version(kind) else None)
        return self._fill(path.read_text("utf-8"), facts) if path.is_file() else ""

    def _choices(self, kind: str, facts: Mapping[str, Any]) -> Iterator[Choice]:
        for spec in self._about(kind).get("choices", ()):
            for one in facts.get(spec["each"]) or () if "each" in spec else (None,):
                known = {**facts, "one": one}
                if "when" not in spec or self._fill(spec["when"], known) not in ("", "False", "None"):
                    yield Choice(self._fill(spec["title"], known), self._fill(spec["payload"], known))

    def _about(self, kind: str) -> Mapping[str, Any]:
        return self._kinds.get(kind) or {}

    def _fill(self, text: str, facts: Mapping[str, Any]) -> str:
        filled = self._env.from_string(text).render(facts)
        return "\n".join(line.rstrip() for line in filled.splitlines() if line.strip())


def words_file(kind: str, version: str | None = None) -> Path:
    """Where the words of a kind stand: those in force, or an old version."""
    return FOLDER / f"{kind}.j2" if version is None else FOLDER / "old" / f"{kind}.{version}.j2"


def print_of(kind: str) -> str:
    """A short hash of the words in force, by which a change without a new version is seen."""
    return hashlib.sha256(words_file(kind).read_bytes()).hexdigest()[:12]


def _public(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if not name.startswith("_")}
