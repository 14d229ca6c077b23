"""The figures of a survey year, by both formulas in use."""

from collections.abc import Mapping
from dataclasses import dataclass

from lending.surveys.profile import Profile, Question


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """One question. `n` counts answers with a value; the figures are None while n is 0.

    satisfied_share: answers in satisfied grades / n. score_ratio: sum of values / (n x largest value).
    """

    id: str
    text: str
    n: int
    counts: Mapping[str, int]
    satisfied_share: float | None
    score_ratio: float | None


@dataclass(frozen=True, slots=True)
class SurveyResults:
    """The year as a whole. `n`: readers who finished. passed_*: None while there is nothing to judge."""

    year: int
    profile_id: str
    version: str
    status: str
    n: int
    enough: bool
    target: float
    questions: tuple[QuestionResult, ...]
    satisfied_share: float | None
    score_ratio: float | None

    @property
    def passed_share(self) -> bool | None:
        """Whether the share of satisfied answers reaches the target."""
        return None if self.satisfied_share is None else self.satisfied_share >= self.target

    @property
    def passed_ratio(self) -> bool | None:
        """Whether the score ratio reaches the target."""
        return None if self.score_ratio is None else self.score_ratio >= self.target


def results_of(
    profile: Profile, year: int, n: int, counts: Mapping[tuple[str, str], int], target: float
) -> SurveyResults:
    """Both formulas, per question and for the whole, from how often each (question, grade) was given."""
    questions = tuple(_question(profile, question, counts) for question in profile.questions)
    whole = [one for one in questions if profile.overall in ("all", one.id)]
    together = {g.id: sum(one.counts[g.id] for one in whole) for g in profile.grades}
    share, ratio = _figures(profile, together)
    return SurveyResults(
        year=year,
        profile_id=profile.id,
        version=profile.version,
        status=profile.status,
        n=n,
        enough=n >= profile.least_sample,
        target=target,
        questions=questions,
        satisfied_share=share,
        score_ratio=ratio,
    )


def _question(profile: Profile, question: Question, counts: Mapping[tuple[str, str], int]) -> QuestionResult:
    given = {grade.id: counts.get((question.id, grade.id), 0) for grade in profile.grades}
    share, ratio = _figures(profile, given)
    return QuestionResult(question.id, question.text, _counted(profile, given), given, share, ratio)


def _counted(profile: Profile, given: Mapping[str, int]) -> int:
    return sum(given[grade.id] for grade in profile.grades if grade.counted)


def _figures(profile: Profile, given: Mapping[str, int]) -> tuple[float | None, float | None]:
    n = _counted(profile, given)
    if n == 0:
        return None, None
    satisfied = sum(given[grade_id] for grade_id in profile.formulas.share)
    score = sum(given[grade.id] * grade.value for grade in profile.grades)
    return satisfied / n, score / (n * profile.formulas.ratio_max)
