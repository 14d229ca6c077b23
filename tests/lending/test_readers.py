"""Cards, PINs, guardians, addresses, and who looked at them."""

import threading
from datetime import timedelta

import pytest

from lending.errors import Code, LendingError
from lending.ports import PortUnavailable
from lending.readers.model import ReaderKind
from lending.readers.names import surname
from lending.readers.service import Readers
from lending.storage import readers as rows
from lending.storage.base import Database
from tests.fakes.circulation import FakeCirculation
from tests.lending.desk import PIN, Desk, refused


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("王小明", "王"),
        ("欧阳修", "欧阳"),
        ("东方", "东"),
        ("阿依古丽·买买提", "阿依古丽"),
        ("Tom Smith", "Tom"),
        (" 李 ", "李"),
        ("", ""),
    ],
)
def test_family_names(name: str, expected: str) -> None:
    assert surname(name) == expected


def test_a_card_is_bound_without_telling_the_name(desk: Desk) -> None:
    desk.member("D0001", name="王小明")
    reader = desk.readers.verify_and_bind("talk", " D0001 ", PIN)
    assert (reader.card, reader.kind, reader.display_name) == ("D0001", ReaderKind.ADULT, "王读者")
    assert desk.readers.bound_to("talk") == reader
    assert desk.readers.conversations_of(reader.id) == ["talk"]


def test_a_binding_outlives_the_program(desk: Desk) -> None:
    desk.member()
    desk.readers.verify_and_bind("talk", "D0001", PIN)
    database = Database(desk.database.engine.url.render_as_string(hide_password=False))
    restarted = Readers(
        database, desk.clock, desk.policy, desk.vault, desk.circulation, desk.register, desk.audit
    )
    assert restarted.bound_to("talk") is not None
    database.dispose()


def test_one_conversation_one_reader_one_reader_many_conversations(desk: Desk) -> None:
    first, second = desk.member("D0001"), desk.member("D0002", name="李雷")
    desk.readers.verify_and_bind("talk", "D0001", PIN)
    desk.clock.forward(seconds=1)
    desk.readers.verify_and_bind("phone", "D0001", PIN)
    assert desk.readers.conversations_of(first.id) == ["phone", "talk"]
    desk.readers.verify_and_bind("talk", "D0002", PIN)
    assert desk.readers.bound_to("talk") == second
    assert desk.readers.conversations_of(first.id) == ["phone"]


def test_unbinding_forgets_the_card(desk: Desk) -> None:
    reader = desk.member()
    desk.readers.verify_and_bind("talk", "D0001", PIN)
    assert desk.readers.unbind("talk")
    assert not desk.readers.unbind("talk")
    assert desk.readers.bound_to("talk") is None
    assert [entry.what for entry in desk.audit.of(reader.id)] == ["unbound", "bound"]


@pytest.mark.parametrize(
    ("card", "pin"), [("D0001", "9999"), ("D9999", PIN), ("", PIN), ("D0001", ""), ("D" * 99, PIN)]
)
def test_a_wrong_card_or_pin_is_refused_alike(desk: Desk, card: str, pin: str) -> None:
    desk.member()
    assert refused(desk.readers.verify_and_bind, "talk", card, pin) == (Code.CARD_REFUSED, {})
    assert desk.readers.bound_to("talk") is None


def wrong(desk: Desk, talk: str, card: str, times: int) -> None:
    for _ in range(times):
        assert refused(desk.readers.verify_and_bind, talk, card, "0000")[0] is Code.CARD_REFUSED
        desk.clock.forward(minutes=1)


def test_five_wrong_pins_lock_card_and_conversation_even_for_the_right_one(desk: Desk) -> None:
    desk.member("D0001")
    desk.member("D0002")
    wrong(desk, "talk", "D0001", 5)
    code, facts = refused(desk.readers.verify_and_bind, "talk", "D0001", PIN)
    assert (code, facts) == (Code.PIN_LOCKED, {"retry_after_seconds": 600})
    assert refused(desk.readers.verify_and_bind, "other talk", "D0001", PIN)[0] is Code.PIN_LOCKED
    assert refused(desk.readers.verify_and_bind, "talk", "D0002", PIN)[0] is Code.PIN_LOCKED
    desk.readers.verify_and_bind("other talk", "D0002", PIN)
    desk.clock.forward(seconds=599)
    assert refused(desk.readers.verify_and_bind, "talk", "D0001", PIN)[0] is Code.PIN_LOCKED
    desk.clock.forward(seconds=1)
    desk.readers.verify_and_bind("talk", "D0001", PIN)


def test_right_pins_are_not_counted_and_do_not_wash_away_wrong_ones(desk: Desk) -> None:
    desk.member("D0001")
    for _ in range(7):
        desk.readers.verify_and_bind("talk", "D0001", PIN)
    wrong(desk, "talk", "D0001", 4)
    desk.readers.verify_and_bind("talk", "D0001", PIN)
    wrong(desk, "talk", "D0001", 1)
    assert refused(desk.readers.verify_and_bind, "talk", "D0001", PIN)[0] is Code.PIN_LOCKED


def test_guessing_in_parallel_looks_at_no_more_than_five(desk: Desk) -> None:
    desk.member("D0001")
    looked: list[str] = []
    check = desk.register.check_pin

    class Counting:
        def check_pin(self, card: str, pin: str):  # type: ignore[no-untyped-def]
            looked.append(pin)
            return check(card, pin)

    desk.circulation._register = Counting()
    codes: list[Code] = []

    def guess(number: int) -> None:
        try:
            desk.readers.verify_and_bind(f"talk-{number}", "D0001", f"00{number:02d}")
        except LendingError as error:
            codes.append(error.code)

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looked) == 5
    assert codes.count(Code.CARD_REFUSED) == 5
    assert codes.count(Code.PIN_LOCKED) == 7


def test_a_silent_library_system_costs_no_attempt(desk: Desk) -> None:
    circulation = FakeCirculation({})
    circulation.down = True
    readers = Readers(
        desk.database, desk.clock, desk.policy, desk.vault, circulation, desk.register, desk.audit
    )
    for _ in range(9):
        with pytest.raises(PortUnavailable):
            readers.verify_and_bind("talk", "D0001", PIN)
    circulation.down = False
    assert refused(readers.verify_and_bind, "talk", "D0001", PIN)[0] is Code.CARD_REFUSED


# --- children (6.1.4) ---


def test_a_young_child_needs_a_guardian(desk: Desk) -> None:
    desk.register.register("C1", "child", "王朵朵", pin=PIN, birth_year=2017)
    assert refused(desk.readers.verify_and_bind, "talk", "C1", PIN) == (
        Code.CHILD_NEEDS_GUARDIAN,
        {"age": 14},
    )
    assert desk.readers.bound_to("talk") is None


def test_a_recorded_consent_will_do(desk: Desk) -> None:
    parent = desk.member("D0001")
    child = desk.register.register(
        "C1", "child", "王朵朵", pin=PIN, birth_year=2017, guardian_card="D0001", guardian_consent=True
    )
    assert child.guardian_id == parent.id
    assert desk.readers.verify_and_bind("talk", "C1", PIN).display_name == "王小读者"


def test_a_guardian_binds_the_child_in_the_own_conversation(desk: Desk) -> None:
    desk.member("D0001")
    desk.register.register("C1", "child", "王朵朵", pin=PIN, birth_year=2017, guardian_card="D0001")
    desk.readers.verify_and_bind("talk", "D0001", PIN)
    assert desk.readers.verify_and_bind("talk", "C1", PIN).card == "C1"
    assert refused(desk.readers.verify_and_bind, "other", "C1", PIN)[0] is Code.CHILD_NEEDS_GUARDIAN


def test_consent_can_come_later_and_an_older_child_needs_none(desk: Desk) -> None:
    parent = desk.member("D0001")
    child = desk.register.register("C1", "child", "王朵朵", pin=PIN)
    assert refused(desk.readers.verify_and_bind, "talk", "C1", PIN)[0] is Code.CHILD_NEEDS_GUARDIAN
    desk.register.record_consent(child.id, parent.id, "desk")
    desk.readers.verify_and_bind("talk", "C1", PIN)
    desk.register.register("C2", "child", "李雷", pin=PIN, birth_year=2010)
    desk.readers.verify_and_bind("talk", "C2", PIN)


# --- the register ---


def test_registering_twice_changes_nothing(desk: Desk) -> None:
    desk.register.register("D0001", "adult", "王小明", "13800000000", PIN, 1980)
    with desk.database.read() as conn:
        before = rows.by_card(conn, "D0001")
    desk.register.register("D0001", "adult", "王小明", "13800000000", PIN, 1980)
    with desk.database.read() as conn:
        assert rows.by_card(conn, "D0001") == before


def test_registering_again_brings_up_to_date(desk: Desk) -> None:
    old = desk.register.register("D0001", "adult", "王小明", "13800000000", PIN)
    new = desk.register.register("D0001", "elderly", "李小明", "13900000000")
    assert (new.id, new.kind, new.display_name) == (old.id, ReaderKind.ELDERLY, "李读者")
    assert desk.register.check_pin("D0001", PIN) is not None
    desk.register.register("D0001", "elderly", "李小明", "13900000000", "4321")
    assert desk.register.check_pin("D0001", PIN) is None


def test_an_unknown_kind_or_guardian_is_a_mistake(desk: Desk) -> None:
    with pytest.raises(ValueError, match="martian"):
        desk.register.register("D0001", "martian", "王小明")
    with pytest.raises(ValueError, match="D9999"):
        desk.register.register("D0001", "child", "王小明", guardian_card="D9999")
    assert desk.register.by_card("D0001") is None


def test_nothing_personal_stands_in_clear(desk: Desk) -> None:
    reader = desk.register.register("D0001", "adult", "王小明", "13800000000", PIN)
    desk.readers.add_address(reader.id, "王小明", "13800000000", "工业园区", "星湖街328号创意产业园5栋301室")
    with desk.database.read() as conn:
        kept = [*conn.execute(rows.readers.select()), *conn.execute(rows.addresses.select())]
    for secret in ("小明", "13800000000", "星湖街", PIN):
        assert not any(secret in str(value) for row in kept for value in row)


def test_every_look_at_personal_data_is_written_down(desk: Desk) -> None:
    reader = desk.member()
    address = desk.readers.add_address(reader.id, "王小明", "13800000000", "工业园区", "星湖街328号")
    assert desk.audit.of(reader.id) == []
    data = desk.readers.personal(reader.id, "desk/zhang", "the reader asked on the telephone")
    assert (data.name, data.phone, data.addresses[0].street) == ("王小明", "13800000000", "星湖街328号")
    desk.clock.forward(minutes=1)
    assert desk.readers.address_detail(address.id).recipient == "王小明"
    looks = [(entry.who, entry.what, entry.why) for entry in desk.audit.of(reader.id)]
    assert looks == [
        ("logistics", "address", "shipment"),
        ("desk/zhang", "personal", "the reader asked on the telephone"),
    ]
    with pytest.raises(KeyError):
        desk.readers.personal(999, "desk", "?")


def test_a_suspension_ends_by_itself_and_is_written_down(desk: Desk) -> None:
    reader = desk.member()
    until = desk.clock.now() + timedelta(days=30)
    desk.register.suspend(reader.id, until, "supervisor", "third missed pickup")
    suspended = desk.register.by_id(reader.id)
    assert suspended is not None
    assert suspended.suspended_until == until
    assert desk.audit.of(reader.id)[0].what == "suspended"
    desk.clock.forward(days=30)
    over = desk.register.by_id(reader.id)
    assert over is not None
    assert over.suspended_until is None


# --- addresses ---


@pytest.mark.parametrize(
    ("street", "label"),
    [
        ("星湖街328号", "工业园区…328号"),
        ("星湖街３２８号  创意产业园5栋301室", "工业园区…301室"),
        ("桃花坞大街", "工业园区…大街"),
    ],
)
def test_an_address_is_masked(desk: Desk, street: str, label: str) -> None:
    reader = desk.member()
    address = desk.readers.add_address(reader.id, "王小明", "+86 138-0000-0000", "工业园区", street)
    assert (address.label, address.district) == (label, "工业园区")
    assert desk.readers.address_detail(address.id).phone == "13800000000"


def test_the_same_address_stands_once(desk: Desk) -> None:
    reader, other = desk.member("D0001"), desk.member("D0002")
    first = desk.readers.add_address(reader.id, "王小明", "13800000000", "工业园区", "星湖街328号")
    same = desk.readers.add_address(reader.id, " 王小明 ", "0086 13800000000", "工业园区", "星湖街３２８号")
    assert first == same
    assert desk.readers.addresses(reader.id) == [first]
    assert desk.readers.addresses(other.id) == []


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        (("", "13800000000", "工业园区", "星湖街328号"), "recipient"),
        (("王小明", "12345678901", "工业园区", "星湖街328号"), "phone"),
        (("王小明", "", "工业园区", "星湖街328号"), "phone"),
        (("王小明", "13800000000", " ", "星湖街328号"), "district"),
        (("王小明", "13800000000", "工业园区", "\u200b"), "street"),
        (("王小明", "13800000000", "工业园区", "x" * 121), "street"),
    ],
)
def test_an_incomplete_address_says_which_field(
    desk: Desk, facts: tuple[str, str, str, str], field: str
) -> None:
    reader = desk.member()
    assert refused(desk.readers.add_address, reader.id, *facts) == (Code.BAD_ADDRESS, {"field": field})
    assert desk.readers.addresses(reader.id) == []


@pytest.mark.parametrize(
    "phone", ["0512-65226989", "(0512)65226989", "１３８ ００００ ００００", "+8613800000000"]
)
def test_telephones_of_every_shape(desk: Desk, phone: str) -> None:
    desk.readers.add_address(desk.member().id, "王小明", phone, "工业园区", "星湖街328号")
    assert len(desk.readers.addresses(desk.member().id)) == 1


def test_removing_an_address_of_ones_own_only(desk: Desk) -> None:
    reader, other = desk.member("D0001"), desk.member("D0002")
    address = desk.readers.add_address(reader.id, "王小明", "13800000000", "工业园区", "星湖街328号")
    assert refused(desk.readers.remove_address, other.id, address.id)[0] is Code.ADDRESS_NOT_FOUND
    assert desk.readers.addresses(reader.id) == [address]
    desk.readers.remove_address(reader.id, address.id)
    assert desk.readers.addresses(reader.id) == []
    assert refused(desk.readers.remove_address, reader.id, address.id)[0] is Code.ADDRESS_NOT_FOUND
    assert desk.readers.address_detail(address.id).street == "星湖街328号"  # an order under way needs it
