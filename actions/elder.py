"""How the reader wants to be spoken to: elderly mode, spoken answers (6.1.4)."""

from actions._base import LibraryAction
from actions._talk import Talk


class ElderOn(LibraryAction):
    """“老人模式”: from now on few things at a time, here and wherever the card is bound."""

    step = False
    action_name = "action_elder_on"

    def act(self, talk: Talk) -> None:
        talk.library.readers.preferences.set_elder(talk.conversation, True)
        talk.say("utter_elder_on")


class ElderOff(LibraryAction):
    """“关闭老人模式”."""

    step = False
    action_name = "action_elder_off"

    def act(self, talk: Talk) -> None:
        talk.library.readers.preferences.set_elder(talk.conversation, False)
        talk.say("utter_elder_off")


class SpeechOn(LibraryAction):
    """“用语音回答我”."""

    step = False
    action_name = "action_speech_on"

    def act(self, talk: Talk) -> None:
        talk.library.readers.preferences.set_speech(talk.conversation, True)
        talk.say("utter_speech_on")


class SpeechOff(LibraryAction):
    """“不用语音”."""

    step = False
    action_name = "action_speech_off"

    def act(self, talk: Talk) -> None:
        talk.library.readers.preferences.set_speech(talk.conversation, False)
        talk.say("utter_speech_off")
