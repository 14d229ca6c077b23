"""An interruption is answered, and then the open question is asked again; a step closes it."""

from collections.abc import Callable
from typing import Any

import pytest

from actions._base import LibraryAction
from actions._questions import _askers
from tests.actions.talking import Conversation, Turn, actions, domain

INTERRUPTIONS = {
    "action_opening_hours": "utter_opening_hours",
    "action_ask_fees": "utter_fees_none",
    "action_ask_limits": "utter_limits_own",
    "action_ask_process": "utter_process",
    "action_contact_phone": "utter_phone",
    "action_greet": "utter_greet_reader",
    "action_help": "utter_help",
    "action_thank": "utter_thank",
    "action_affirm": "utter_affirm_nothing",
    "action_my_loans": "utter_loans",
    "action_reservation_status": "utter_no_reservations",
    "action_nearby_lockers": "utter_all_lockers",
}

SETTINGS = (
    *("action_elder_on", "action_elder_off", "action_speech_on", "action_speech_off"),
    *("action_notice_settings", "action_stop_notices", "action_resume_notices", "action_set_notice"),
    *("action_become_helper", "action_invite_helper", "action_end_helper"),
)
"""What a reader may change in the middle of something else."""


def borrow(talk: Conversation) -> Turn:
    talk.bind("D0001")
    return talk.do("action_search_books", "乡土中国")


def reserve(talk: Conversation) -> Turn:
    talk.bind("D0001")
    return talk.do("action_search_books", "长安的荔枝")


def pickup(talk: Conversation) -> Turn:
    talk.bind("D0001")
    talk.fill("活着")
    talk.do("action_place_order", "下单")
    return talk.do("action_choose_pickup", "换别的")


def order_confirmation(talk: Conversation) -> Turn:
    talk.bind("D0001")
    talk.fill("活着", point="hudong")
    return talk.do("action_place_order", "下单")


def order_confirmation_home(talk: Conversation) -> Turn:
    talk.bind("D0001")
    talk.fill("活着")
    return talk.do("action_choose_pickup", method="home")


def cancel_confirmation(talk: Conversation) -> Turn:
    talk.order(talk.bind("D0001"), "活着")
    return talk.do("action_cancel_order", "取消订单")


def change_confirmation(talk: Conversation) -> Turn:
    number = talk.order(talk.bind("D0001"), "活着").number
    return talk.do("action_choose_pickup", order=number)


def return_pick(talk: Conversation) -> Turn:
    talk.bind("D0001")
    return talk.do("action_return_books", "还书，上门来拿")


def return_method(talk: Conversation) -> Turn:
    talk.bind("D0001")
    return talk.do("action_return_books", "都还")


def renew_pick(talk: Conversation) -> Turn:
    talk.bind("D0001")
    return talk.do("action_renew_loan", "我要续借")


def person(talk: Conversation) -> Turn:
    talk.bind("D0001")
    return talk.do("action_not_understood", "嘟嘟嘟喵喵", intent="nlu_fallback")


OPENED: dict[Callable[[Conversation], Turn], tuple[str, str]] = {
    borrow: ("borrow", "utter_resume_borrow"),
    reserve: ("reserve", "utter_resume_reserve"),
    pickup: ("pickup", "utter_resume_pickup"),
    order_confirmation: ("order_confirmation", "utter_resume_order"),
    order_confirmation_home: ("order_confirmation", "utter_resume_order_home"),
    cancel_confirmation: ("cancel_confirmation", "utter_ask_cancel"),
    change_confirmation: ("change_confirmation", "utter_change_where"),
    return_pick: ("return_pick", "utter_return_which"),
    return_method: ("return_method", "utter_ask_return_method"),
    renew_pick: ("renew_pick", "utter_renew_which"),
    person: ("person", "utter_offer_person"),
}
"""How each question is opened; its name, and the response that asks it again."""

EVERY_QUESTION = pytest.mark.parametrize("opened", OPENED, ids=lambda opened: opened.__name__)


@EVERY_QUESTION
def test_a_question_is_opened(talk: Conversation, opened: Callable[[Conversation], Turn]) -> None:
    turn = opened(talk)
    assert turn.awaiting == OPENED[opened][0]
    assert turn.followup == "action_listen"


@EVERY_QUESTION
@pytest.mark.parametrize("interruption", INTERRUPTIONS)
def test_after_an_interruption_it_is_asked_again(
    talk: Conversation, opened: Callable[[Conversation], Turn], interruption: str
) -> None:
    before = opened(talk)
    name, again = OPENED[opened]
    with talk.unchanged():
        turn = talk.do(interruption, "请问")
    assert turn.said == [INTERRUPTIONS[interruption], again]
    assert (turn.awaiting, turn.about) == (name, before.about)


@pytest.mark.parametrize("setting", SETTINGS)
def test_after_a_setting_it_is_asked_again(talk: Conversation, setting: str) -> None:
    before = borrow(talk)
    turn = talk.do(setting, "请问")
    assert len(turn.said) > 1
    assert turn.said[-1] == OPENED[borrow][1]
    assert (turn.awaiting, turn.about) == (OPENED[borrow][0], before.about)


@pytest.mark.parametrize("interruption", ["action_greet", "action_help", "action_opening_hours"])
def test_the_card_is_asked_for_again_with_its_link(talk: Conversation, interruption: str) -> None:
    asked = talk.do("action_my_loans", "我借的书", intent="my_loans")
    turn = talk.do(interruption, "请问")
    assert turn.said[-1] == "utter_resume_card"
    assert turn.data("utter_resume_card") == {"purpose": "bind_card"}
    assert (turn.awaiting, turn.about) == ("card", asked.about)
    assert turn.slots["kept_action"] == "action_my_loans"


@EVERY_QUESTION
def test_another_errand_replaces_it(talk: Conversation, opened: Callable[[Conversation], Turn]) -> None:
    opened(talk)
    turn = talk.do("action_new_books", "新书")
    assert (turn.awaiting, turn.about) == (None, None)


def test_a_question_that_cannot_be_asked_any_more_is_let_go(talk: Conversation) -> None:
    return_method(talk)
    talk.slots["about"] = {"loans": [999999]}
    turn = talk.do("action_help", "你能做什么")
    assert turn.said == ["utter_help"]


def test_a_refused_step_closes_it(talk: Conversation) -> None:
    borrow(talk)
    turn = talk.do("action_show_basket", "书单")
    assert (turn.said, turn.awaiting) == (["utter_refused_basket_empty"], None)


def test_every_question_has_a_value_and_every_asker_is_tried() -> None:
    values: set[str] = set(domain()["slots"]["awaiting"]["values"])
    assert set(_askers) <= values
    assert set(_askers) == {name for name, _ in OPENED.values()} | {"card"}


def test_every_question_that_is_opened_is_declared() -> None:
    """`talk.expect("…")` in the source names a value of the slot."""
    from tests.actions.test_names import calls

    opened = {
        getattr(call.args[0], "value", "") for call in calls("expect") if call.args and _is_word(call.args[0])
    }
    assert opened <= set(domain()["slots"]["awaiting"]["values"])


def _is_word(node: Any) -> bool:
    return isinstance(getattr(node, "value", None), str)


def test_interruptions_are_all_tried() -> None:
    """Actions that are no step: here, or where they need more than a bound reader."""
    elsewhere = {
        "action_repeat",
        "action_not_understood",
        "action_out_of_scope",
        "action_abuse",
        "action_track_order",
        "action_pickup_code",
        "action_proxy_code",
    }
    found = {
        name
        for name, run in actions().actions.items()
        if isinstance(owner := getattr(run, "__self__", None), LibraryAction) and not owner.step
    }
    assert found == {*INTERRUPTIONS, *SETTINGS, *elsewhere}
