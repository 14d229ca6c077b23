"""`shudi notices of`, `shudi announce`, and what the public page shows of them."""

from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner, Result

from app.bot_server import announced
from app.cli import build
from app.settings import load_settings
from app.wiring import build as wire
from app.wiring import open_library, texting
from bot.store import sessions, talk
from bot.store.tables import conversations
from bot.store.told import notice_key
from lending.notices import outbox


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The commands' settings point into the test's own folder."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("SHUDI_DATA_DIR", str(folder))
    return folder


def shudi(*words: str) -> Result:
    return CliRunner().invoke(build(), list(words), catch_exceptions=True)


def told() -> None:
    """Reader D0001 was told one notice on the web page, and another one waits."""
    with open_library(load_settings()) as library:
        reader = library.readers.register.register("D0001", "adult", "王小明", "13800001234")
        now = library.clock.now()
        with library.database.begin() as conn:
            for key in ("order_found:D1", "order_found:D2"):
                outbox.add(conn, reader.id, "order_found", {"number": key}, key)
            first = outbox.of_reader(conn, reader.id)[-1]
            place = sessions.open_conversation(conn, "web", "u", now)
            cursor = talk.append(conn, place, "library", "x", now, later=True, key=notice_key(first.id))
            outbox.mark_sent(conn, first.id, now, "1", place)
            conn.execute(update(conversations).values(seen=cursor))


def test_the_proof_of_sending_is_shown_and_the_look_is_audited() -> None:
    shudi("announce", "list")
    told()
    answer = shudi("notices", "of", "D0001", "--why", "the reader asks")
    assert answer.exit_code == 0, answer.output
    waiting, sent, where = answer.output.splitlines()
    assert waiting.startswith("order_found:D2  order_found v-  waiting")
    assert sent.startswith("order_found:D1  order_found v1  sent  20")
    assert where.startswith("    web: fetched  20")
    with open_library(load_settings()) as library:
        reader = library.readers.register.by_card("D0001")
        assert reader is not None
        look = library.readers.audit.of(reader.id)[0]
    assert (look.what, look.why) == ("notices", "the reader asks")
    assert look.who.startswith("cli:")


def test_the_look_needs_a_reason_and_a_card_that_exists() -> None:
    assert shudi("notices", "of", "D0001").exit_code == 2
    assert "no reader" in shudi("notices", "of", "D0001", "--why", "x").output


def test_announcements_from_the_command_to_the_page() -> None:
    made = shudi("announce", "add", "新柜子", "独墅湖开了一个柜子。")
    assert made.exit_code == 0, made.output
    soon = shudi("announce", "add", "停电", "检修。", "--pause-from", "2020-01-01 09:00")
    assert soon.exit_code == 2
    assert "7 days ahead" in " ".join(soon.output.split())
    assert shudi("announce", "add", "停电", "检修。", "--pause-from", "tomorrow").exit_code == 2
    wired = wire(load_settings())
    [shown] = announced(wired)
    assert (shown["title"], shown["text"]) == ("新柜子", "独墅湖开了一个柜子。")
    assert "by" not in shown
    assert "新柜子" in shudi("announce", "list").output
    assert shudi("announce", "withdraw", "1").exit_code == 0
    assert shudi("announce", "withdraw", "1").exit_code == 2
    assert announced(wired) == []
    assert "withdrawn" in shudi("announce", "list").output
    wired.library.database.dispose()


@pytest.mark.parametrize(("setting", "sends"), [("", False), ("none", False), ("file", True)])
def test_short_messages_go_as_set(monkeypatch: pytest.MonkeyPatch, setting: str, sends: bool) -> None:
    monkeypatch.setenv("SHUDI_SMS", setting)
    shudi("announce", "list")
    wired = wire(load_settings())
    assert (texting(load_settings(), wired) is not None) is sends
    wired.library.database.dispose()
