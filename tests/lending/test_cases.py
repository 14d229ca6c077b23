"""The register of complaints, suggestions and requests (8.1.3)."""

from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread
from types import SimpleNamespace

import pytest

from integrations.vault.fernet import FernetVault
from lending import notices
from lending.calendar import WorkingCalendar
from lending.cases import Case, CaseKind, Cases, CaseState
from lending.cases.model import MOVES
from lending.errors import Code, LendingError
from lending.storage.base import Database
from lending.storage.cases import cases as case_table
from tests.fakes.clock import FakeClock, china

FRIDAY = china("2026-03-06 10:00")


class MondayToFriday:
    """A day table of which nothing is published."""

    def is_working_day(self, day: date) -> bool | None:
        return None


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(FRIDAY)


@pytest.fixture
def register(database: Database, clock: FakeClock) -> Cases:
    policy = SimpleNamespace(case_due_working_days=5)
    return Cases(database, clock, FernetVault("k" * 32), WorkingCalendar(MondayToFriday()), policy)


def complain(register: Cases, text: str = "柜门打不开", conversation: str = "c1") -> Case:
    return register.register("complaint", text, 1, conversation)


def test_a_case_has_a_number_and_a_due_date(register: Cases) -> None:
    case = complain(register)
    assert case.number.startswith("T20260306-")
    assert case.due_on == date(2026, 3, 13)
    assert (case.kind, case.state) == (CaseKind.COMPLAINT, CaseState.REGISTERED)


@pytest.mark.parametrize(
    ("kind", "letter"), [("complaint", "T"), ("suggestion", "J"), ("purchase", "G"), ("ill", "H")]
)
def test_the_number_tells_the_kind(register: Cases, kind: str, letter: str) -> None:
    assert register.register(kind, "一些话", None, "c1").number[0] == letter


def test_the_number_carries_chinas_date(register: Cases, clock: FakeClock) -> None:
    clock.set(datetime(2026, 3, 6, 17, 0, tzinfo=UTC))
    assert complain(register).number.startswith("T20260307-")


def test_the_same_words_within_ten_minutes_are_one_case(register: Cases, clock: FakeClock) -> None:
    first = complain(register)
    clock.forward(minutes=9, seconds=59)
    assert complain(register, " 柜门打不开 ") == first
    assert complain(register, conversation="c2") != first
    assert register.register("suggestion", "柜门打不开", 1, "c1") != first
    clock.forward(seconds=1)
    assert complain(register) != first


def test_at_the_same_moment_too(register: Cases) -> None:
    start, numbers = Barrier(4), []

    def run() -> None:
        start.wait()
        numbers.append(complain(register).number)

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers) == 4
    assert len(set(numbers)) == 1


def test_no_words_no_case(register: Cases) -> None:
    with pytest.raises(LendingError) as refused:
        complain(register, " \n ")
    assert refused.value.code is Code.CASE_TEXT_EMPTY
    assert register.open() == []


def test_the_words_are_sealed_and_every_look_is_written_down(register: Cases, database: Database) -> None:
    case = complain(register, "我的电话是13900000000")
    with database.read() as conn:
        stored = conn.execute(case_table.select()).mappings().one()
    assert "13900000000" not in "".join(str(value) for value in stored.values())
    assert register.text(case.number, "staff:lin") == "我的电话是13900000000"
    assert [(event.by, event.what) for event in register.events(case.number)] == [
        ("reader", "registered"),
        ("staff:lin", "read"),
    ]


def test_readers_and_conversations_find_their_cases(register: Cases) -> None:
    mine = complain(register)
    unbound = register.register("purchase", "买一本《北上》", None, "c9")
    assert register.of(reader_id=1) == [mine]
    assert register.of(conversation_id="c9") == [unbound]
    assert register.of() == []
    assert register.get(mine.number) == mine
    with pytest.raises(LendingError) as refused:
        register.get("T20260306-9999")
    assert refused.value.code is Code.CASE_NOT_FOUND


def test_the_reader_is_told_at_each_step(register: Cases, database: Database) -> None:
    case = complain(register)
    taken = register.advance(case.number, CaseState.IN_PROGRESS, "staff:lin")
    assert (taken.state, taken.owner) == (CaseState.IN_PROGRESS, "staff:lin")
    register.advance(case.number, CaseState.ANSWERED, "staff:lin", "柜门已修好")
    with database.read() as conn:
        told = [notice.data for notice in notices.due(conn, FRIDAY)]
    assert [(data["state"], data["note"]) for data in told] == [
        ("in_progress", ""),
        ("answered", "柜门已修好"),
    ]
    assert [data.get("due_on") for data in told] == ["2026-03-13", None]
    assert register.open() == []


def test_an_unbound_conversation_is_told_too(register: Cases, database: Database) -> None:
    case = register.register("suggestion", "多放几个柜子", None, "c9")
    register.advance(case.number, CaseState.IN_PROGRESS, "staff:lin")
    with database.read() as conn:
        (notice,) = notices.due(conn, FRIDAY)
    assert (notice.reader_id, notice.conversation_id) == (None, "c9")


@pytest.mark.parametrize("state", list(CaseState))
def test_only_legal_moves(register: Cases, database: Database, state: CaseState) -> None:
    case = complain(register)
    if state in MOVES[CaseState.REGISTERED]:
        assert register.advance(case.number, state, "staff:lin").state is state
        return
    with pytest.raises(LendingError) as refused:
        register.advance(case.number, state, "staff:lin")
    assert refused.value.code is Code.ILLEGAL_MOVE
    assert register.get(case.number) == case
    with database.read() as conn:
        assert notices.due(conn, FRIDAY) == []


def test_the_case_due_first_stands_on_top(register: Cases, clock: FakeClock) -> None:
    late = complain(register, "第一件")
    clock.set(FRIDAY - timedelta(days=3))
    early = complain(register, "第二件")
    assert register.open() == [early, late]
