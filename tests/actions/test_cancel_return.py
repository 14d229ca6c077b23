"""A booked return taken back in chat."""

from typing import Any

import pytest

from lending.loans.model import ReturnState, ReturnView
from lending.ports import ShipmentState
from tests.actions import BOTH
from tests.actions.talking import Conversation
from tests.app.demo_world import World

pytestmark = BOTH


def returns(talk: Conversation) -> list[ReturnView]:
    reader = talk.library.readers.bound_to(talk.id)
    assert reader is not None
    return list(talk.library.returns.of(reader))


def loan_ids(talk: Conversation) -> list[int]:
    reader = talk.library.readers.bound_to(talk.id)
    assert reader is not None
    return [loan.id for loan in talk.library.loans.of(reader)]


def booked(talk: Conversation, card: str = "D0010") -> ReturnView:
    """The only loan of this card, on its way back to a branch."""
    talk.bind(card)
    talk.do("action_return_books", "还书，送到独墅湖分馆", message_id="m0")
    return returns(talk)[0]


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("action_cancel_return", "取消还书"),
        ("action_return_books", "这本先不还了"),
        ("action_cancel_order", "把还书取消了"),
    ],
)
def test_the_only_one_is_taken_back(talk: Conversation, action: str, words: str) -> None:
    view = booked(talk)
    turn = talk.do(action, words)
    assert turn.said in (["utter_return_cancelled"], ["utter_return_cancelled_overdue"])
    assert turn.message(turn.said[0])["number"] == view.number
    assert returns(talk) == []


def test_of_several_the_reader_chooses(talk: Conversation) -> None:
    talk.bind("D0001")
    for number, loan in enumerate(loan_ids(talk)):
        talk.do("action_return_books", loans=loan)
        talk.do("action_choose_pickup", "还到独墅湖分馆", message_id=f"m{number}")
    first, second = returns(talk)
    with talk.unchanged():
        turn = talk.do("action_cancel_return", "不还了")
    assert turn.choices("utter_cancel_return_which")[1] == f'/cancel_return{{"return": "{second.number}"}}'
    pressed: dict[str, Any] = {"return": second.number}
    assert talk.do("action_cancel_return", **pressed).said[0].startswith("utter_return_can")
    assert [view.number for view in returns(talk)] == [first.number]


@pytest.mark.parametrize(("words", "left"), [("都不还了", 0), ("第一个不还了", 1)])
def test_some_or_all_by_words(talk: Conversation, words: str, left: int) -> None:
    talk.bind("D0001")
    for number, loan in enumerate(loan_ids(talk)):
        talk.do("action_return_books", loans=loan)
        talk.do("action_choose_pickup", "还到独墅湖分馆", message_id=f"m{number}")
    talk.do("action_cancel_return", words)
    assert len(returns(talk)) == left


def test_before_it_is_agreed_nothing_has_to_be_undone(talk: Conversation) -> None:
    talk.bind("D0010")
    talk.do("action_return_books", "还书")
    with talk.unchanged():
        turn = talk.do("action_cancel_return", "不还了")
    assert (turn.said, turn.awaiting) == (["utter_return_not_booked"], None)


def test_nothing_to_take_back(talk: Conversation) -> None:
    talk.bind("D0005")
    with talk.unchanged():
        assert talk.do("action_cancel_return", "取消还书").said == ["utter_no_return"]


def test_what_the_courier_has_stays_on_its_way(talk: Conversation, there: World) -> None:
    talk.bind("D0010")
    talk.do("action_return_books", "还书，上门来拿")
    view = returns(talk)[0]
    assert view.tracking is not None
    there.courier.scan(view.tracking, ShipmentState.PICKED_UP)
    turn = talk.do("action_cancel_return", "取消还书")
    assert turn.said == ["utter_return_too_late_handed_over"]
    assert returns(talk)[0].state is ReturnState.HANDED_OVER


def test_somebody_elses_return_is_not_found(talk: Conversation, other: Conversation) -> None:
    theirs = booked(other)
    talk.bind("D0001")
    talk.do("action_return_books", loans=loan_ids(talk)[0])
    talk.do("action_choose_pickup", "还到独墅湖分馆")
    with talk.unchanged():
        pressed: dict[str, Any] = {"return": theirs.number}
        turn = talk.do("action_cancel_return", **pressed)
    assert turn.said == ["utter_refused_return_not_found"]


def test_it_needs_a_card(talk: Conversation) -> None:
    with talk.unchanged():
        assert talk.do("action_cancel_return", "不还了", intent="cancel_return").said == ["utter_ask_card"]
