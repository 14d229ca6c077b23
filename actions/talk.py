"""Small talk and the ways out: greeting, help, repeat, cancel, yes and no to nothing, not understood."""

import re
from abc import abstractmethod
from typing import Any

from actions._base import LibraryAction
from actions._questions import question
from actions._talk import Talk, choice
from actions.search_books import SURE, search, tell
from lending.catalogue.model import Filters

NOT_A_MEANING = frozenset(
    {"nlu_fallback", "out_of_scope", "abuse", "affirm", "deny", "thank", "goodbye", "greet"}
)
MEANINGS = 3
CLEARLY = 0.93
"""From this confidence on, a message is about something else than the library; below it may be anything."""
SCOLDED = 0.7
"""From this confidence on, a message is a scolding."""
OFTEN = 2
"""After so many messages in a row that led nowhere, a person is offered."""


THAT_ONE = re.compile(r"[那这][一]?[本个册]|第.{1,3}[本个册]")
"""Points at one thing of a list."""


class Greet(LibraryAction):
    """Who we are and what we can do; by name when the card is bound."""

    step = False
    action_name = "action_greet"

    def act(self, talk: Talk) -> None:
        reader = talk.reader()
        if reader:
            talk.say("utter_greet_reader", name=reader.display_name)
        else:
            talk.say("utter_greet")


class Say(LibraryAction):
    """An interruption answered by one response; then back to the open question."""

    step = False

    @property
    @abstractmethod
    def response(self) -> str:
        """Name of the response."""

    def act(self, talk: Talk) -> None:
        talk.say(self.response)


class Help(Say):
    """What I can do."""

    action_name = "action_help"
    response = "utter_help"


class Thank(Say):
    """You're welcome."""

    action_name = "action_thank"
    response = "utter_thank"


class Goodbye(LibraryAction):
    """Good-bye; an open question is let go."""

    action_name = "action_goodbye"

    def act(self, talk: Talk) -> None:
        talk.say("utter_goodbye")


class Cancel(LibraryAction):
    """“算了”: stop what we are doing; nothing that was agreed is undone."""

    action_name = "action_cancel"

    def act(self, talk: Talk) -> None:
        surveying = (talk.tracker.active_loop or {}).get("name") == "survey_form"
        talk.leave_form()
        talk.set(kept_request=None, kept_action=None)
        if talk.awaiting == "cancel_confirmation":
            talk.say("utter_order_kept")
        elif surveying:
            talk.say("utter_survey_paused")
        elif talk.library.baskets.get(talk.conversation).lines:
            talk.say("utter_cancelled_basket_kept")
        else:
            talk.say("utter_cancelled")


class Affirm(Say):
    """Yes, but to nothing that was asked."""

    action_name = "action_affirm"
    response = "utter_affirm_nothing"


class Deny(LibraryAction):
    """No to whatever was asked."""

    action_name = "action_deny"

    def act(self, talk: Talk) -> None:
        form = (talk.tracker.active_loop or {}).get("name")
        if form:
            talk.leave_form()
        talk.say("utter_survey_paused" if form == "survey_form" else "utter_denied")


class Repeat(LibraryAction):
    """Say the last answer once more."""

    step = False
    action_name = "action_repeat"

    def act(self, talk: Talk) -> None:
        said = _last_said(talk.tracker.events)
        if not said:
            talk.say("utter_help")
        for event in said:
            data = event.get("data") or {}
            talk.dispatcher.utter_message(
                text=event.get("text"), json_message=data.get("custom"), buttons=data.get("buttons") or []
            )
        talk.asked = True


class NotUnderstood(LibraryAction):
    """Not understood: maybe a book after all; else ask once with likely meanings, then offer a person."""

    action_name = "action_not_understood"
    step = False

    def act(self, talk: Talk) -> None:
        if talk.text and _picks(talk):
            return
        page = search(talk, talk.text) if talk.text else None
        if page is not None and page.hits and page.confidence >= SURE:
            talk.set(misses=0)
            tell(talk, talk.text, page, Filters())
            return
        misses = int(talk.slot("misses") or 0) + 1
        talk.set(misses=misses)
        if misses == 1 and (choices := self._meanings(talk)):
            talk.say("utter_not_understood", choices=choices)
            talk.asked = True
        else:
            talk.say("utter_offer_person")
            talk.expect("person")

    def _meanings(self, talk: Talk) -> list[dict[str, str]]:
        ranking = talk.tracker.latest_message.get("intent_ranking") or ()
        names = [str(item.get("name")) for item in ranking if item.get("name") not in NOT_A_MEANING]
        titled = [(name, talk.words(f"utter_meaning_{name}")) for name in names]
        return [choice(title, name) for name, title in titled if title][:MEANINGS]


class OutOfScope(NotUnderstood):
    """Kindly, in one sentence, when it is clear that it is not ours; else as if not understood."""

    action_name = "action_out_of_scope"

    def act(self, talk: Talk) -> None:
        sure = float((talk.message.get("intent") or {}).get("confidence") or 0.0) >= CLEARLY
        misses = int(talk.slot("misses") or 0)
        if sure and misses < OFTEN:
            talk.set(misses=misses + 1)
            talk.say("utter_out_of_scope")
        else:
            super().act(talk)


class Abuse(NotUnderstood):
    """Calm, and a person is offered; words that may be anything are asked after."""

    action_name = "action_abuse"

    def act(self, talk: Talk) -> None:
        if float((talk.message.get("intent") or {}).get("confidence") or 0.0) >= SCOLDED:
            talk.set(misses=0)
            talk.say("utter_abuse")
            if talk.awaiting == "person":
                talk.expect("person")  # this answer offers one too: not twice
        else:
            super().act(talk)


def _picks(talk: Talk) -> bool:
    """“那本南海出版公司的”, “借水浒传，送到苏州北站”, “换成第二本”: it names a book after all."""
    from actions._swap import from_shown, swap
    from actions.basket import SENT, exchange, put_in_basket
    from actions.place_order import takes_too

    correction = swap(talk)
    if correction is not None and from_shown(talk, correction.words):
        talk.set(misses=0)
        exchange(talk, correction)
        return True
    if SENT.search(talk.text) and takes_too(talk):
        talk.set(misses=0)
        return True
    titles = from_shown(talk, talk.text) if THAT_ONE.search(talk.text) else []
    if titles:
        talk.set(misses=0)
    if len(titles) == 1:
        put_in_basket(talk, titles)
    elif titles:
        talk.say("utter_which_book")
    return bool(titles)


def _last_said(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The bot's messages of the turn before this one, in order."""
    said: list[dict[str, Any]] = []
    for event in reversed(events[: _last_user(events)]):
        if event.get("event") == "user":
            break
        if event.get("event") == "bot":
            said.append(event)
    return said[::-1]


def _last_user(events: list[dict[str, Any]]) -> int:
    places = [place for place, event in enumerate(events) if event.get("event") == "user"]
    return places[-1] if places else 0


@question("person")
def _ask_person_again(talk: Talk, about: dict[str, Any]) -> None:
    talk.say("utter_offer_person")
    talk.expect("person", **about)
