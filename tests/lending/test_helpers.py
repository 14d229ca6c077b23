"""Helpers and manners of a reader (6.1.4): consent on both sides, codes that can't be guessed."""

from sqlalchemy import select

from lending.errors import Code
from lending.readers.helpers import WRONG_CODES, copies
from lending.readers.model import Reader
from lending.readers.preferences import Manner
from lending.storage.notices import notices
from tests.lending.desk import PIN, Desk
from tests.lending.house import refused


def bound(desk: Desk, conversation: str, card: str, kind: str = "adult", born: int = 1985) -> Reader:
    desk.readers.register.register(card, kind, "王小明", "13800000000", PIN, born)
    return desk.readers.verify_and_bind(conversation, card, PIN)


def told(desk: Desk) -> list[tuple[str, str | None, int | None]]:
    with desk.database.read() as conn:
        rows = conn.execute(select(notices).order_by(notices.c.id)).mappings()
        return [(row["kind"], row["conversation_id"], row["reader_id"]) for row in rows]


def test_a_helper_gets_a_copy_of_the_code(desk: Desk) -> None:
    reader = bound(desk, "mother", "C1")
    helpers = desk.readers.helpers
    invitation = helpers.invite(reader, "mother")
    assert len(invitation.code) == 6
    assert helpers.accept("daughter", invitation.code) == reader.display_name
    with desk.database.begin() as conn:
        copies(conn, reader.id, "D1", {"number": "D1", "code": "123456"})
        copies(conn, reader.id, "D1", {"number": "D1", "code": "123456"})
    assert told(desk) == [("helper_joined", "mother", None), ("helper_copy", "daughter", None)]
    assert [entry.what for entry in desk.readers.audit.of(reader.id)][:2] == [
        "helper_joined",
        "helper_invited",
    ]


def test_a_code_is_good_once_and_for_a_day(desk: Desk) -> None:
    reader = bound(desk, "mother", "C1")
    helpers = desk.readers.helpers
    used = helpers.invite(reader, "mother").code
    helpers.accept("daughter", used)
    assert refused(helpers.accept, "stranger", used).code is Code.HELPER_CODE_REFUSED
    late = helpers.invite(reader, "mother").code
    desk.clock.forward(hours=24)
    assert refused(helpers.accept, "son", late).code is Code.HELPER_CODE_REFUSED
    first, second = helpers.invite(reader, "mother").code, helpers.invite(reader, "mother").code
    assert first != second
    assert refused(helpers.accept, "son", first).code is Code.HELPER_CODE_REFUSED
    assert helpers.of(reader.id) == 1


def test_nobody_helps_themselves(desk: Desk) -> None:
    reader = bound(desk, "mother", "C1")
    code = desk.readers.helpers.invite(reader, "mother").code
    assert refused(desk.readers.helpers.accept, "mother", code).code is Code.OWN_HELPER
    assert desk.readers.helpers.accept("daughter", code)


def test_codes_can_not_be_guessed(desk: Desk) -> None:
    reader = bound(desk, "mother", "C1")
    code = desk.readers.helpers.invite(reader, "mother").code
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(WRONG_CODES):
        assert refused(desk.readers.helpers.accept, "stranger", wrong).code is Code.HELPER_CODE_REFUSED
    locked = refused(desk.readers.helpers.accept, "stranger", code)
    assert locked.code is Code.HELPER_CODE_LOCKED
    assert 0 < locked.facts["retry_after_seconds"] <= 3601
    assert desk.readers.helpers.of(reader.id) == 0


def test_either_side_can_end_it(desk: Desk) -> None:
    reader = bound(desk, "mother", "C1")
    helpers = desk.readers.helpers
    helpers.accept("daughter", helpers.invite(reader, "mother").code)
    assert helpers.end("daughter").helped == (reader.display_name,)
    helpers.accept("son", helpers.invite(reader, "mother").code)
    assert helpers.end("mother").helpers == 1
    assert helpers.of(reader.id) == 0
    assert helpers.end("mother").helpers == 0
    assert told(desk)[-1] == ("helper_ended", "son", None)
    assert ("helper_ended", None, reader.id) in told(desk)


def test_at_most_three_helpers(desk: Desk) -> None:
    reader = bound(desk, "mother", "C1")
    helpers = desk.readers.helpers
    for child in ("one", "two", "three"):
        helpers.accept(child, helpers.invite(reader, "mother").code)
    assert refused(helpers.invite, reader, "mother").facts["limit"] == 3


def test_the_manner_follows_the_reader(desk: Desk) -> None:
    preferences = desk.readers.preferences
    assert preferences.of("web") == Manner()
    reader = bound(desk, "web", "C1")
    preferences.set_elder("web", True)
    preferences.set_speech("web", True)
    assert preferences.of("web") == Manner(True, True, True)
    desk.readers.verify_and_bind("phone", reader.card, PIN)
    assert preferences.of("phone") == Manner(True, True, True)
    preferences.set_elder("phone", False)
    assert not preferences.of("phone").elder
    assert preferences.of("web").elder, "what was said in a conversation stays there"


def test_elderly_readers_need_not_ask(desk: Desk) -> None:
    preferences = desk.readers.preferences
    reader = bound(desk, "web", "C2", "elderly", 1945)
    assert preferences.of("web") == Manner(True, None, False)
    preferences.set_elder("web", False)
    assert preferences.of("web") == Manner(False, None, True)
    preferences.set_for_reader(reader.id, elder=True, by="desk:anna")
    assert preferences.of("web").elder, "the desk's word counts from now on, in every conversation"
    assert desk.readers.audit.of(reader.id)[0].who == "desk:anna"


def test_switched_on_by_itself_it_stays_in_the_conversation(desk: Desk) -> None:
    preferences = desk.readers.preferences
    reader = bound(desk, "web", "C1")
    preferences.set_elder("web", True, here_only=True)
    desk.readers.verify_and_bind("phone", reader.card, PIN)
    assert preferences.of("web").elder
    assert not preferences.of("phone").elder
