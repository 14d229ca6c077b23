"""The yearly survey: begun, answered by choice, number or word, paused, finished once."""

from typing import Any

import pytest

from lending.readers.model import Reader
from lending.surveys import Surveys
from tests.actions import BOTH
from tests.actions.talking import Conversation, Turn, spoken

pytestmark = BOTH


@pytest.fixture
def reader(talk: Conversation) -> Reader:
    """A bound reader whose survey waits for its first answer."""
    bound = talk.bind("D0001")
    talk.do("action_begin_survey", "满意度调查")
    ask(talk)
    return bound


def ask(talk: Conversation) -> Turn:
    """The form asks the next question."""
    talk.form = "survey_form"
    talk.slots["requested_slot"] = "survey_answer"
    return talk.do("action_ask_survey_form_survey_answer", "满意度调查")


def answer(talk: Conversation, words: str, intent: str = "", sure: float = 1.0) -> Turn:
    """The form looks at an answer."""
    return talk.run("validate_survey_form", spoken(words, intent, sure))


def surveys(talk: Conversation) -> Surveys:
    return talk.library.surveys


def given(talk: Conversation, reader: Reader) -> list[str]:
    """Grades given so far, in order."""
    state = surveys(talk).state(reader)
    assert state is not None
    return [state.answers[one.id] for one in state.profile.questions if one.id in state.answers]


def test_it_begins_with_how_many_questions(talk: Conversation) -> None:
    talk.bind("D0001")
    turn = talk.do("action_begin_survey", "满意度调查")
    assert turn.said == ["utter_survey_begin"]
    assert turn.message("utter_survey_begin")["total"] == len(surveys(talk).profile.questions)
    assert turn.followup == "survey_form"


def test_it_needs_a_card(talk: Conversation) -> None:
    with talk.unchanged():
        turn = talk.do("action_begin_survey", "满意度调查")
    assert (turn.said, turn.followup) == (["utter_ask_card"], "action_listen")


def test_each_question_offers_its_grades(talk: Conversation, reader: Reader) -> None:
    with talk.unchanged():
        turn = ask(talk)
    profile = surveys(talk).profile
    assert turn.said == ["utter_survey_question"]
    assert turn.data("utter_survey_question")["question"]["id"] == profile.questions[0].id
    assert turn.choices("utter_survey_question") == [
        f'/answer_survey{{"question": "{profile.questions[0].id}", "answer": "{grade.id}"}}'
        for grade in profile.grades
    ]
    assert turn.followup is None, "the form goes on by itself"


@pytest.mark.parametrize(
    ("words", "grade"),
    [("满意", "very"), ("1", "very"), ("第二个", "fairly"), ("很不满意", "least"), ("4分", "fairly")],
)
def test_an_answer_in_words_or_numbers(talk: Conversation, reader: Reader, words: str, grade: str) -> None:
    turn = answer(talk, words)
    assert turn.slots_set == {"survey_answer": None}
    assert given(talk, reader) == [grade]


def test_a_pressed_answer_belongs_to_its_question(talk: Conversation, reader: Reader) -> None:
    first = surveys(talk).profile.questions[0].id
    talk.do("validate_survey_form", question=first, answer="least")
    talk.do("validate_survey_form", question=first, answer="very")
    assert given(talk, reader) == ["very"]


@pytest.mark.parametrize("words", ["今天下雨了吗", "三体", "12345"])
def test_what_is_no_answer_is_asked_again(talk: Conversation, reader: Reader, words: str) -> None:
    with talk.unchanged():
        turn = answer(talk, words)
    if turn.said:
        assert turn.said == ["utter_survey_not_understood"]
    assert turn.slots_set.get("survey_answer") is None
    assert given(talk, reader) == []


@pytest.mark.parametrize(
    "forged", [{"question": "no_such", "answer": "very"}, {"question": "search", "answer": "no_such"}]
)
def test_a_forged_answer_is_not_counted(talk: Conversation, reader: Reader, forged: dict[str, Any]) -> None:
    with talk.unchanged():
        turn = talk.do("validate_survey_form", **forged)
    assert turn.said == ["utter_survey_not_understood"]


def test_an_interruption_leaves_the_question_open(talk: Conversation, reader: Reader) -> None:
    with talk.unchanged():
        turn = answer(talk, "开放时间是几点", intent="opening_hours")
    assert (turn.said, turn.events) == ([], [])


def test_a_pause_keeps_the_answers(talk: Conversation, reader: Reader) -> None:
    answer(talk, "满意")
    answer(talk, "一般")
    with talk.unchanged():
        paused = talk.do("action_cancel", "算了")
    assert paused.said == ["utter_survey_paused"]
    assert (talk.form, paused.slots["requested_slot"]) == (None, None)
    again = talk.do("action_begin_survey", "继续调查")
    assert again.said == ["utter_survey_going_on"]
    assert again.message("utter_survey_going_on")["index"] == 3
    assert given(talk, reader) == ["very", "neutral"]


def test_no_pauses_too(talk: Conversation, reader: Reader) -> None:
    with talk.unchanged():
        assert talk.do("action_deny", "不想答了").said == ["utter_survey_paused"]
    assert talk.form is None


def test_the_last_answer_ends_it_and_once_is_enough(talk: Conversation, reader: Reader) -> None:
    questions = surveys(talk).profile.questions
    ends = [answer(talk, "满意").slots_set["survey_answer"] for _ in questions]
    assert ends == [None] * (len(questions) - 1) + ["done"]
    thanks = talk.do("action_thank_survey", "满意")
    assert (thanks.said, thanks.slots["survey_answer"]) == (["utter_survey_done"], None)
    talk.form = None
    with talk.unchanged():
        again = talk.do("action_begin_survey", "满意度调查")
    assert (again.said, again.followup) == (["utter_refused_survey_done"], "action_listen")
    assert surveys(talk).results().n == 1


def test_one_reader_answers_once_from_wherever(
    talk: Conversation, other: Conversation, reader: Reader
) -> None:
    answer(talk, "满意")
    other.bind("D0001")
    assert other.do("action_begin_survey", "满意度调查").said == ["utter_survey_going_on"]
