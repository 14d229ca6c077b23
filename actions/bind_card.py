"""Bind and unbind a card, and the forms that keep personal data out of the talk (4.3)."""

from typing import Any

from actions._base import LibraryAction
from actions._questions import question
from actions._talk import Talk


def ask_for_card(talk: Talk, action: str) -> None:
    """Ask once for the card, and keep what the reader wanted, so that the talk goes on there."""
    message = talk.message
    if action != "action_bind_card":
        talk.set(kept_request=_kept(message), kept_action=action)
    talk.say("utter_ask_card", kind="link", data={"purpose": "bind_card"})
    keep = talk.about if talk.awaiting and talk.awaiting != "card" else None
    kept_question = talk.awaiting if keep is not None else talk.about.get("question")
    talk.expect("card", question=kept_question, about=keep if keep is not None else talk.about.get("about"))


def ask_for_address(talk: Talk) -> None:
    """Ask for an address by form."""
    talk.say("utter_ask_address", kind="link", data={"purpose": "add_address"})
    awaiting, about = talk.awaiting, talk.about
    if awaiting:
        talk.expect(awaiting, **about)
    else:
        talk.expect("pickup", skip=0)


class BindCard(LibraryAction):
    """“绑定读者证”."""

    action_name = "action_bind_card"

    def act(self, talk: Talk) -> None:
        reader = talk.reader()
        if reader:
            talk.say("utter_already_bound", name=reader.display_name)
        else:
            ask_for_card(talk, self.name())


class CardBound(LibraryAction):
    """The card is bound: greet, and go on where the talk was."""

    action_name = "action_card_bound"

    def act(self, talk: Talk) -> None:
        reader = talk.reader()
        if reader is None:
            ask_for_card(talk, "action_bind_card")
            return
        kept = talk.slot("kept_action")
        talk.say("utter_card_bound_going_on" if kept else "utter_card_bound", name=reader.display_name)
        about = talk.about
        if talk.awaiting == "card":
            talk.expect(about.get("question"), **(about.get("about") or {}))
        if kept:
            talk.set(kept_action=None)
            talk.go_on_with(str(kept))
            talk.asked = True


class UnbindCard(LibraryAction):
    """“解绑”: asked once more, then the conversation forgets the card."""

    action_name = "action_unbind_card"

    def act(self, talk: Talk) -> None:
        if talk.reader() is None:
            talk.say("utter_card_later" if talk.awaiting == "card" else "utter_not_bound")
            return
        if talk.awaiting == "unbind_confirmation" or talk.entity("sure"):
            talk.library.readers.unbind(talk.conversation)
            talk.library.baskets.clear(talk.conversation)
            talk.set(kept_request=None, kept_action=None)
            talk.say("utter_unbound")
            return
        talk.say("utter_ask_unbind")
        talk.expect("unbind_confirmation")


class KeepCard(LibraryAction):
    """The reader would rather stay bound."""

    action_name = "action_keep_card"

    def act(self, talk: Talk) -> None:
        talk.say("utter_card_kept")


class LaterCard(LibraryAction):
    """The reader does not want to bind now."""

    action_name = "action_later_card"

    def act(self, talk: Talk) -> None:
        talk.set(kept_request=None, kept_action=None)
        talk.say("utter_card_later")


def _kept(message: Any) -> dict[str, Any]:
    return {
        "text": message.get("text"),
        "intent": {"name": (message.get("intent") or {}).get("name")},
        "entities": [
            {"entity": entity.get("entity"), "value": entity.get("value")}
            for entity in message.get("entities") or ()
        ],
    }


@question("card")
def _ask_card_again(talk: Talk, about: dict[str, Any]) -> None:
    talk.say("utter_resume_card", kind="link", data={"purpose": "bind_card"})
    talk.expect("card", **about)
