"""A dialogue without Rasa: answers by a script, remembers what it heard, can be slow or down."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.dialogue import DialogueDown

Raw = Sequence[Mapping[str, Any]]
Script = Mapping[str, Raw | Callable[[str], Raw]]


@dataclass(frozen=True)
class Heard:
    """One message as the dialogue got it."""

    conversation_id: str
    text: str
    metadata: Mapping[str, Any]


@dataclass
class FakeDialogue:
    """Unscripted words are repeated. `down`: refuses; `hold`: answers only once it is set."""

    script: dict[str, Raw | Callable[[str], Raw]] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    down: bool = False
    sent: bool = False
    hold: asyncio.Event | None = None
    closed: bool = False
    form_open: bool = False
    intents: dict[str, str] = field(default_factory=dict)
    """What sentences mean; unknown ones are searches."""
    said: dict[str, Raw] = field(default_factory=dict)

    async def say(self, conversation_id: str, text: str, metadata: Mapping[str, Any]) -> Raw:
        if self.down:
            raise DialogueDown("fake", sent=self.sent)
        self.heard.append(Heard(conversation_id, text, dict(metadata)))
        if self.hold is not None:
            await self.hold.wait()
        answer = self.script.get(text, [{"text": f"echo {text}"}])
        told = answer(text) if callable(answer) else answer
        self.said[str(metadata.get("message_id"))] = told
        return told

    async def recall(self, conversation_id: str, message_id: str) -> Raw:
        if self.down:
            raise DialogueDown("fake", sent=False)
        return self.said.get(message_id, ())

    async def parse(self, text: str) -> Mapping[str, Any]:
        if self.down:
            raise DialogueDown("fake", sent=False)
        return {"text": text, "intent": {"name": self.intents.get(text, "search_books"), "confidence": 1.0}}

    async def rest(self, conversation_id: str) -> bool:
        if not self.form_open:
            self.heard.append(Heard(conversation_id, "(rest)", {}))
        return not self.form_open

    async def ping(self) -> None:
        if self.down:
            raise DialogueDown("fake", sent=False)

    async def close(self) -> None:
        self.closed = True

    @property
    def texts(self) -> list[str]:
        """What it heard, in order."""
        return [one.text for one in self.heard]
