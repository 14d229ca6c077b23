"""Typed replies: what the dialogue said, joined into whole messages that every channel can render."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

KINDS = frozenset(
    (
        "text",
        "books",
        "book",
        "basket",
        "pickup_points",
        "order",
        "orders",
        "loans",
        "link",
        "notice",
        "survey",
        "staff",
    )
)
"""The kinds of reply that channels and mini-programs know."""

Teller = Callable[[str, Mapping[str, Any]], str]
"""(kind, data with the first sentence as “_said”) → the body in words; empty when it adds nothing."""

_PAYLOAD = re.compile(r"/[a-z_]+(\{.*\})?", re.DOTALL)
PAYLOAD_LIMIT = 1024
"""Longest payload of a choice, in bytes."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A button: what it says and what it sends. `words` help to find it by name; clients never see them."""

    title: str
    payload: str
    words: str = ""

    def to_json(self) -> dict[str, str]:
        return {"title": self.title, "payload": self.payload}


@dataclass(frozen=True, slots=True)
class Reply:
    """One message of the library. `text` is the whole message in words; `data` carries the facts by kind."""

    kind: str
    text: str
    choices: tuple[Choice, ...] = ()
    data: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {"kind": self.kind, "text": self.text}
        if self.choices:
            body["choices"] = [choice.to_json() for choice in self.choices]
        if self.data is not None:
            body["data"] = self.data
        return body

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "Reply":
        choices = tuple(Choice(item["title"], item["payload"]) for item in body.get("choices", ()))
        return cls(body["kind"], body["text"], choices, body.get("data"))


@dataclass(frozen=True, slots=True)
class Said:
    """The dialogue's answer: whole replies, and whether it asks a person to take over."""

    replies: tuple[Reply, ...]
    handover: bool = False


def join(raw: Iterable[Mapping[str, Any]], tell: Teller) -> Said:
    """Join Rasa's messages: a custom message belongs to the text just before it."""
    replies: list[Reply] = []
    handover = False
    sentence: Mapping[str, Any] | None = None
    for part in raw:
        custom = part.get("custom")
        if isinstance(custom, Mapping):
            handover = handover or bool((custom.get("data") or {}).get("handover"))
            replies.append(_whole(sentence or {}, custom, tell))
            sentence = None
            continue
        if sentence is not None:
            replies.append(_whole(sentence, {}, tell))
        sentence = part if part.get("text") or part.get("buttons") else None
    if sentence is not None:
        replies.append(_whole(sentence, {}, tell))
    return Said(tuple(reply for reply in replies if reply.text), handover)


def valid_payload(payload: str) -> bool:
    """Whether a payload is one that a button could carry: /intent or /intent{JSON object}, at most 1 KiB."""
    try:
        short = len(payload.encode()) <= PAYLOAD_LIMIT
    except UnicodeEncodeError:
        return False
    if not short or not _PAYLOAD.fullmatch(payload):
        return False
    brace = payload.find("{")
    try:
        return brace < 0 or isinstance(json.loads(payload[brace:]), dict)
    except (ValueError, RecursionError):
        return False


def _whole(sentence: Mapping[str, Any], custom: Mapping[str, Any], tell: Teller) -> Reply:
    kind = str(custom.get("kind") or "text")
    data = custom.get("data")
    facts = data if isinstance(data, Mapping) else {}
    said = str(sentence.get("text") or "").strip()
    body = "" if custom.get("quiet") else tell(kind, {**facts, "_said": said})
    text = "\n".join(part for part in (said, body.strip()) if part)
    choices = (*_items(custom.get("choices"), facts), *_items(sentence.get("buttons"), {}))
    shown = _public(facts) if facts else None
    return Reply(kind if kind in KINDS else "text", text, _unlike(choices), shown)


def _items(choices: Any, facts: Mapping[str, Any]) -> tuple[Choice, ...]:
    listed = next((value for value in facts.values() if isinstance(value, list)), [])
    found = []
    for place, item in enumerate(choices or ()):
        words = _words(listed[place]) if place < len(listed) else ""
        found.append(Choice(str(item["title"]), str(item["payload"]), words))
    return tuple(found)


def _words(item: Any) -> str:
    if not isinstance(item, Mapping):
        return ""
    names = (item.get(key) for key in ("title", "author", "name", "number"))
    return " ".join(str(name) for name in names if name)


def _unlike(choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """The same button twice helps nobody."""
    return tuple({(choice.title, choice.payload): choice for choice in choices}.values())


def _public(value: Any) -> Any:
    """Without the fields that only our templates use (names beginning with “_”)."""
    if isinstance(value, Mapping):
        return {key: _public(item) for key, item in value.items() if not str(key).startswith("_")}
    return [_public(item) for item in value] if isinstance(value, list) else value
