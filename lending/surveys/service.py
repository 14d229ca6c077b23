"""Answering the survey, and its results."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lending import once
from lending.calendar.zone import local
from lending.errors import Code, LendingError
from lending.ports import Clock
from lending.readers.model import Reader
from lending.storage import surveys as rows
from lending.storage.base import Connection, Database
from lending.surveys.profile import Grade, Profile, Question
from lending.surveys.results import SurveyResults, results_of
from lending.surveys.understanding import at_position, understand


@dataclass(frozen=True, slots=True)
class SurveyState:
    """How far a reader is. `question` is the next to answer (None when done), `index` its place from 1.

    answers: grade id by question id, as given so far.
    """

    profile: Profile
    year: int
    question: Question | None
    index: int
    total: int
    done: bool
    answers: Mapping[str, str] = field(default_factory=dict)


class Surveys:
    """One response a reader and year; every answer is saved at once, so a pause needs nothing said."""

    def __init__(self, database: Database, clock: Clock, profile: Profile, target: float) -> None:
        self._database = database
        self._clock = clock
        self.profile = profile
        self._target = target

    def begin(self, reader: Reader) -> SurveyState:
        """Start, or go on where the reader stopped. Raises LendingError(survey_done, year)."""
        now = self._clock.now()
        with self._database.begin() as conn:
            response = self._response(conn, reader, now)
            return self._state(conn, response, done=False)

    def answer(self, reader: Reader, question_id: str, grade: str | int) -> SurveyState:
        """Save one answer: a grade's id, its place in the list (int, from 1) or the reader's words.

        Any answer may be given again until the last question is answered; then the survey is done.
        Raises LendingError(survey_done, year | survey_answer_unknown).
        """
        meant = self._grade(grade)
        if meant is None or self.profile.question(question_id) is None:
            raise LendingError(Code.SURVEY_ANSWER_UNKNOWN)
        now = self._clock.now()
        with self._database.begin() as conn:
            if once.before(conn, "survey") is not None and (known := self._known(conn, reader)):
                return known
            once.note(conn, "survey", now)
            response = self._response(conn, reader, now)
            rows.save_answer(conn, response["id"], question_id, meant.id)
            state = self._state(conn, response, done=False)
            if state.question is not None:
                return state
            rows.finish(conn, response["id"], now)
            return self._state(conn, response, done=True)

    def state(self, reader: Reader) -> SurveyState | None:
        """How far the reader is this year; None when not begun."""
        with self._database.read() as conn:
            return self._known(conn, reader)

    def understand(self, text: str) -> Grade | None:
        """The grade a message means, or None."""
        return understand(text, self.profile)

    def results(self, year: int | None = None) -> SurveyResults:
        """Both formulas for a year (this one when None), from finished responses only."""
        year = year or self._year(self._clock.now())
        with self._database.read() as conn:
            n = rows.finished_count(conn, year, self.profile.id)
            counts = rows.grade_counts(conn, year, self.profile.id)
        return results_of(self.profile, year, n, counts, self._target)

    def _known(self, conn: Connection, reader: Reader) -> SurveyState | None:
        response = rows.response_of(conn, reader.id, self._year(self._clock.now()))
        if response is None:
            return None
        return self._state(conn, response, done=response["done_at"] is not None)

    def _response(self, conn: Connection, reader: Reader, now: datetime) -> Any:
        """The reader's response of the year, held for this transaction."""
        year = self._year(now)
        response = rows.open_response(conn, reader.id, year, self.profile.id, self.profile.version, now)
        if not rows.touch(conn, response["id"], now):
            raise LendingError(Code.SURVEY_DONE, year=year)
        return response

    def _grade(self, given: str | int) -> Grade | None:
        if isinstance(given, int):
            return at_position(given, self.profile)
        return self.profile.grade(given) or understand(given, self.profile)

    def _state(self, conn: Connection, response: Any, *, done: bool) -> SurveyState:
        answers = rows.answers_of(conn, response["id"])
        questions = self.profile.questions
        waiting = [place for place, one in enumerate(questions) if one.id not in answers]
        place = waiting[0] if waiting and not done else None
        return SurveyState(
            profile=self.profile,
            year=response["year"],
            question=None if place is None else questions[place],
            index=len(questions) if place is None else place + 1,
            total=len(questions),
            done=done,
            answers=answers,
        )

    @staticmethod
    def _year(now: datetime) -> int:
        return local(now).year
