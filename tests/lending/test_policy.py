"""The policy file says every number, and each mistake in it is told in one sentence."""

from datetime import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lending.errors import PolicyError
from lending.policy import Policy
from lending.readers.model import ReaderKind

FILE = Path(__file__).parents[2] / "app/demo/policy.toml"
DEMO = Policy.load(FILE)


def test_the_demo_policy_holds_the_defaults_of_the_rules() -> None:
    assert DEMO.parcel_volumes == 5
    assert DEMO.cutoffs == (time(9), time(16))
    assert (DEMO.processing_working_days, DEMO.acquisition_working_days) == (1, 3)
    assert DEMO.case_due_working_days == 5
    assert DEMO.survey_target == 0.85
    assert DEMO.reservation_keep_days == 3
    assert DEMO.pickup.remind_after_hours == 48
    assert (DEMO.pickup.missed_forgiven, DEMO.pickup.missed_suspends_at, DEMO.pickup.suspension_days) == (
        1,
        3,
        30,
    )
    assert (DEMO.overdue.fen_per_day, DEMO.overdue.most_fen) == (10, 1000)
    assert (DEMO.indicators.refusal_open, DEMO.indicators.refusal_closed) == (0.10, 0.01)
    assert DEMO.indicators.pause_notice_days == 7
    assert DEMO.phone


@pytest.mark.parametrize(
    ("kind", "limit", "days", "hold", "door_free"),
    [
        (ReaderKind.ADULT, 20, 30, 3, False),
        (ReaderKind.CHILD, 10, 30, 3, False),
        (ReaderKind.ELDERLY, 20, 45, 5, True),
        (ReaderKind.DISABLED, 20, 45, 5, True),
        (ReaderKind.RURAL, 20, 60, 7, True),
    ],
)
def test_each_kind_has_its_figures(
    kind: ReaderKind, limit: int, days: int, hold: int, door_free: bool
) -> None:
    rules = DEMO.for_kind(kind)
    assert (rules.card_limit, rules.loan_days, rules.hold_open_days_locker) == (limit, days, hold)
    assert (rules.renewals, rules.renewal_days, rules.hold_days_branch) == (1, 30, 7)
    assert rules.door_free is door_free


def test_the_door_costs_by_volumes_and_kind() -> None:
    assert [DEMO.delivery_fee(volumes, "adult") for volumes in (0, 1, 3, 4, 6)] == [0, 300, 300, 400, 600]
    assert DEMO.delivery_fee(6, "elderly") == 0
    assert DEMO.return_fee(4, ReaderKind.ADULT) == 400


@given(st.integers(-5, 1000), st.integers(0, 50))
def test_overdue_fees_grow_and_stop(days: int, more: int) -> None:
    assert 0 <= DEMO.overdue_fen(days) <= DEMO.overdue_fen(days + more) <= 1000


@given(st.integers(1, 300))
def test_parcels_hold_every_volume(volumes: int) -> None:
    assert (DEMO.parcels(volumes) - 1) * 5 < volumes <= DEMO.parcels(volumes) * 5


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "parcel_volumes = 5",
            'parcel_volumes = "five"',
            'orders.parcel_volumes must be a whole number from 1 to 50, not "five"',
        ),
        (
            "parcel_volumes = 5",
            "parcel_volumes = 500",
            "orders.parcel_volumes must be a whole number from 1 to 50, not 500",
        ),
        (
            "parcel_volumes = 5",
            "parcel_volumes = true",
            "orders.parcel_volumes must be a whole number from 1 to 50, not true",
        ),
        (
            "parcel_volumes = 5",
            "",
            "orders.parcel_volumes is missing; it must be a whole number from 1 to 50",
        ),
        ("parcel_volumes = 5", "parcel_volumes = 5\nfoo = 1", "orders.foo is unknown"),
        ("[survey]\ntarget = 0.85", "", "survey is missing; it must be a table"),
        ("[kinds.rural]", "[kinds.martian]", "kinds.martian is unknown"),
        ('"16:00"]', '"25:00"]', 'orders.cutoffs[1] must be a time of day such as "09:00", not "25:00"'),
        ('["09:00", "16:00"]', "[]", "orders.cutoffs must be a list, each a time of day"),
        ('["09:00", "16:00"]', '["16:00", "09:00"]', "orders.cutoffs must be in the order of the day"),
        ("door_free = false", "door_free = 0", "kinds.adult.door_free must be true or false, not 0"),
        ("周二-周日 09:00-20:00", "周八", "library.hours does not fit: opening hours: cannot read '周八'"),
        ("missed_suspends_at = 3", "missed_suspends_at = 1", "pickup.missed_suspends_at must be larger than"),
        ('reader_suffix = "读者"', 'reader_suffix = ""', 'words.reader_suffix must be text, not ""'),
        (
            '"14:00-18:00"',
            '"afternoon"',
            'returns.windows must be windows such as "09:00-12:00", not "afternoon"',
        ),
        ("[orders]", "[orders", "is not valid TOML"),
        ("target = 0.85", "target = 1.5", "survey.target must be a number from 0.0 to 1.0, not 1.5"),
        ("[library]", "[library.x]", "library.x is unknown"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(tmp_path: Path, old: str, new: str, told: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "policy.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        Policy.load(file)
    assert told in str(caught.value)
    assert "policy.toml" in str(caught.value)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"none\.toml cannot be read"):
        Policy.load(tmp_path / "none.toml")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PolicyError, match="not valid TOML"):
        Policy.load(tmp_path / "policy.toml")


def test_every_key_is_explained_in_the_documentation() -> None:
    explained = (FILE.parents[2] / "docs/policy.md").read_text(encoding="utf-8")
    keys = [
        line.split("=")[0].strip() for line in FILE.read_text(encoding="utf-8").splitlines() if " = " in line
    ]
    assert [key for key in keys if not key.startswith("#") and f"`{key}`" not in explained] == []
