"""A new session of Rasa's: slots are carried over once each, so that a tracker does not grow."""

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecuted, EventType, SessionStarted, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions._base import ACTION_LISTEN

PASSING = frozenset({"requested_slot", "session_started_metadata"})


class SessionStart(Action):
    """Replaces Rasa's own, which repeats every slot event of the session before."""

    def name(self) -> str:
        return "action_session_start"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[EventType]:
        kept = {name: value for name, value in tracker.slots.items() if value is not None}
        carried = [SlotSet(name, value) for name, value in kept.items() if name not in PASSING]
        return [SessionStarted(), *carried, ActionExecuted(ACTION_LISTEN)]
