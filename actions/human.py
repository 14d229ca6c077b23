"""A person, with one word."""

from actions._base import LibraryAction
from actions._figures import moment
from actions._talk import Talk


class Human(LibraryAction):
    """Mark the conversation for a person and say when one will answer."""

    action_name = "action_human"

    def act(self, talk: Talk) -> None:
        library = talk.library
        talk.leave_form()
        now, hours = library.clock.now(), library.policy.library.hours
        data = {"handover": True, "reason": "asked" if talk.intent == "human" else "not_understood"}
        if library.calendar.is_open(hours, now):
            talk.say("utter_human_soon", kind="staff", data=data, phone=library.policy.phone)
        else:
            opens = library.calendar.next_open(hours, now)
            talk.say(
                "utter_human_later", kind="staff", data=data, opens=moment(opens), phone=library.policy.phone
            )
