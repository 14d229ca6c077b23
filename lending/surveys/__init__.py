"""The yearly satisfaction survey (standard 8.1.2): a profile as data, answers by chat, both formulas."""

from lending.surveys.profile import Grade, Profile, ProfileError, Question
from lending.surveys.results import QuestionResult, SurveyResults
from lending.surveys.service import Surveys, SurveyState
from lending.surveys.understanding import understand

__all__ = [
    "Grade",
    "Profile",
    "ProfileError",
    "Question",
    "QuestionResult",
    "SurveyResults",
    "SurveyState",
    "Surveys",
    "understand",
]
