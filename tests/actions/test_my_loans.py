"""Loans: the list, and renewing with reasons."""

import pytest

from tests.actions import BOTH
from tests.actions.talking import Conversation

pytestmark = BOTH


def loans(talk: Conversation) -> dict[str, int]:
    """Ids of the bound reader's loans by title."""
    reader = talk.library.readers.bound_to(talk.id)
    assert reader is not None
    return {loan.title: loan.id for loan in talk.library.loans.of(reader)}


# --- the list ---


@pytest.mark.parametrize(
    ("card", "response", "count"),
    [("D0001", "utter_loans", 2), ("D0002", "utter_loans_overdue", 2)],
)
def test_the_loans_are_listed(talk: Conversation, card: str, response: str, count: int) -> None:
    talk.bind(card)
    with talk.unchanged():
        turn = talk.do("action_my_loans", "我借了哪些书")
    assert turn.said == [response]
    assert turn.message(response)["count"] == len(turn.data(response)["loans"]) == count
    assert set(turn.choices(response)) == {
        f'/renew_this{{"loan": "{loan}"}}' for loan in loans(talk).values()
    }


def test_overdue_loans_say_what_is_owed(talk: Conversation) -> None:
    talk.bind("D0002")
    message = talk.do("action_my_loans").message("utter_loans_overdue")
    late = next(loan for loan in message["custom"]["data"]["loans"] if loan.get("overdue_days"))
    assert (message["late"], late["title"], late["why_not"]) == (1, "亮剑", "overdue")
    assert message["owed"] == f"{late['overdue_fen'] // 100}.{late['overdue_fen'] % 100:02d}"


@pytest.mark.parametrize("action", ["action_my_loans", "action_renew_loan"])
def test_no_loans(talk: Conversation, action: str) -> None:
    talk.bind("D0005")
    with talk.unchanged():
        assert talk.do(action, "我借的书").said == ["utter_no_loans"]


@pytest.mark.parametrize("action", ["action_my_loans", "action_renew_loan"])
def test_loans_need_a_card(talk: Conversation, action: str) -> None:
    with talk.unchanged():
        assert talk.do(action, "我借的书").said == ["utter_ask_card"]


# --- one ---


@pytest.mark.parametrize("words", ["把苏东坡传续一下", "续借苏东坡传"])
def test_a_loan_named_is_renewed(talk: Conversation, words: str) -> None:
    reader = talk.bind("D0001")
    before = {loan.title: loan.due for loan in talk.library.loans.of(reader)}
    turn = talk.do("action_renew_loan", words)
    assert turn.said == ["utter_renewed"]
    after = {loan.title: loan.due for loan in talk.library.loans.of(reader)}
    assert after["苏东坡传"] > before["苏东坡传"]
    assert after["万物简史"] == before["万物简史"]


def test_a_pressed_loan_is_renewed_once(talk: Conversation) -> None:
    talk.bind("D0001")
    loan = loans(talk)["苏东坡传"]
    assert talk.do("action_renew_loan", loan=loan).said == ["utter_renewed"]
    with talk.unchanged():
        again = talk.do("action_renew_loan", loan=loan)
    assert again.said == ["utter_not_renewed_renewal_used"]
    assert again.message(again.said[0])["limit"] == 1


def test_which_one_is_asked_and_the_answer_taken(talk: Conversation) -> None:
    talk.bind("D0001")
    with talk.unchanged():
        turn = talk.do("action_renew_loan", "我要续借")
    assert turn.said == ["utter_renew_which"]
    assert (turn.awaiting, turn.about) == ("renew_pick", {"loans": list(loans(talk).values())})
    done = talk.do("action_renew_loan", "第二本", intent="select_item")
    assert (done.said, done.awaiting) == (["utter_renewed"], None)


def test_the_only_loan_needs_no_question(talk: Conversation) -> None:
    talk.bind("D0010")
    assert talk.do("action_renew_loan", "续借").said == ["utter_renewed"]


@pytest.mark.parametrize(
    ("card", "title", "reason"),
    [
        ("D0002", "亮剑", "overdue"),
        ("D0003", "狼图腾", "renewal_used"),
        ("D0003", "长安的荔枝", "reserved_by_other"),
    ],
)
def test_a_renewal_is_refused_with_its_reason(talk: Conversation, card: str, title: str, reason: str) -> None:
    talk.bind(card)
    loan = loans(talk)[title]
    with talk.unchanged():
        turn = talk.do("action_renew_loan", loan=loan)
    assert turn.said == [f"utter_not_renewed_{reason}"]
    assert turn.message(turn.said[0])["title"] == title


def test_a_loan_on_its_way_back_is_not_renewed(talk: Conversation) -> None:
    talk.bind("D0010")
    talk.do("action_return_books", "还书，送到独墅湖分馆")
    with talk.unchanged():
        turn = talk.do("action_renew_loan", "续借")
    assert turn.said == ["utter_not_renewed_being_returned"]


@pytest.mark.parametrize("loan", ["999999", "theirs"])
def test_somebody_elses_loan_is_as_one_that_does_not_exist(
    talk: Conversation, other: Conversation, loan: str
) -> None:
    other.bind("D0003")
    talk.bind("D0001")
    forged = str(loans(other)["我们仨"]) if loan == "theirs" else loan
    with talk.unchanged():
        turn = talk.do("action_renew_loan", loan=forged)
    assert turn.said == ["utter_refused_loan_not_found"]


# --- all ---


@pytest.mark.parametrize("pressed", [True, False])
def test_all_are_renewed_that_can_be(talk: Conversation, pressed: bool) -> None:
    talk.bind("D0003")
    turn = talk.do("action_renew_loan", all="yes") if pressed else talk.do("action_renew_loan", "全部续借")
    assert turn.said[0] == "utter_renewed_all"
    assert [loan["title"] for loan in turn.data("utter_renewed_all")["loans"]] == ["我们仨"]
    assert sorted(turn.said[1:]) == [
        "utter_not_renewed_renewal_used",
        "utter_not_renewed_reserved_by_other",
    ]


def test_all_refused_says_only_why(talk: Conversation) -> None:
    talk.bind("D0001")
    talk.do("action_renew_loan", "全部续借")
    with talk.unchanged():
        again = talk.do("action_renew_loan", "全部续借")
    assert again.said == ["utter_not_renewed_renewal_used"] * 2
