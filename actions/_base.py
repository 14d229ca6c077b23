"""The frame of every action: a thread to run in, refusals as answers, the way back to the open question."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions._figures import spoken
from actions._library import library
from actions._talk import Talk
from lending import once
from lending.errors import Code, LendingError
from lending.ports import PortUnavailable

ACTION_LISTEN = "action_listen"
"""Said outright: a rule that depends on the open question no longer fits once its action has answered it."""

COUNTS_MISSES = ("action_not_understood", "action_out_of_scope", "action_abuse")
"""These count the messages that led nowhere; any other action ends the count."""

log = structlog.get_logger(__name__)


class LibraryAction(Action, ABC):
    """An action named after its feature. `inside_form`: run by a form, which goes on itself.

    `step`: True when it moves a task on (answers or replaces the open question); False for an
    interruption, after which the open question is asked again.
    """

    step: ClassVar[bool] = True
    inside_form: ClassVar[bool] = False
    action_name: ClassVar[str] = ""

    def name(self) -> str:
        return self.action_name

    @abstractmethod
    def act(self, talk: Talk) -> None:
        """Do the work and answer. May raise LendingError: it is told as a refusal."""

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[EventType]:
        talk = Talk(dispatcher, tracker, library(), domain)
        return await asyncio.to_thread(self._once, talk)

    def _once(self, talk: Talk) -> list[EventType]:
        """Act, or say again what was said: a message handled again does nothing twice (lending/once.py)."""
        journal = once.Journal(talk.library.database, talk.library.clock)
        key = f"{talk.message_id}|{self.name()}|{talk.runs_before(self.name())}"
        if talk.handled_again and (kept := journal.find(key)) is not None:
            talk.dispatcher.messages.extend(kept["messages"])
            return list(kept["events"])
        with once.doing(talk.message_id.removesuffix(f"{talk.conversation}:")) as watch:
            self._act(talk)
        if not self.inside_form and talk.turn_ends():
            talk.go_on_with(ACTION_LISTEN)
        if watch.wrote:
            journal.keep(key, {"messages": talk.dispatcher.messages, "events": talk.events})
        return talk.events

    def _act(self, talk: Talk) -> None:
        open_question, about = talk.awaiting, talk.about
        try:
            self.act(talk)
        except LendingError as error:
            self._refuse(talk, error)
        except PortUnavailable as error:
            log.warning("port_unavailable", action=self.name(), error=str(error))
            talk.say("utter_system_slow")
        self._settle(talk, open_question, about)

    def _refuse(self, talk: Talk, error: LendingError) -> None:
        if error.code is Code.CARD_NEEDED:
            from actions.bind_card import ask_for_card

            ask_for_card(talk, self.name())
            return
        talk.say(f"utter_refused_{error.code}", **spoken(error.facts))

    def _settle(self, talk: Talk, open_question: str | None, about: dict[str, Any]) -> None:
        """Close the question that a step has answered; ask it again after an interruption."""
        if talk.slot("misses") and self.name() not in COUNTS_MISSES:
            talk.set(misses=0)
        if talk.asked or not open_question:
            return
        if self.step:
            talk.expect(None)
            return
        from actions._questions import ask_again

        ask_again(talk, open_question, about)
