"""A survey as data: questions, grades, the words understood for each grade, and the formulas.

See docs/survey.md for every key of the TOML file.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from lending.strict import MisfitError, Within, build


class ProfileError(Exception):
    """A survey profile that cannot be used: one sentence naming the file, the key and what is wanted."""


@dataclass(frozen=True, slots=True)
class Grade:
    """One answer to choose. `value` 0 means that the answer is not counted (never used, does not know)."""

    id: str
    label: str
    words: tuple[str, ...]
    value: int = 0

    @property
    def counted(self) -> bool:
        return self.value > 0


@dataclass(frozen=True, slots=True)
class Question:
    """One question; every question takes the profile's grades."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Formulas:
    """`share`: grades that count as satisfied. `ratio_max`: n x ratio_max is the largest sum of values."""

    share: tuple[str, ...]
    ratio_max: Annotated[int, Within(1, 1000)]


@dataclass(frozen=True, slots=True)
class Profile:
    """The survey of a year. `status` tells whether a library has checked it against the standard (未核定)."""

    id: str
    version: str
    status: str
    title: str
    source: str
    year_rule: str
    overall: str
    formulas: Formulas
    grades: tuple[Grade, ...]
    questions: tuple[Question, ...]
    least_sample: Annotated[int, Within(0, 1_000_000)]

    @classmethod
    def load(cls, path: Path) -> "Profile":
        """Read and check a profile. Raises ProfileError."""
        try:
            profile = build(cls, tomllib.loads(path.read_text(encoding="utf-8")))
            profile._agrees_with_itself()
        except OSError as missing:
            raise ProfileError(
                f"The survey profile {path.name} cannot be read: {missing.strerror}."
            ) from missing
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
            raise ProfileError(f"The survey profile {path.name} is not valid TOML: {broken}.") from broken
        except MisfitError as misfit:
            raise ProfileError(f"In the survey profile {path.name}, {misfit}.") from misfit
        return profile

    def grade(self, grade_id: str) -> Grade | None:
        """The grade with this id."""
        return next((grade for grade in self.grades if grade.id == grade_id), None)

    def question(self, question_id: str) -> Question | None:
        """The question with this id."""
        return next((question for question in self.questions if question.id == question_id), None)

    def _agrees_with_itself(self) -> None:
        grades = [grade.id for grade in self.grades]
        questions = [question.id for question in self.questions]
        for key, ids in (("grades", grades), ("questions", questions)):
            if len(set(ids)) != len(ids):
                raise MisfitError(key, "must not name the same id twice")
        if self.year_rule != "calendar":
            raise MisfitError("year_rule", 'must be "calendar"')
        if self.overall not in ["all", *questions]:
            raise MisfitError("overall", 'must be "all" or the id of a question')
        if not set(self.formulas.share) <= {grade.id for grade in self.grades if grade.counted}:
            raise MisfitError("formulas.share", "must name grades that have a value")
        if any(not 0 <= grade.value <= self.formulas.ratio_max for grade in self.grades):
            raise MisfitError(
                "grades", f"must have values from 0 to formulas.ratio_max ({self.formulas.ratio_max})"
            )
