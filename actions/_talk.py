"""What one action sees of one turn: the message, the reader, the open question, and a way to answer."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from lending.errors import Code, LendingError
from lending.library import Library
from lending.readers.model import Reader

Choice = dict[str, str]
"""{"title": what the reader sees, "payload": "/intent{json}"}"""


@dataclass
class Talk:
    """One turn of one conversation. Events gathered in `events` are returned to Rasa."""

    dispatcher: CollectingDispatcher
    tracker: Tracker
    library: Library
    domain: Mapping[str, Any] = field(default_factory=dict)
    events: list[EventType] = field(default_factory=list)
    asked: bool = False

    # --- what came in ---------------------------------------------------------------------------------------

    @property
    def conversation(self) -> str:
        """The opaque id of the conversation."""
        return str(self.tracker.sender_id)

    @property
    def message(self) -> Mapping[str, Any]:
        """The message to act on: the latest one, or the one kept while the reader bound a card."""
        latest: Mapping[str, Any] = self.tracker.latest_message
        kept = self.slot("kept_request")
        if kept and _intent(latest) == "card_bound":
            return dict(kept)
        return latest

    @property
    def message_id(self) -> str:
        """Names this message for good: the same when it is handled again."""
        latest = self.tracker.latest_message
        metadata = latest.get("metadata") or {}
        return f"{self.conversation}:{metadata.get('message_id') or latest.get('message_id') or ''}"

    @property
    def handled_again(self) -> bool:
        """The gateway may have handed over this message before (a crash on the way)."""
        return bool((self.tracker.latest_message.get("metadata") or {}).get("again"))

    def runs_before(self, action: str) -> int:
        """How often this action ran already in this turn."""
        runs = 0
        for event in reversed(self.tracker.events or ()):
            if event.get("event") == "user":
                break
            runs += event.get("event") == "action" and event.get("name") == action
        return runs

    @property
    def elder(self) -> bool:
        """Whether this conversation is in elderly mode: few things at a time."""
        return bool((self.tracker.latest_message.get("metadata") or {}).get("elder"))

    @property
    def intent(self) -> str:
        """The name of the message's intent, "" when there is none."""
        return _intent(self.message)

    @property
    def text(self) -> str:
        """The reader's words; "" for a pressed choice."""
        text = str(self.message.get("text") or "")
        return "" if text.startswith("/") else text

    def entity(self, name: str) -> str | None:
        """The value of an entity from a payload or from the catalogue hint."""
        for entity in self.message.get("entities") or ():
            if entity.get("entity") == name and entity.get("value") not in (None, ""):
                return str(entity["value"])
        return None

    def number(self, name: str) -> int | None:
        """An entity that must be a whole number; anything else counts as absent."""
        value = self.entity(name)
        return int(value) if value is not None and value.isdecimal() and len(value) < 12 else None

    def slot(self, name: str) -> Any:
        """The slot's value, as this turn has set it so far."""
        for event in reversed(self.events):
            if event.get("event") == "slot" and event.get("name") == name:
                return event.get("value")
        return self.tracker.get_slot(name)

    # --- the open question ----------------------------------------------------------------------------------

    @property
    def awaiting(self) -> str | None:
        """Name of the question that the reader has not answered yet."""
        value = self.slot("awaiting")
        return str(value) if value else None

    @property
    def about(self) -> dict[str, Any]:
        """What the open question is about (ids only)."""
        value = self.slot("about")
        return dict(value) if isinstance(value, Mapping) else {}

    def expect(self, question: str | None, /, **about: Any) -> None:
        """Open a question, or close the open one with None."""
        self.asked = question is not None
        self.set(awaiting=question, about=about or None)

    def set(self, **slots: Any) -> None:
        """Set slots."""
        self.events.extend(SlotSet(name, value) for name, value in slots.items())

    def leave_form(self) -> None:
        """Close whatever form is open."""
        self.events.extend([ActiveLoop(None), SlotSet("requested_slot", None)])

    def go_on_with(self, action: str) -> None:
        """Let Rasa run another action right after this one."""
        self.events.append(FollowupAction(action))

    def turn_ends(self) -> bool:
        """Nothing else follows in this turn: no other action was asked for, and no form waits to go on."""
        if any(event.get("event") == "followup" for event in self.events):
            return False
        left = any(event.get("event") == "active_loop" and not event.get("name") for event in self.events)
        return left or not (self.tracker.active_loop or {}).get("name")

    # --- who speaks -----------------------------------------------------------------------------------------

    def reader(self) -> Reader | None:
        """The bound reader, if any."""
        return self.library.readers.bound_to(self.conversation)

    def need_reader(self) -> Reader:
        """The bound reader; raises `card_needed`, which the base action turns into the binding form."""
        reader = self.reader()
        if reader is None:
            raise LendingError(Code.CARD_NEEDED)
        return reader

    # --- answering ------------------------------------------------------------------------------------------

    def say(
        self,
        response: str,
        *,
        kind: str | None = None,
        data: Mapping[str, Any] | None = None,
        choices: Iterable[Choice] = (),
        **facts: Any,
    ) -> None:
        """One reply: a response of the domain, filled with facts, and what a channel needs to draw it.

        kind and data: DESIGN 7 “Reply”; choices: data-made ones, placed before the response's own buttons.
        """
        custom: dict[str, Any] = {}
        if kind or data:
            custom = {"kind": kind or "text", "data": dict(data or {})}
        listed = list(choices)
        if listed:
            custom.setdefault("kind", kind or "text")
            custom["choices"] = listed
        self.dispatcher.utter_message(
            response=response,
            json_message=custom or None,
            **{name: _word(value) for name, value in facts.items()},
        )

    def words(self, response: str) -> str:
        """The text of a response without facts (the action must be sent the domain); "" when unknown."""
        variants: Sequence[Mapping[str, Any]] = (self.domain.get("responses") or {}).get(response) or ()
        return str(variants[0].get("text") or "") if variants else ""


def payload(intent: str, /, **slots: object) -> str:
    """A choice's payload. Values are ids and short words; JSON keeps them as text."""
    filled = {name: str(value) for name, value in slots.items() if value is not None}
    return f"/{intent}{json.dumps(filled, ensure_ascii=False)}" if filled else f"/{intent}"


def choice(title: str, intent: str, /, **slots: object) -> Choice:
    """One choice made from data."""
    return {"title": title, "payload": payload(intent, **slots)}


def _intent(message: Mapping[str, Any]) -> str:
    return str((message.get("intent") or {}).get("name") or "")


def _word(value: Any) -> Any:
    """Facts become words in the response: lists are joined, the rest is left to Rasa."""
    if isinstance(value, list | tuple):
        return "、".join(str(item) for item in value)
    return value
