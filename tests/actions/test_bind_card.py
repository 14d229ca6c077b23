"""The card: asked for once, kept out of the talk, forgotten on request."""

import pytest

from tests.actions.talking import Conversation


def test_binding_is_done_on_a_form(talk: Conversation) -> None:
    with talk.unchanged():
        turn = talk.do("action_bind_card", "绑定读者证", intent="bind_card")
    assert turn.said == ["utter_ask_card"]
    assert turn.data("utter_ask_card") == {"purpose": "bind_card"}
    assert turn.awaiting == "card"
    assert "kept_request" not in turn.slots_set


def test_bound_already(talk: Conversation) -> None:
    talk.bind("D0001")
    with talk.unchanged():
        assert talk.do("action_bind_card", "绑定").said == ["utter_already_bound"]


def test_bound_without_an_errand(talk: Conversation) -> None:
    talk.do("action_bind_card", "绑定", intent="bind_card")
    reader = talk.bind("D0001")
    turn = talk.do("action_card_bound", intent="card_bound")
    assert turn.said == ["utter_card_bound"]
    assert turn.message("utter_card_bound")["name"] == reader.display_name
    assert (turn.awaiting, turn.followup) == (None, "action_listen")


def test_bound_is_not_believed_but_looked_up(talk: Conversation) -> None:
    with talk.unchanged():
        turn = talk.do("action_card_bound", intent="card_bound")
    assert turn.said == ["utter_ask_card"]


@pytest.mark.parametrize(
    ("action", "words", "response"),
    [
        ("action_my_loans", "我借的书", "utter_loans"),
        ("action_track_order", "我的订单", "utter_no_order"),
        ("action_renew_loan", "把苏东坡传续一下", "utter_renewed"),
        ("action_return_books", "还书，送到独墅湖分馆，苏东坡传", "utter_return_branch"),
        ("action_reservation_status", "我的预约", "utter_no_reservations"),
        ("action_begin_survey", "满意度调查", "utter_survey_begin"),
    ],
)
def test_what_was_wanted_is_done_after_binding(
    talk: Conversation, action: str, words: str, response: str
) -> None:
    with talk.unchanged():
        asked = talk.do(action, words, intent="some_intent", title="1")
    assert asked.said == ["utter_ask_card"]
    assert asked.slots["kept_request"] == {
        "text": words,
        "intent": {"name": "some_intent"},
        "entities": [{"entity": "title", "value": "1"}],
    }
    talk.bind("D0001")
    assert talk.do("action_card_bound", intent="card_bound").followup == action
    assert talk.do(action, intent="card_bound").said == [response]


def test_the_request_kept_is_not_taken_for_a_later_message(talk: Conversation) -> None:
    talk.do("action_renew_loan", "把苏东坡传续一下", intent="renew_loan")
    talk.bind("D0001")
    talk.do("action_card_bound", intent="card_bound")
    talk.do("action_renew_loan", intent="card_bound")
    turn = talk.do("action_renew_loan", "把万物简史续一下", intent="renew_loan")
    assert turn.message("utter_renewed")["title"] == "万物简史"


def test_later_forgets_the_errand(talk: Conversation) -> None:
    talk.do("action_my_loans", "我借的书", intent="my_loans")
    with talk.unchanged():
        turn = talk.do("action_later_card", "以后再说", intent="deny")
    assert (turn.said, turn.awaiting) == (["utter_card_later"], None)
    assert (turn.slots["kept_request"], turn.slots["kept_action"]) == (None, None)


def test_asked_twice_the_first_question_is_not_lost(talk: Conversation) -> None:
    talk.fill("活着")
    talk.do("action_place_order", "下单")
    talk.do("action_choose_pickup", "湖东邻里中心", intent="choose_pickup")
    talk.do("action_my_loans", "我借的书", intent="my_loans")
    talk.bind("D0001")
    assert talk.do("action_card_bound", intent="card_bound").awaiting == "pickup"


# --- unbind ---


def test_unbinding_is_asked_about_first(talk: Conversation) -> None:
    talk.bind("D0001")
    with talk.unchanged():
        turn = talk.do("action_unbind_card", "解绑")
    assert (turn.said, turn.awaiting) == (["utter_ask_unbind"], "unbind_confirmation")


@pytest.mark.parametrize("pressed", [True, False])
def test_yes_unbinds_and_empties_the_basket(talk: Conversation, other: Conversation, pressed: bool) -> None:
    reader = talk.bind("D0001")
    other.bind("D0001")
    talk.fill("活着")
    if not pressed:
        talk.do("action_unbind_card", "解绑")
    turn = talk.do("action_unbind_card", sure="yes") if pressed else talk.do("action_unbind_card", "确定")
    assert (turn.said, turn.awaiting) == (["utter_unbound"], None)
    assert talk.library.readers.bound_to(talk.id) is None
    assert talk.library.readers.conversations_of(reader.id) == [other.id]
    assert talk.basket() == []


def test_no_stays_bound(talk: Conversation) -> None:
    talk.bind("D0001")
    talk.do("action_unbind_card", "解绑")
    with talk.unchanged():
        turn = talk.do("action_keep_card", "不了")
    assert (turn.said, turn.awaiting) == (["utter_card_kept"], None)


def test_nothing_to_unbind(talk: Conversation) -> None:
    with talk.unchanged():
        assert talk.do("action_unbind_card", "解绑").said == ["utter_not_bound"]
        talk.do("action_bind_card", "绑定", intent="bind_card")
        assert talk.do("action_unbind_card", "不绑了").said == ["utter_card_later"]
