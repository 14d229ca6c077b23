"""The yearly satisfaction survey by chat (8.1.2): pause at any time, go on where it stopped."""

from collections.abc import Mapping
from typing import Any

from rasa_sdk.events import SlotSet

from actions._base import LibraryAction
from actions._cases import interrupts
from actions._talk import Talk, choice
from lending.errors import Code, LendingError
from lending.surveys.profile import Grade, Question
from lending.surveys.service import SurveyState


class BeginSurvey(LibraryAction):
    """Start, or go on with, this year's survey."""

    action_name = "action_begin_survey"

    def act(self, talk: Talk) -> None:
        state = talk.library.surveys.begin(talk.need_reader())
        if state.answers:
            talk.say("utter_survey_going_on", index=state.index, total=state.total)
        else:
            talk.say("utter_survey_begin", total=state.total)
        talk.go_on_with("survey_form")


class AskSurvey(LibraryAction):
    """The next question, its grades as choices."""

    inside_form = True
    action_name = "action_ask_survey_form_survey_answer"

    def act(self, talk: Talk) -> None:
        state = talk.library.surveys.state(talk.need_reader())
        if state is None or state.question is None:
            return
        talk.say(
            "utter_survey_question",
            kind="survey",
            data=_question_data(state, state.question),
            choices=[
                choice(grade.label, "answer_survey", question=state.question.id, answer=grade.id)
                for grade in state.profile.grades
            ],
            index=state.index,
            total=state.total,
            question=state.question.text,
        )


class ValidateSurvey(LibraryAction):
    """Take an answer by choice, number or word; the form ends when the last one is in."""

    inside_form = True
    action_name = "validate_survey_form"

    def act(self, talk: Talk) -> None:
        if talk.tracker.get_slot("requested_slot") != "survey_answer":
            return
        reader = talk.need_reader()
        state = talk.library.surveys.state(reader)
        if state is None or state.question is None:
            talk.events.append(SlotSet("survey_answer", "done"))
            return
        answer = talk.entity("answer")
        grade: str | Grade | None = (
            answer if answer is not None else talk.library.surveys.understand(talk.text)
        )
        if grade is None and interrupts(talk.tracker):
            return
        if grade is None:
            talk.say("utter_survey_not_understood")
            talk.events.append(SlotSet("survey_answer", None))
            return
        question = talk.entity("question") or state.question.id
        self._save(talk, question, grade if isinstance(grade, str) else grade.id)

    def _save(self, talk: Talk, question: str, grade: str) -> None:
        try:
            state = talk.library.surveys.answer(talk.need_reader(), question, grade)
        except LendingError as error:
            if error.code is not Code.SURVEY_ANSWER_UNKNOWN:
                raise
            talk.say("utter_survey_not_understood")
            talk.events.append(SlotSet("survey_answer", None))
            return
        talk.events.append(SlotSet("survey_answer", "done" if state.done else None))


class ThankSurvey(LibraryAction):
    """The last answer is in."""

    action_name = "action_thank_survey"

    def act(self, talk: Talk) -> None:
        talk.events.append(SlotSet("survey_answer", None))
        talk.say("utter_survey_done")


def _question_data(state: SurveyState, question: Question) -> Mapping[str, Any]:
    return {
        "question": {"id": question.id, "text": question.text},
        "index": state.index,
        "total": state.total,
        "grades": [{"id": grade.id, "title": grade.label} for grade in state.profile.grades],
    }
