"""Forms that take one free text and register it with a number and a due date."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions._base import LibraryAction
from actions._figures import day
from actions._talk import Talk

LONG_ENOUGH = 6
"""Characters left of a first message without its trigger words, from which on it is the text itself."""

TRIGGER = re.compile(
    r"我?(们)?(想|要|得|来)?(跟|向|给|和)?(你们|馆里|图书馆|贵馆)?(要)?"
    r"(投诉|提(个|点|一个|一点|条)?(意见|建议)|反映(个|一下|一个)?(问题|情况)?"
    r"|荐购|推荐(购买|采购)|建议(购买|采购|买)?|馆际互借|馆际)"
    r"(一下|你们|个事|一本书?|几本书?)?|[，。！？,.!?\s：:]"
)

NOT_WORDS = re.compile(r"[\W\d_]+")

INTERRUPTS = frozenset(
    {
        "human",
        "cancel",
        "deny",
        "help",
        "repeat",
        "opening_hours",
        "contact_phone",
        "track_order",
        "my_loans",
        "ask_limits",
        "ask_process",
        "reservation_status",
        "bind_card",
        "goodbye",
    }
)
"""Intents that are never the text asked for, when the classifier is sure of them."""

SURE = 0.8

COMMANDS = frozenset(
    {
        "search_books",
        "add_to_basket",
        "show_basket",
        "place_order",
        "new_books",
        "renew_loan",
        "return_books",
        "cancel_order",
        "pickup_code",
        "nearby_lockers",
        "ask_fees",
    }
)
"""No complaint and no suggestion when the message is short and the classifier all but certain."""
COMMAND_LENGTH = 8
CERTAIN = 0.95

FORMS = {
    "complain": "complaint_text",
    "suggest": "suggestion_text",
    "suggest_purchase": "purchase_text",
    "request_ill": "ill_text",
}
"""Slot of each intent that opens a form."""
OUTRIGHT = re.compile(r"投诉|荐购|馆际互借|提(个|点|一个|条)?(意见|建议)")

TITLE_WANTED = {"purchase_text", "ill_text"}
"""Forms that wait for a title: a search is their answer."""
SHORT_TITLE = 2


def interrupts(tracker: Tracker) -> bool:
    """The message is something else than the text asked for."""
    intent = tracker.latest_message.get("intent") or {}
    name, sure = str(intent.get("name") or ""), float(intent.get("confidence") or 0)
    text = str(tracker.latest_message.get("text") or "")
    return text.startswith("/") or (name in INTERRUPTS and sure >= SURE)


def commands(tracker: Tracker) -> bool:
    """The message is short and plainly an errand of its own."""
    intent = tracker.latest_message.get("intent") or {}
    short = len(str(tracker.latest_message.get("text") or "")) <= COMMAND_LENGTH
    return short and intent.get("name") in COMMANDS and float(intent.get("confidence") or 0) >= CERTAIN


class TextForm(Action, ABC):
    """Takes the text of a case: from the first message if it says enough, else from the next one.

    Returning nothing makes Rasa reject the form for this turn, so that the interruption is answered first.
    """

    slot: ClassVar[str]

    @property
    @abstractmethod
    def form(self) -> str:
        """Name of the form."""

    def name(self) -> str:
        return f"validate_{self.form}"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[EventType]:
        text = self._text(tracker)
        return [] if text is None else [SlotSet(self.slot, text or None)]

    def _text(self, tracker: Tracker) -> str | None:
        message = tracker.latest_message
        words = "" if str(message.get("text") or "").startswith("/") else str(message.get("text") or "")
        if tracker.get_slot("requested_slot") == self.slot:
            return self._answer(tracker, words)
        given = next((e["value"] for e in message.get("entities") or () if e.get("entity") == "text"), None)
        if given:
            return str(given)
        enough = SHORT_TITLE if self.slot in TITLE_WANTED else LONG_ENOUGH
        return words if len(TRIGGER.sub("", words)) >= enough else None

    def _answer(self, tracker: Tracker, words: str) -> str | None:
        """The text itself; "" when it says too little, so that it is asked for again."""
        if (
            interrupts(tracker)
            or self._other_case(tracker)
            or (self.slot not in TITLE_WANTED and commands(tracker))
        ):
            return None
        return words if len(NOT_WORDS.sub("", words)) >= SHORT_TITLE else ""

    def _other_case(self, tracker: Tracker) -> bool:
        """“我要投诉” while a title is asked for: another form."""
        message = tracker.latest_message
        intent = message.get("intent") or {}
        other = FORMS.get(str(intent.get("name"))) not in (None, self.slot)
        said = OUTRIGHT.search(str(message.get("text") or ""))
        return bool(other and said and float(intent.get("confidence") or 0) >= SURE)


class RegisterCase(LibraryAction):
    """Register the text of a form with a number and a due date, and empty the form."""

    slot: ClassVar[str]

    @property
    @abstractmethod
    def kind(self) -> str:
        """Kind of the case."""

    def act(self, talk: Talk) -> None:
        text = str(talk.slot(self.slot) or "")
        reader = talk.reader()
        case = talk.library.cases.register(self.kind, text, reader.id if reader else None, talk.conversation)
        talk.set(**{self.slot: None})
        talk.say(f"utter_registered_{self.kind}", number=case.number, due=day(case.due_on))
