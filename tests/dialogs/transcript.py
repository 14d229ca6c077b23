"""Transcripts: what a reader does and what the library must answer. The format: transcripts/README.md."""

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

FOLDER = Path(__file__).parent / "transcripts"
LATER_SECONDS = 20


@dataclass
class Chat:
    """One conversation over the chat API."""

    base: str
    client: httpx.Client
    secret: str = ""
    cursor: int = 0
    choices: list[dict[str, str]] = field(default_factory=list)
    last: list[dict[str, Any]] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)

    @classmethod
    def start(cls, base: str, client: httpx.Client) -> "Chat":
        """Open a session."""
        chat = cls(base, client)
        answer = client.post(f"{base}/api/chat/sessions")
        assert answer.status_code == 201, answer.text
        chat.secret = answer.json()["session"]
        return chat

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}

    def send(self, body: Mapping[str, Any], message_id: str | None = None) -> list[dict[str, Any]]:
        """One message; its replies."""
        sent = {"id": message_id or uuid.uuid4().hex, **body}
        answer = self.client.post(f"{self.base}/api/chat/messages", json=sent, headers=self.headers)
        assert answer.status_code == 200, f"{body}: {answer.status_code} {answer.text}"
        found = answer.json()
        self.cursor = max(self.cursor, int(found["cursor"]))
        return self._keep(found["replies"])

    def say(self, text: str) -> list[dict[str, Any]]:
        return self.send({"type": "text", "text": text})

    def press(self, title: str) -> list[dict[str, Any]]:
        """Press the choice with this title (or the first whose title contains it)."""
        exact = [c for c in self.choices if c["title"] == title]
        fitting = exact or [c for c in self.choices if title in c["title"]]
        assert fitting, f"no choice {title!r} among {[c['title'] for c in self.choices]}"
        return self.send({"type": "choice", "payload": fitting[0]["payload"]})

    def bind(self, card: str, pin: str = "1234") -> httpx.Response:
        """Bind by the API; what the dialogue says next comes as a later message."""
        return self.client.post(
            f"{self.base}/api/chat/bind", json={"card": card, "pin": pin}, headers=self.headers
        )

    def later(self, seconds: float = LATER_SECONDS) -> list[dict[str, Any]]:
        """The next messages that arrive by themselves."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            answer = self.client.get(
                f"{self.base}/api/chat/messages",
                params={"after": self.cursor, "wait": 5},
                headers=self.headers,
            )
            assert answer.status_code == 200, answer.text
            found = answer.json()
            self.cursor = max(self.cursor, int(found["cursor"]))
            if found["replies"]:
                return self._keep(found["replies"])
        return []

    def _keep(self, replies: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        self.last = list(replies)
        for reply in reversed(self.last):
            if reply.get("choices"):
                self.choices = list(reply["choices"])
                break
        return self.last


def transcripts() -> list[tuple[str, dict[str, Any]]]:
    """Every transcript, by file and name."""
    found = []
    for path in sorted(FOLDER.glob("*.yml")):
        found += [(f"{path.stem}: {one['name']}", one) for one in yaml.safe_load(path.read_text("utf-8"))]
    return found


def check(replies: Sequence[Mapping[str, Any]], expected: Sequence[Mapping[str, Any]], step: str) -> None:
    """The replies are as many as expected, in order; silence or a double answer fails."""
    told = "\n---\n".join(f"[{reply['kind']}] {reply['text']}" for reply in replies)
    assert len(replies) == len(expected), (
        f"{step}: wanted {len(expected)} replies, got {len(replies)}:\n{told}"
    )
    for reply, wish in zip(replies, expected, strict=True):
        _check_one(reply, wish, f"{step}:\n{told}")


def _check_one(reply: Mapping[str, Any], wish: Mapping[str, Any], step: str) -> None:
    known = {"kind", "says", "never", "choices", "data"}
    assert set(wish) <= known, f"unknown expectation {set(wish) - known}"
    if "kind" in wish:
        assert reply["kind"] == wish["kind"], f"kind {reply['kind']} instead of {wish['kind']}. {step}"
    for words in _list(wish.get("says")):
        assert words in reply["text"], f"“{words}” missing. {step}"
    for words in _list(wish.get("never")):
        assert words not in reply["text"], f"“{words}” should not be said. {step}"
    titles = [choice["title"] for choice in reply.get("choices") or ()]
    for title in _list(wish.get("choices")):
        assert any(title in one for one in titles), f"no choice “{title}” in {titles}. {step}"
    _contains(reply.get("data") or {}, wish.get("data") or {}, step)


def _contains(found: Any, wanted: Any, step: str) -> None:
    if isinstance(wanted, Mapping):
        for name, value in wanted.items():
            assert isinstance(found, Mapping), f"{found} has no {name}. {step}"
            assert name in found, f"data lacks {name}: {found}. {step}"
            _contains(found[name], value, step)
    elif isinstance(wanted, list):
        assert isinstance(found, list), f"{found} is no list. {step}"
        assert len(found) >= len(wanted), f"{found} is shorter than {wanted}. {step}"
        for one, wish in zip(found, wanted, strict=False):
            _contains(one, wish, step)
    else:
        assert found == wanted, f"{found!r} instead of {wanted!r}. {step}"


def _list(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]
