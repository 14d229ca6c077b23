"""Small talk, the ways out, and what is not understood."""

import asyncio
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.session import SessionStart
from lending.orders.service import Orders
from lending.ports import PortUnavailable
from lending.readers.model import Reader
from tests.actions.talking import Conversation, Turn

GIBBERISH = "嗯嗯哒啦嘟嘟嘟喵喵"
RANKING = ("greet", "search_books", "my_loans", "out_of_scope", "track_order", "help")


# --- small talk ---


@pytest.mark.parametrize(
    ("action", "response"),
    [
        ("action_greet", "utter_greet"),
        ("action_help", "utter_help"),
        ("action_thank", "utter_thank"),
        ("action_goodbye", "utter_goodbye"),
        ("action_affirm", "utter_affirm_nothing"),
        ("action_deny", "utter_denied"),
        ("action_cancel", "utter_cancelled"),
    ],
)
def test_small_talk_changes_nothing(talk: Conversation, action: str, response: str) -> None:
    with talk.unchanged():
        turn = talk.do(action, "你好")
    assert turn.said == [response]
    assert turn.followup == "action_listen"


def test_a_known_reader_is_greeted_by_name(talk: Conversation) -> None:
    reader = talk.bind("D0001")
    turn = talk.do("action_greet", "你好")
    assert turn.said == ["utter_greet_reader"]
    assert turn.message("utter_greet_reader")["name"] == reader.display_name


# --- ways out ---


@pytest.mark.parametrize("action", ["action_cancel", "action_goodbye", "action_deny"])
def test_the_open_question_is_let_go(talk: Conversation, action: str) -> None:
    talk.do("action_search_books", "乡土中国")
    turn = talk.do(action, "算了")
    assert (turn.awaiting, turn.about) == (None, None)


def test_cancelling_keeps_the_basket_and_the_orders(talk: Conversation) -> None:
    reader = talk.bind("D0001")
    talk.order(reader, "围城")
    talk.fill("活着")
    with talk.unchanged():
        turn = talk.do("action_cancel", "算了")
    assert turn.said == ["utter_cancelled_basket_kept"]


def test_cancelling_the_cancelling_keeps_the_order(talk: Conversation) -> None:
    talk.order(talk.bind("D0001"), "围城")
    talk.do("action_cancel_order", "取消订单")
    with talk.unchanged():
        turn = talk.do("action_cancel", "算了")
    assert (turn.said, turn.awaiting) == (["utter_order_kept"], None)


@pytest.mark.parametrize("action", ["action_cancel", "action_deny"])
def test_a_form_is_left(talk: Conversation, action: str) -> None:
    talk.form = "complain_form"
    turn = talk.do(action, "算了")
    assert not talk.form
    assert turn.slots["requested_slot"] is None
    assert turn.followup == "action_listen"


def test_cancelling_forgets_the_errand_that_waited_for_the_card(talk: Conversation) -> None:
    talk.do("action_my_loans", "我借的书", intent="my_loans")
    turn = talk.do("action_cancel", "算了")
    assert (turn.slots["kept_request"], turn.slots["kept_action"], turn.awaiting) == (None, None, None)


# --- once more ---


def said_before(*texts: str) -> list[dict[str, Any]]:
    """A tracker's events: an earlier turn, the last turn's answers, and “再说一遍”."""
    earlier: list[dict[str, Any]] = [
        {"event": "user", "text": "你好"},
        {"event": "bot", "text": "不是这句", "data": {}},
    ]
    answers: list[dict[str, Any]] = [
        {"event": "bot", "text": text, "data": {"custom": {"kind": "text"}, "buttons": [{"title": "是"}]}}
        for text in texts
    ]
    return [*earlier, {"event": "user", "text": "三体"}, *answers, {"event": "user", "text": "再说一遍"}]


def test_the_last_answer_is_repeated_whole_and_in_order(talk: Conversation) -> None:
    talk.history = said_before("一", "二")
    with talk.unchanged():
        turn = talk.do("action_repeat", "再说一遍")
    assert [message["text"] for message in turn.messages] == ["一", "二"]
    assert all(message["buttons"] == [{"title": "是"}] for message in turn.messages)
    assert all(message["custom"] == {"kind": "text"} for message in turn.messages)


def test_with_nothing_said_before_it_says_what_it_can(talk: Conversation) -> None:
    assert talk.do("action_repeat", "再说一遍").said == ["utter_help"]


def test_repeating_leaves_the_question_open_and_does_not_ask_twice(talk: Conversation) -> None:
    talk.do("action_search_books", "乡土中国")
    talk.history = said_before("要借吗？")
    turn = talk.do("action_repeat", "再说一遍")
    assert (len(turn.messages), turn.awaiting) == (1, "borrow")


# --- not understood ---


def not_understood(talk: Conversation, words: str = GIBBERISH) -> Turn:
    return talk.do("action_not_understood", words, intent="nlu_fallback", ranking=RANKING)


def test_first_the_likely_meanings_then_a_person(talk: Conversation) -> None:
    with talk.unchanged():
        first, second = not_understood(talk), not_understood(talk)
    assert first.said == ["utter_not_understood"]
    assert first.choices("utter_not_understood") == ["/search_books", "/my_loans", "/track_order"]
    assert (first.slots["misses"], first.awaiting) == (1, None)
    assert (second.said, second.slots["misses"], second.awaiting) == (["utter_offer_person"], 2, "person")


def test_without_a_likely_meaning_a_person_is_offered(talk: Conversation) -> None:
    turn = talk.do("action_not_understood", GIBBERISH, intent="nlu_fallback", ranking=["greet", "affirm"])
    assert turn.said == ["utter_offer_person"]


@pytest.mark.parametrize("action", ["action_greet", "action_search_books", "action_my_loans"])
def test_anything_understood_ends_the_count(talk: Conversation, action: str) -> None:
    not_understood(talk)
    assert talk.do(action, "余华").slots["misses"] == 0
    assert not_understood(talk).said == ["utter_not_understood"]


def test_a_title_nobody_understood_is_a_search(talk: Conversation) -> None:
    not_understood(talk)
    turn = not_understood(talk, "乡土中国")
    assert turn.said == ["utter_one_book"]
    assert (turn.slots["misses"], turn.awaiting) == (0, "borrow")


def test_a_book_of_the_list_pointed_at_is_taken(talk: Conversation) -> None:
    talk.slots["shown"] = [talk.title_id("活着"), talk.title_id("围城")]
    not_understood(talk, "那本钱钟书的呗")
    assert talk.basket() == ["围城"]


def test_the_question_stays_open_while_meanings_are_asked(talk: Conversation) -> None:
    talk.do("action_search_books", "乡土中国")
    assert not_understood(talk).awaiting == "borrow"


@pytest.mark.parametrize(
    "words", ["", "😀😀😀", "？？？", "x" * 2000, "\u200b\u202e", "'; DROP TABLE loans;--"]
)
@pytest.mark.parametrize("action", ["action_not_understood", "action_search_books", "action_select_item"])
def test_strange_messages_are_answered_and_change_nothing(
    talk: Conversation, action: str, words: str
) -> None:
    talk.bind("D0001")
    with talk.unchanged():
        assert talk.do(action, words).said


# --- not ours ---


def out_of_scope(talk: Conversation, sure: float = 0.99) -> Turn:
    return talk.do("action_out_of_scope", GIBBERISH, intent="out_of_scope", confidence=sure, ranking=RANKING)


def test_out_of_scope_is_said_kindly_then_a_person_is_offered(talk: Conversation) -> None:
    with talk.unchanged():
        said = [out_of_scope(talk).said for _ in range(3)]
    assert said == [["utter_out_of_scope"], ["utter_out_of_scope"], ["utter_offer_person"]]
    assert talk.slots["awaiting"] == "person"


def test_doubtfully_out_of_scope_is_not_understood(talk: Conversation) -> None:
    assert out_of_scope(talk, sure=0.6).said == ["utter_not_understood"]


def test_misses_of_both_kinds_are_counted_together(talk: Conversation) -> None:
    out_of_scope(talk)
    assert not_understood(talk).said == ["utter_offer_person"]


@pytest.mark.parametrize(("sure", "response"), [(0.9, "utter_abuse"), (0.5, "utter_not_understood")])
def test_scolding_is_met_calmly(talk: Conversation, sure: float, response: str) -> None:
    with talk.unchanged():
        turn = talk.do("action_abuse", GIBBERISH, intent="abuse", confidence=sure, ranking=RANKING)
    assert turn.said == [response]


# --- when a system behind does not answer ---


def test_a_system_that_does_not_answer_is_told(talk: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(_self: Orders, reader: Reader, open_only: bool = True, limit: int = 10) -> None:
        raise PortUnavailable("the library system does not answer")

    talk.bind("D0001")
    monkeypatch.setattr(Orders, "of", silent)
    with talk.unchanged():
        turn = talk.do("action_track_order", "我的订单")
    assert turn.said == ["utter_system_slow"]


# --- a new session ---


def started(slots: dict[str, Any], events: list[dict[str, Any]]) -> list[Any]:
    """What our action for a new session answers."""
    tracker = Tracker("web-1", slots, {}, events, False, None, {}, None)
    return asyncio.run(SessionStart().run(CollectingDispatcher(), tracker, {}))


def test_a_new_session_carries_each_slot_once() -> None:
    slots = {"awaiting": "pickup", "about": {"skip": 3}, "shown": [1, 2], "focus": None}
    passing = {"requested_slot": "complaint_text", "session_started_metadata": {"a": 1}}
    before = [{"event": "slot", "name": "shown", "value": [number]} for number in range(50)]
    events = started(slots | passing, before)
    assert [event["event"] for event in events] == ["session_started", "slot", "slot", "slot", "action"]
    assert {event["name"]: event["value"] for event in events[1:-1]} == {
        "awaiting": "pickup",
        "about": {"skip": 3},
        "shown": [1, 2],
    }
    assert events[-1]["name"] == "action_listen"


def test_a_new_session_of_a_newcomer_carries_nothing() -> None:
    assert [event["event"] for event in started({}, [])] == ["session_started", "action"]
