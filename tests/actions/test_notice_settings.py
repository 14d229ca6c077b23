"""What a reader wants to be told: shown, stopped, resumed, by words and by switches."""

import pytest

from lending.notices.rules import Topic
from lending.notices.settings import Wishes, kinds
from tests.actions import BOTH
from tests.actions.talking import Conversation

pytestmark = BOTH


def wishes(talk: Conversation) -> Wishes:
    reader = talk.library.readers.bound_to(talk.id)
    assert reader is not None
    return talk.library.notice_settings.of(reader.id)


@pytest.mark.parametrize(
    "action",
    ["action_notice_settings", "action_stop_notices", "action_resume_notices", "action_set_notice"],
)
def test_it_needs_a_card(talk: Conversation, action: str) -> None:
    with talk.unchanged():
        turn = talk.do(action, "通知设置") if action != "action_set_notice" else talk.do(action, topic="due")
    assert turn.said == ["utter_ask_card"]


def test_it_is_shown_with_switches_and_the_quiet_hours(talk: Conversation) -> None:
    talk.bind("D0001")
    with talk.unchanged():
        turn = talk.do("action_notice_settings", "通知设置")
    message = turn.message("utter_notice_settings")
    assert message["topics"] == "订单进度开，取书提醒开，到期提醒开，还书回执开"
    assert (message["since"], message["until"], message["night"]) == ("21:00", "08:00", "不打扰您")
    assert turn.choices("utter_notice_settings")[0] == '/set_notice{"topic": "progress", "wanted": "no"}'
    assert turn.choices("utter_notice_settings")[-1] == '/set_notice{"topic": "at_night", "wanted": "yes"}'


def test_elderly_readers_get_three_switches(talk: Conversation) -> None:
    card = next(
        reader.card
        for number in range(1, 13)
        if (reader := talk.library.readers.register.by_card(f"D{number:04d}")) and reader.kind == "elderly"
    )
    talk.bind(card)
    assert len(talk.do("action_notice_settings", "通知设置").choices("utter_notice_settings")) == 3


@pytest.mark.parametrize(
    ("words", "topics"),
    [("不要再提醒我还书", [Topic.DUE]), ("取书提醒关掉", [Topic.PICKUP]), ("不要再提醒我了", list(Topic))],
)
def test_what_is_named_stops_or_everything_that_may(
    talk: Conversation, words: str, topics: list[Topic]
) -> None:
    talk.bind("D0001")
    assert talk.do("action_stop_notices", words).said == ["utter_notices_stopped"]
    assert wishes(talk).declined == {kind for topic in topics for kind in kinds(topic)}
    assert talk.do("action_resume_notices", "恢复提醒").said == ["utter_notices_resumed"]
    assert wishes(talk) == Wishes()


def test_one_kind_comes_back_alone(talk: Conversation) -> None:
    talk.bind("D0001")
    talk.do("action_stop_notices", "不要再提醒我了")
    turn = talk.do("action_resume_notices", "到期前还是提醒我")
    assert turn.message("utter_notices_resumed")["topics"] == "到期提醒"
    assert [topic for topic, on in wishes(talk).topics.items() if on] == [Topic.DUE]


def test_codes_cannot_be_declined(talk: Conversation) -> None:
    talk.bind("D0001")
    with talk.unchanged():
        assert talk.do("action_stop_notices", "取书码不要发了").said == ["utter_notice_kept"]


@pytest.mark.parametrize(
    ("action", "words", "night"),
    [
        ("action_resume_notices", "晚上也可以提醒我", True),
        ("action_resume_notices", "取消免打扰", True),
        ("action_stop_notices", "晚上别打扰我", False),
        ("action_stop_notices", "打开免打扰", False),
    ],
)
def test_the_night(talk: Conversation, action: str, words: str, night: bool) -> None:
    talk.bind("D0001")
    turn = talk.do(action, words)
    assert turn.said == ["utter_night_on" if night else "utter_night_off"]
    assert wishes(talk) == Wishes(night=night)


def test_switches(talk: Conversation) -> None:
    talk.bind("D0001")
    assert talk.do("action_set_notice", topic="due", wanted="no").said == ["utter_notices_stopped"]
    assert not wishes(talk).topics[Topic.DUE]
    assert talk.do("action_set_notice", topic="due", wanted="yes").said == ["utter_notices_resumed"]
    assert talk.do("action_set_notice", topic="at_night", wanted="yes").said == ["utter_night_on"]
    with talk.unchanged():
        assert talk.do("action_set_notice", topic="order_available", wanted="no").said == [
            "utter_notice_settings"
        ]
