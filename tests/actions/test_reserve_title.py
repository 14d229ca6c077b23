"""The queue for a book that is out."""

import pytest

from tests.actions import BOTH
from tests.actions.talking import Conversation

pytestmark = BOTH

OUT = "长安的荔枝"


def test_the_offer_is_taken(talk: Conversation) -> None:
    reader = talk.bind("D0001")
    talk.do("action_search_books", OUT)
    turn = talk.do("action_reserve_title", "好的", intent="affirm")
    assert (turn.said, turn.awaiting) == (["utter_reserved"], None)
    assert turn.message("utter_reserved")["position"] == 3
    assert [one.title for one in talk.library.reservations.of(reader)] == [OUT]


@pytest.mark.parametrize("words", ["帮我预约长安的荔枝", "长安的荔枝有了通知我，我要预约"])
def test_a_title_named_is_reserved(talk: Conversation, words: str) -> None:
    talk.bind("D0001")
    assert talk.do("action_reserve_title", words).said == ["utter_reserved"]


def test_a_pressed_title_is_reserved(talk: Conversation) -> None:
    talk.bind("D0001")
    assert talk.do("action_reserve_title", title=talk.title_id(OUT)).said == ["utter_reserved"]


def test_a_book_that_is_there_is_put_into_the_basket_instead(talk: Conversation) -> None:
    reader = talk.bind("D0001")
    turn = talk.do("action_reserve_title", title=talk.title_id("活着"))
    assert turn.said == ["utter_refused_copy_available", "utter_added_ask_pickup"]
    assert talk.library.reservations.of(reader) == []
    assert talk.basket() == ["活着"]


@pytest.mark.parametrize(
    ("card", "response"),
    [
        ("D0005", "utter_refused_already_reserved"),
        ("D0003", "utter_refused_already_on_loan"),
        ("D0011", "utter_refused_suspended"),
    ],
)
def test_a_reader_who_may_not_queue(talk: Conversation, card: str, response: str) -> None:
    talk.bind(card)
    with talk.unchanged():
        turn = talk.do("action_reserve_title", title=talk.title_id(OUT))
    assert turn.said == [response]


def test_a_forged_title_is_refused(talk: Conversation) -> None:
    talk.bind("D0001")
    with talk.unchanged():
        assert talk.do("action_reserve_title", title="999999").said == ["utter_refused_unknown_title"]


def test_without_a_title_it_is_asked_for(talk: Conversation) -> None:
    talk.bind("D0001")
    with talk.unchanged():
        assert talk.do("action_reserve_title", "预约").said == ["utter_reserve_which"]


def test_the_card_is_asked_for_and_the_offer_kept(talk: Conversation) -> None:
    talk.do("action_search_books", OUT)
    with talk.unchanged():
        asked = talk.do("action_reserve_title", "好的", intent="affirm")
    assert asked.said == ["utter_ask_card"]
    talk.bind("D0001")
    bound = talk.do("action_card_bound", intent="card_bound")
    assert (bound.followup, bound.awaiting) == ("action_reserve_title", "reserve")
    assert talk.do("action_reserve_title", intent="card_bound").said == ["utter_reserved"]


def test_no_thanks(talk: Conversation) -> None:
    talk.do("action_search_books", OUT)
    with talk.unchanged():
        turn = talk.do("action_no_reservation", "不用了")
    assert (turn.said, turn.awaiting) == (["utter_no_reservation"], None)


# --- the place in the queue ---


def test_the_place_in_the_queue(talk: Conversation) -> None:
    talk.bind("D0009")
    with talk.unchanged():
        turn = talk.do("action_reservation_status", "排到第几了")
    assert turn.said == ["utter_reservation_waiting"]
    assert turn.message("utter_reservation_waiting")["position"] == 2


def test_a_book_that_has_come_says_until_when(talk: Conversation, other: Conversation) -> None:
    other.bind("D0003")
    loan = next(loan for loan in talk.library.loans.of(other.bind("D0003")) if loan.title == OUT)
    booked = talk.library.returns.start(
        other.bind("D0003"), [loan.id], "branch", point_id="renmin", nonce="n1"
    )
    talk.library.returns.complete(booked.number)
    talk.bind("D0005")
    turn = talk.do("action_reservation_status", "我的预约")
    assert turn.said == ["utter_reservation_ready"]
    assert turn.message("utter_reservation_ready")["until"]


def test_no_place_in_any_queue(talk: Conversation) -> None:
    talk.bind("D0001")
    with talk.unchanged():
        assert talk.do("action_reservation_status", "我的预约").said == ["utter_no_reservations"]


def test_the_queue_needs_a_card(talk: Conversation) -> None:
    assert talk.do("action_reservation_status", "我的预约").said == ["utter_ask_card"]


# --- out of the queue ---


def test_the_only_reservation_is_given_up(talk: Conversation) -> None:
    reader = talk.bind("D0009")
    turn = talk.do("action_reservation_status", "取消预约")
    assert turn.said == ["utter_reservation_given_up"]
    assert talk.library.reservations.of(reader) == []


def test_of_several_the_one_named_or_pressed_is_given_up(talk: Conversation) -> None:
    reader = talk.bind("D0009")
    title = talk.title_id("我们仨")
    talk.library.reservations.reserve(reader, title)
    with talk.unchanged():
        asked = talk.do("action_reservation_status", "取消预约")
    assert asked.said == ["utter_give_up_which"]
    assert len(asked.choices("utter_give_up_which")) == 2
    talk.do("action_reservation_status", "我们仨不约了")
    left = talk.library.reservations.of(reader)
    assert [one.title for one in left] == [OUT]
    talk.do("action_reservation_status", reservation=left[0].id)
    assert talk.library.reservations.of(reader) == []


def test_somebody_elses_reservation_is_refused(talk: Conversation, other: Conversation) -> None:
    theirs = talk.library.reservations.of(other.bind("D0005"))[0].id
    talk.bind("D0009")
    with talk.unchanged():
        turn = talk.do("action_reservation_status", reservation=theirs)
    assert turn.said == ["utter_refused_reservation_not_found"]
