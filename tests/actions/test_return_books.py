"""Giving back: which, how, and what is agreed."""

from collections.abc import Sequence

import pytest

from lending.loans.model import ReturnState, ReturnView
from tests.actions import BOTH
from tests.actions.talking import Conversation

pytestmark = BOTH


def returns(talk: Conversation) -> Sequence[ReturnView]:
    """Returns of the bound reader."""
    reader = talk.library.readers.bound_to(talk.id)
    assert reader is not None
    return talk.library.returns.of(reader)


def loan_ids(talk: Conversation) -> dict[str, int]:
    reader = talk.library.readers.bound_to(talk.id)
    assert reader is not None
    return {loan.title: loan.id for loan in talk.library.loans.of(reader)}


# --- which ---


def test_which_is_asked(talk: Conversation) -> None:
    talk.bind("D0001")
    with talk.unchanged():
        turn = talk.do("action_return_books", "我要还书")
    assert turn.said == ["utter_return_which"]
    assert (turn.awaiting, turn.about) == ("return_pick", {"method": None})
    assert set(turn.choices("utter_return_which")) == {
        f'/return_these{{"loans": "{loan}"}}' for loan in loan_ids(talk).values()
    }


def test_the_way_said_first_is_kept(talk: Conversation) -> None:
    talk.bind("D0001")
    turn = talk.do("action_return_books", "还书，上门来拿")
    assert turn.about == {"method": "home"}
    done = talk.do("action_return_books", "第一本", intent="select_item")
    assert done.said == ["utter_return_home_fee"]
    assert [loan.title for loan in returns(talk)[0].loans] == [next(iter(loan_ids(talk)))]


@pytest.mark.parametrize(
    ("action", "words"), [("action_return_all", "是的"), ("action_return_books", "都还")]
)
def test_all_of_them(talk: Conversation, action: str, words: str) -> None:
    talk.bind("D0001")
    talk.do("action_return_books", "还书")
    with talk.unchanged():
        turn = talk.do(action, words)
    assert turn.said == ["utter_ask_return_method"]
    assert turn.message(turn.said[0])["count"] == 2
    assert (turn.awaiting, turn.about) == ("return_method", {"loans": list(loan_ids(talk).values())})


def test_the_only_loan_needs_no_question(talk: Conversation) -> None:
    talk.bind("D0010")
    assert talk.do("action_return_books", "还书").said == ["utter_ask_return_method"]


@pytest.mark.parametrize("loan", ["999999", "theirs", "1;2"])
def test_somebody_elses_loan_is_as_one_that_does_not_exist(
    talk: Conversation, other: Conversation, loan: str
) -> None:
    other.bind("D0003")
    talk.bind("D0001")
    forged = str(loan_ids(other)["我们仨"]) if loan == "theirs" else loan
    with talk.unchanged():
        turn = talk.do("action_return_books", loans=forged)
    assert turn.said == ["utter_refused_loan_not_found"]


@pytest.mark.parametrize("action", ["action_return_books", "action_return_all"])
def test_nothing_to_give_back(talk: Conversation, action: str) -> None:
    talk.bind("D0005")
    with talk.unchanged():
        assert talk.do(action, "还书").said == ["utter_refused_nothing_to_return"]


@pytest.mark.parametrize("action", ["action_return_books", "action_return_all"])
def test_giving_back_needs_a_card(talk: Conversation, action: str) -> None:
    with talk.unchanged():
        turn = talk.do(action, "还书", intent="return_books")
    assert (turn.said, turn.slots["kept_action"]) == (["utter_ask_card"], action)


# --- how ---


@pytest.mark.parametrize(
    ("words", "response"),
    [("放到自助柜", "utter_return_which_locker"), ("到分馆还", "utter_return_which_branch")],
)
def test_a_way_without_a_place_asks_on(talk: Conversation, words: str, response: str) -> None:
    talk.bind("D0010")
    talk.do("action_return_books", "还书")
    with talk.unchanged():
        turn = talk.do("action_choose_pickup", words)
    assert turn.said == [response]
    assert (turn.awaiting, turn.about) == ("return_method", {"loans": list(loan_ids(talk).values())})


@pytest.mark.parametrize(
    ("words", "response", "point"),
    [
        ("放到湖东邻里中心", "utter_return_locker", "hudong"),
        ("还到独墅湖分馆", "utter_return_branch", "dushuhu"),
    ],
)
def test_a_place_named_settles_it(talk: Conversation, words: str, response: str, point: str) -> None:
    talk.bind("D0010")
    talk.do("action_return_books", "还书")
    turn = talk.do("action_choose_pickup", words)
    assert (turn.said, turn.awaiting) == ([response], None)
    agreed = returns(talk)[0]
    assert agreed.state is ReturnState.BOOKED
    assert agreed.point is not None
    assert agreed.point.id == point
    message = turn.message(response)
    assert message["number"] == agreed.number
    assert message["code"].replace(" ", "") == (agreed.code or "")


@pytest.mark.parametrize(
    ("card", "response", "fee"),
    [("D0001", "utter_return_home_fee", "3.00"), ("D0010", "utter_return_home", "0.00")],
)
def test_fetched_at_the_door_at_its_price(talk: Conversation, card: str, response: str, fee: str) -> None:
    talk.bind(card)
    talk.do("action_return_books", loans=next(iter(loan_ids(talk).values())))
    turn = talk.do("action_choose_pickup", method="home")
    assert turn.said == [response]
    assert turn.message(response)["fee"] == fee
    assert "日（周" in turn.message(response)["window"]


def test_fetched_without_an_address(talk: Conversation) -> None:
    reader = talk.bind("D0003")
    loan = loan_ids(talk)["我们仨"]
    talk.do("action_return_books", loans=loan)
    with talk.unchanged():
        turn = talk.do("action_choose_pickup", method="home")
    assert turn.said == ["utter_ask_address"]
    assert (turn.awaiting, turn.about) == ("return_method", {"loans": [loan], "method": "home"})
    added = talk.library.readers.add_address(reader.id, "张书远", "13900000003", "姑苏区", "人民路1号")
    done = talk.do("action_use_address", address=added.id)
    assert (done.said, done.awaiting) == (["utter_return_home_fee"], None)
    assert [returned.id for returned in returns(talk)[0].loans] == [loan]


def test_of_several_addresses_the_reader_chooses(talk: Conversation) -> None:
    reader = talk.bind("D0010")
    added = talk.library.readers.add_address(reader.id, "吴阿根", "13900000010", "姑苏区", "人民路1号")
    talk.do("action_return_books", "还书")
    with talk.unchanged():
        turn = talk.do("action_choose_pickup", method="home")
    assert turn.said == ["utter_return_which_address"]
    assert len(turn.choices("utter_return_which_address")) == 2
    assert talk.do("action_use_address", address=added.id).said == ["utter_return_home"]


def test_somebody_elses_address_is_refused(talk: Conversation) -> None:
    other = talk.library.readers.register.by_card("D0004")
    assert other is not None
    theirs = talk.library.readers.addresses(other.id)[0].id
    talk.bind("D0010")
    talk.do("action_return_books", "还书")
    with talk.unchanged():
        turn = talk.do("action_use_address", address=theirs)
    assert turn.said == ["utter_refused_address_not_found"]


def test_the_same_message_handled_twice_is_one_return(talk: Conversation) -> None:
    talk.bind("D0010")
    first = talk.do("action_return_books", "还书，送到独墅湖分馆", message_id="m7")
    talk.do("action_return_books", "还书，送到独墅湖分馆", message_id="m7")
    assert first.said == ["utter_return_branch"]
    assert len(returns(talk)) == 1


def test_what_is_on_its_way_back_is_not_given_back_again(talk: Conversation) -> None:
    talk.bind("D0010")
    talk.do("action_return_books", "还书，送到独墅湖分馆")
    with talk.unchanged():
        turn = talk.do("action_return_books", "还书", message_id="m2")
    assert turn.said == ["utter_refused_nothing_to_return"]


@pytest.mark.parametrize("point", ["nowhere", "mudu'--"])
def test_a_forged_place_is_refused(talk: Conversation, point: str) -> None:
    talk.bind("D0010")
    talk.do("action_return_books", "还书")
    with talk.unchanged():
        turn = talk.do("action_choose_pickup", point=point)
    assert turn.said == ["utter_refused_unknown_point"]
