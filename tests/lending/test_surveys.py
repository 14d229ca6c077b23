"""The yearly satisfaction survey (8.1.2)."""

from pathlib import Path
from textwrap import dedent

import pytest

from lending.errors import Code, LendingError
from lending.readers.model import Reader, ReaderKind
from lending.storage.base import Database
from lending.surveys import Profile, ProfileError, Surveys, SurveyState, understand
from tests.fakes.clock import FakeClock, china

DEMO_PROFILE = Path("app/demo/survey.toml")

SMALL = """
    id = "small"
    version = "1"
    status = "未核定"
    title = "小调查"
    source = "test"
    year_rule = "calendar"
    overall = "all"
    least_sample = 2
    formulas = {share = ["good", "fair"], ratio_max = 5}
    grades = [
        {id = "good", label = "满意", value = 5, words = ["满意"]},
        {id = "fair", label = "基本满意", value = 4, words = ["基本满意"]},
        {id = "bad", label = "不满意", value = 2, words = ["不满意"]},
        {id = "unused", label = "没用过", words = ["没用过"]},
    ]
    questions = [{id = "speed", text = "快不快"}, {id = "staff", text = "好不好"}]
"""


def small_profile(tmp_path: Path, text: str = SMALL) -> Profile:
    file = tmp_path / "survey.toml"
    file.write_text(dedent(text), encoding="utf-8")
    return Profile.load(file)


def reader(number: int = 1) -> Reader:
    return Reader(number, f"R{number:04d}", ReaderKind.ADULT, "王读者")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(china("2026-12-31 23:30"))


@pytest.fixture
def surveys(database: Database, clock: FakeClock, tmp_path: Path) -> Surveys:
    return Surveys(database, clock, small_profile(tmp_path), target=0.85)


def fill(surveys: Surveys, number: int, *grades: str) -> SurveyState:
    state = surveys.begin(reader(number))
    for question, grade in zip(surveys.profile.questions, grades, strict=False):
        state = surveys.answer(reader(number), question.id, grade)
    return state


def test_question_after_question_until_it_is_done(surveys: Surveys) -> None:
    assert surveys.state(reader()) is None
    state = surveys.begin(reader())
    assert state.question is not None
    assert (state.question.id, state.index, state.total, state.done) == ("speed", 1, 2, False)
    state = surveys.answer(reader(), "speed", "good")
    assert state.question is not None
    assert (state.question.id, state.index) == ("staff", 2)
    state = surveys.answer(reader(), "staff", 2)
    assert (state.question, state.done) == (None, True)
    assert state.answers == {"speed": "good", "staff": "fair"}


def test_a_pause_loses_nothing(surveys: Surveys) -> None:
    surveys.begin(reader())
    surveys.answer(reader(), "speed", "满意")
    state = surveys.begin(reader())
    assert state.question is not None
    assert (state.question.id, state.index) == ("staff", 2)


def test_an_answer_can_be_changed_until_the_end(surveys: Surveys) -> None:
    fill(surveys, 1, "good")
    state = surveys.answer(reader(), "speed", "bad")
    assert state.answers == {"speed": "bad"}
    assert not state.done
    surveys.answer(reader(), "staff", "good")
    with pytest.raises(LendingError) as refused:
        surveys.answer(reader(), "speed", "good")
    assert (refused.value.code, refused.value.facts) == (Code.SURVEY_DONE, {"year": 2026})
    last = surveys.state(reader())
    assert last is not None
    assert last.answers["speed"] == "bad"


def test_once_a_year_on_chinas_clock(surveys: Surveys, clock: FakeClock) -> None:
    fill(surveys, 1, "good", "good")
    with pytest.raises(LendingError):
        surveys.begin(reader())
    clock.forward(minutes=30)
    assert surveys.begin(reader()).year == 2027


@pytest.mark.parametrize("grade", ["", "天气不错", "满意，没用过", 0, 5, "9"])
def test_an_answer_that_is_none_changes_nothing(surveys: Surveys, grade: str | int) -> None:
    surveys.begin(reader())
    with pytest.raises(LendingError) as refused:
        surveys.answer(reader(), "speed", grade)
    assert refused.value.code is Code.SURVEY_ANSWER_UNKNOWN
    state = surveys.state(reader())
    assert state is not None
    assert state.answers == {}


def test_an_unknown_question_is_refused(surveys: Surveys) -> None:
    with pytest.raises(LendingError):
        surveys.answer(reader(), "weather", "good")
    assert surveys.state(reader()) is None


def test_both_formulas_by_hand(surveys: Surveys) -> None:
    fill(surveys, 1, "good", "good")
    fill(surveys, 2, "fair", "unused")
    fill(surveys, 3, "bad", "good")
    fill(surveys, 4, "bad")  # not finished: not counted
    results = surveys.results()
    speed, staff = results.questions
    assert (results.n, results.enough, results.year) == (3, True, 2026)
    assert (speed.n, speed.satisfied_share, speed.score_ratio) == (3, 2 / 3, 11 / 15)
    assert (staff.n, staff.satisfied_share, staff.score_ratio) == (2, 1.0, 1.0)
    assert (results.satisfied_share, results.score_ratio) == (4 / 5, 21 / 25)
    assert (results.passed_share, results.passed_ratio) == (False, False)


def test_exactly_the_target_is_a_pass(surveys: Surveys) -> None:
    for number in range(20):
        fill(surveys, number + 1, *(["good", "good"] if number < 17 else ["bad", "bad"]))
    results = surveys.results()
    assert (results.satisfied_share, results.passed_share) == (0.85, True)


def test_a_year_without_answers_is_neither_pass_nor_fail(surveys: Surveys) -> None:
    results = surveys.results(2019)
    assert (results.n, results.satisfied_share, results.passed_share, results.passed_ratio) == (
        0,
        None,
        None,
        None,
    )
    assert not results.enough


def test_one_question_can_stand_for_the_whole(surveys: Surveys, tmp_path: Path) -> None:
    surveys.profile = small_profile(tmp_path, SMALL.replace('overall = "all"', 'overall = "staff"'))
    fill(surveys, 1, "bad", "good")
    assert surveys.results().satisfied_share == 1.0


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('version = "1"', "", "version is missing"),
        ('overall = "all"', 'overall = "weather"', "overall must be"),
        ('["good", "fair"]', '["unused"]', "formulas.share must name"),
        ("value = 5", "value = 6", "grades must have values"),
        ('id = "staff"', 'id = "speed"', "questions must not name"),
        ('year_rule = "calendar"', 'year_rule = "school"', "year_rule must be"),
        ('id = "small"', "id = ", "not valid TOML"),
    ],
)
def test_a_broken_profile_is_told_in_one_sentence(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(ProfileError, match=told):
        small_profile(tmp_path, SMALL.replace(old, new))


def test_a_missing_profile_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="cannot be read"):
        Profile.load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("满意", "very"),
        ("挺满意的", "very"),
        ("我觉得非常好！", "very"),
        ("满意。就是慢了点", "very"),
        ("👍", "very"),
        ("基本满意", "fairly"),
        ("還行吧", None),
        ("还行吧", "fairly"),
        ("OK", "fairly"),
        ("book", None),
        ("马马虎虎", "neutral"),
        ("差不多", "neutral"),
        ("一般", "neutral"),
        ("不满意", "little"),
        ("不太满意", "little"),
        ("不可以", "little"),
        ("很不满意", "least"),
        ("太差了", "least"),
        ("没用过", "unused"),
        ("1", "very"),
        ("２", "fairly"),
        ("第三个", "neutral"),
        ("选4", "little"),
        ("五", "least"),
        ("5分", "very"),
        ("打两分", "little"),
        ("0", None),
        ("7", None),
        ("9分", None),
        ("不是不满意", None),
        ("谈不上不满意", None),
        ("满意，一般", None),
        ("", None),
        ("满意" * 30, None),
        ("今天天气不错啊", None),
        ("这本书真好看，我女儿很喜欢，下次再借一般的", None),
        ("你们那边下雨差不多几点停", None),
        ("可以帮我找三体吗", None),
        ("还不错", "fairly"),
        ("总的来说还不错吧", "fairly"),
        ("你们服务态度非常好", "very"),
        ("一般吧，柜子有点远", "neutral"),
        ("柜子有点远，一般吧", "neutral"),
        ("给你们打四分", "fairly"),
        ("我给你们打5分吧", "very"),
    ],
)
def test_words_numbers_and_points(said: str, meant: str | None) -> None:
    profile = Profile.load(DEMO_PROFILE)
    grade = understand(said, profile)
    assert (grade.id if grade else None) == meant


def test_every_word_of_the_demo_profile_means_its_own_grade() -> None:
    profile = Profile.load(DEMO_PROFILE)
    for grade in profile.grades:
        for word in (grade.label, *grade.words):
            assert understand(word, profile) == grade, word


def test_the_demo_profile_says_that_nobody_has_checked_it() -> None:
    profile = Profile.load(DEMO_PROFILE)
    assert profile.status == "未核定"
    assert len(profile.questions) >= 6
