"""A helper gets a copy of the reader's pickup codes: invite, accept, end (6.1.4)."""

import re
import unicodedata

from actions._base import LibraryAction
from actions._figures import moment
from actions._talk import Talk

CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
SPOKEN = str.maketrans("〇零一二三四五六七八九幺", "001234567891")
"""Digits as they are spoken, 幺 for 1."""


class InviteHelper(LibraryAction):
    """“让我女儿也收到取书码”: a code that the helper enters in their own conversation."""

    step = False
    action_name = "action_invite_helper"

    def act(self, talk: Talk) -> None:
        invitation = talk.library.readers.helpers.invite(talk.need_reader(), talk.conversation)
        talk.say(
            "utter_helper_invited", code=" ".join(invitation.code), expires=moment(invitation.expires_at)
        )


class BecomeHelper(LibraryAction):
    """“我是帮手 123456”."""

    step = False
    action_name = "action_become_helper"

    def act(self, talk: Talk) -> None:
        code = code_in(talk.text)
        if code is None:
            talk.say("utter_ask_helper_code")
            return
        name = talk.library.readers.helpers.accept(talk.conversation, code)
        talk.say("utter_helper_accepted", name=name)


class EndHelper(LibraryAction):
    """“取消帮手”, said by either side."""

    step = False
    action_name = "action_end_helper"

    def act(self, talk: Talk) -> None:
        ended = talk.library.readers.helpers.end(talk.conversation)
        if ended.helpers:
            talk.say("utter_helpers_ended")
        if ended.helped:
            talk.say("utter_helping_ended", names="、".join(ended.helped))
        if not ended.helpers and not ended.helped:
            talk.say("utter_no_helper")


def code_in(text: str) -> str | None:
    """The six digits of a message, written or spoken, however they are spaced."""
    plain = unicodedata.normalize("NFKC", text).translate(SPOKEN)
    found = CODE.search(re.sub(r"(?<=\d)[\s，,、-]+(?=\d)", "", plain))
    return found.group() if found else None
