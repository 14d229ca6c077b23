"""Questions about the library, answered from live data and policy; and a person."""

import pytest

from tests.actions.talking import Conversation

CLOSED_AT_NIGHT = {"hours": 12}
"""From ten in the morning to ten at night."""


def test_the_hours_of_every_branch(talk: Conversation) -> None:
    turn = talk.do("action_opening_hours", "几点开门")
    assert turn.said == ["utter_opening_hours"]
    assert {point["kind"] for point in turn.data("utter_opening_hours")["points"]} == {"branch"}


@pytest.mark.parametrize(
    ("hours", "response", "fact"), [(0, "utter_open_now", "until"), (12, "utter_closed_now", "opens")]
)
def test_the_hours_of_one_place(talk: Conversation, hours: int, response: str, fact: str) -> None:
    talk.clock.forward(hours=hours)
    turn = talk.do("action_opening_hours", "独墅湖分馆几点关门")
    assert turn.said == [response]
    assert turn.message(response)[fact]
    assert [point["id"] for point in turn.data(response)["points"]] == ["dushuhu"]


@pytest.mark.parametrize(
    ("words", "response", "count"),
    [
        ("有哪些自助柜", "utter_all_lockers", 6),
        ("分馆在哪", "utter_branches", 3),
        ("木渎的柜子在哪", "utter_points_named", 1),
    ],
)
def test_lockers_and_branches(talk: Conversation, words: str, response: str, count: int) -> None:
    turn = talk.do("action_nearby_lockers", words)
    assert turn.said == [response]
    assert len(turn.choices(response)) == turn.message(response)["count"] == count


def test_those_nearest_to_the_place_shared(talk: Conversation) -> None:
    talk.do("action_share_location", latitude="31.25", longitude="120.51")
    turn = talk.do("action_nearby_lockers", "附近的柜子")
    assert turn.said == ["utter_lockers_near"]
    assert turn.data("utter_lockers_near")["points"][0]["id"] == "mudu"


@pytest.mark.parametrize(
    ("card", "response", "owed"),
    [
        (None, "utter_fees", None),
        ("D0001", "utter_fees_none", "0.00"),
        ("D0012", "utter_fees_own", "23.50"),
        ("D0004", "utter_fees_none_door_free", "0.00"),
    ],
)
def test_fees_and_what_the_reader_owes(
    talk: Conversation, card: str | None, response: str, owed: str | None
) -> None:
    if card:
        talk.bind(card)
    turn = talk.do("action_ask_fees", "要钱吗")
    assert turn.said == [response]
    message = turn.message(response)
    assert (message["delivery"], message["overdue_day"], message["overdue_most"]) == ("3.00", "0.10", "10.00")
    assert message.get("owed") == owed


@pytest.mark.parametrize(
    ("card", "response", "facts"),
    [
        (None, "utter_limits", {"card_limit": 20, "loan_days": 30}),
        ("D0001", "utter_limits_own", {"card_limit": 20, "held": 2, "left": 18}),
        ("D0006", "utter_limits_own", {"card_limit": 10, "held": 1, "left": 9}),
        ("D0010", "utter_limits_own", {"loan_days": 60, "hold_locker": 7}),
    ],
)
def test_limits_of_the_readers_kind(
    talk: Conversation, card: str | None, response: str, facts: dict[str, int]
) -> None:
    if card:
        talk.bind(card)
    turn = talk.do("action_ask_limits", "能借几本")
    assert turn.said == [response]
    assert {name: turn.message(response)[name] for name in facts} == facts


def test_how_it_goes(talk: Conversation) -> None:
    message = talk.do("action_ask_process", "怎么借书").message("utter_process")
    assert (message["lockers"], message["branches"], message["acquisition"]) == (6, 3, 3)


def test_the_phone(talk: Conversation) -> None:
    message = talk.do("action_contact_phone", "电话").message("utter_phone")
    rules = talk.library.policy.library
    assert (message["phone"], message["supervision"]) == (rules.phone, rules.supervision_phone)


@pytest.mark.parametrize(
    "action",
    [
        "action_opening_hours",
        "action_nearby_lockers",
        "action_ask_fees",
        "action_ask_limits",
        "action_ask_process",
        "action_contact_phone",
    ],
)
def test_a_question_changes_nothing(talk: Conversation, action: str) -> None:
    talk.bind("D0001")
    with talk.unchanged():
        talk.do(action, "请问")


# --- a person ---


@pytest.mark.parametrize(("hours", "response"), [(0, "utter_human_soon"), (12, "utter_human_later")])
@pytest.mark.parametrize(("intent", "reason"), [("human", "asked"), ("affirm", "not_understood")])
def test_a_person_is_called(talk: Conversation, hours: int, response: str, intent: str, reason: str) -> None:
    talk.clock.forward(hours=hours)
    with talk.unchanged():
        turn = talk.do("action_human", "人工", intent=intent)
    assert turn.said == [response]
    assert turn.message(response)["custom"]["kind"] == "staff"
    assert turn.data(response) == {"handover": True, "reason": reason}
    assert turn.message(response)["phone"] == talk.library.policy.phone


def test_a_person_ends_the_form_and_the_open_question(talk: Conversation) -> None:
    talk.do("action_search_books", "乡土中国")
    talk.form = "complain_form"
    turn = talk.do("action_human", "人工", intent="human")
    assert not talk.form
    assert turn.slots["requested_slot"] is None
    assert turn.awaiting is None
    assert turn.followup == "action_listen"
