"""What the library tells by itself: shown, stopped, resumed, by kind and for the night."""

import tomllib
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from actions._base import LibraryAction
from actions._talk import Choice, Talk, choice
from lending.notices.rules import Topic
from lending.notices.settings import NIGHT, Wishes, meant

WORDS = Path(__file__).with_name("notice_words.toml")


class ShowNoticeSettings(LibraryAction):
    """“通知设置”."""

    step = False
    action_name = "action_notice_settings"

    def act(self, talk: Talk) -> None:
        reader = talk.need_reader()
        _show(talk, talk.library.notice_settings.of(reader.id))


class StopNotices(LibraryAction):
    """“不要再提醒我还书”: the kinds named, or every kind that can be declined; “晚上别打扰我”: the night."""

    step = False
    action_name = "action_stop_notices"

    def act(self, talk: Talk) -> None:
        _wish(talk, wanted=False)


class ResumeNotices(LibraryAction):
    """“恢复提醒”, “晚上也可以提醒我”."""

    step = False
    action_name = "action_resume_notices"

    def act(self, talk: Talk) -> None:
        _wish(talk, wanted=True)


class SetNotice(LibraryAction):
    """A pressed switch: `topic` and `wanted` (yes or no)."""

    step = False
    action_name = "action_set_notice"

    def act(self, talk: Talk) -> None:
        wanted, topic = talk.entity("wanted") == "yes", talk.entity("topic")
        if topic == NIGHT:
            _night(talk, wanted)
        elif topic in set(Topic):
            _topics(talk, [Topic(topic)], wanted)
        else:
            _show(talk, talk.library.notice_settings.of(talk.need_reader().id))


def _wish(talk: Talk, *, wanted: bool) -> None:
    reader, said = talk.need_reader(), meant(talk.text)
    if said.night:
        _night(talk, _by_night(talk.text))
    elif said.topics or not said.fixed:
        _topics(talk, said.topics or tuple(Topic), wanted)
    elif wanted:
        _show(talk, talk.library.notice_settings.of(reader.id))
    else:
        talk.say("utter_notice_kept")


def _topics(talk: Talk, topics: Collection[Topic], wanted: bool) -> None:
    talk.library.notice_settings.want(talk.need_reader().id, topics, wanted)
    named = [_words()[topic] for topic in topics]
    talk.say("utter_notices_resumed" if wanted else "utter_notices_stopped", topics=named)


def _night(talk: Talk, wanted: bool) -> None:
    talk.library.notice_settings.want_at_night(talk.need_reader().id, wanted)
    talk.say("utter_night_on" if wanted else "utter_night_off", **_hours(talk))


def _by_night(text: str) -> bool:
    """Whether the night is welcome: what undoes “do not disturb” counts before what refuses."""
    words = _words()
    return any(word in text for word in words["undone"]) or not any(word in text for word in words["no"])


def _show(talk: Talk, wishes: Wishes) -> None:
    words = _words()
    said = [f"{words[topic]}{words['on' if on else 'off']}" for topic, on in wishes.topics.items()]
    talk.say(
        "utter_notice_settings",
        topics=words["comma"].join(said),
        night=words["told" if wishes.night else "quiet"],
        choices=_switches(talk, wishes),
        **_hours(talk),
    )


def _switches(talk: Talk, wishes: Wishes) -> list[Choice]:
    """What would change something, as many as the reader's kind is offered at once."""
    states = [(str(topic), _words()[topic], on) for topic, on in wishes.topics.items()]
    states.append((NIGHT, _words()["night"], wishes.night))
    most = talk.library.policy.for_kind(talk.need_reader().kind).most_choices
    return [_switch(name, told, on) for name, told, on in states][:most]


def _switch(name: str, told: str, on: bool) -> Choice:
    verb = _words()["turn_off" if on else "turn_on"]
    return choice(f"{verb}{told}", "set_notice", topic=name, wanted="no" if on else "yes")


def _hours(talk: Talk) -> dict[str, Any]:
    about = talk.library.policy.notices
    return {"since": f"{about.quiet_from:%H:%M}", "until": f"{about.quiet_until:%H:%M}"}


@cache
def _words() -> Mapping[str, Any]:
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))
