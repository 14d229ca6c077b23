"""kill -9 at every step of a turn: each message is answered, nothing is done twice, replies come in order."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from bot.store.tables import deliveries, inbox
from lending.storage.cases import cases
from tests.chaos.system import System
from tests.fakes.telegram import Chat
from tests.waiting import wait_until

pytestmark = [pytest.mark.talk, pytest.mark.slow]

NUMBER = re.compile(r"投诉编号")
ASKED = "是什么事"
ACTS = "action_register_complaint"
PATIENCE = 60.0


@pytest.fixture
def reader(system: System) -> Iterator[Chat]:
    """A new reader who has begun a complaint."""
    chat = system.telegram.reader()
    system.says(chat, "我要投诉")
    wait_until(lambda: any(ASKED in text for text in chat.texts), PATIENCE, "asked what it is about")
    yield chat
    system.to_actions.let_go()
    system.to_rasa.let_go()


def complaints(system: System) -> int:
    with system.wired.library.database.read() as conn:
        return int(conn.execute(select(func.count()).select_from(cases)).scalar_one())


def unanswered(system: System) -> int:
    with system.wired.library.database.read() as conn:
        mine = select(func.count()).select_from(inbox).where(inbox.c.state != "answered")
        open_ones = select(func.count()).select_from(deliveries).where(deliveries.c.state != "sent")
        return int(conn.execute(mine).scalar_one()) + int(conn.execute(open_ones).scalar_one())


def registered(chat: Chat) -> list[str]:
    return [text for text in chat.texts if NUMBER.search(text)]


def ends_well(system: System, chat: Chat, before: int, *, told: tuple[int, ...] = (1,)) -> None:
    """One case more, one answer with its number, nothing left over."""
    wait_until(lambda: registered(chat), PATIENCE, "the complaint is answered")
    wait_until(lambda: unanswered(system) == 0, PATIENCE, "nothing is left over")
    assert complaints(system) == before + 1
    assert len(registered(chat)) in told
    assert len(set(registered(chat))) == 1
    places = [place for place, text in enumerate(chat.texts) if ASKED in text or NUMBER.search(text)]
    assert ASKED in chat.texts[places[0]], "in order"


def test_the_bot_dies_with_rasas_answer_on_its_way(system: System, reader: Chat) -> None:
    before = complaints(system)
    system.to_rasa.hold("webhooks/rest/webhook")
    system.says(reader, "柜子打不开，等了半天")
    assert system.to_rasa.arrived.wait(PATIENCE)
    system.kill("bot")  # Rasa has answered, and nobody has heard it
    system.to_rasa.let_go()
    system.start("bot")
    ends_well(system, reader, before)


def test_the_bot_dies_while_the_actions_act(system: System, reader: Chat) -> None:
    before = complaints(system)
    system.to_actions.hold("webhook", ACTS)
    system.says(reader, "柜子太脏了")
    assert system.to_actions.arrived.wait(PATIENCE)
    assert complaints(system) == before + 1, "acted, and nobody knows"
    system.kill("bot")
    system.to_actions.let_go()
    system.start("bot")
    ends_well(system, reader, before)


def test_the_actions_die_having_acted(system: System, reader: Chat) -> None:
    before = complaints(system)
    system.to_actions.hold("webhook", ACTS)
    system.says(reader, "快递员态度不好")
    assert system.to_actions.arrived.wait(PATIENCE)
    system.kill("actions")
    system.kill("rasa")  # its answer is lost with it
    system.to_actions.let_go()
    system.programs["actions"].start()
    wait_until(lambda: any("正在处理" in text for text in reader.texts), 10, "told that it takes a moment")
    system.start("rasa")
    ends_well(system, reader, before)


def test_the_bot_dies_with_a_reply_that_may_have_been_sent(system: System, reader: Chat) -> None:
    """Telegram can't be asked: the reader may see it twice, and never not at all."""
    before = complaints(system)
    system.telegram.fail("sendMessage", 0, times=1)
    system.says(reader, "借来的书缺页")
    wait_until(lambda: complaints(system) == before + 1, PATIENCE)
    wait_until(lambda: unanswered(system) > 0 or registered(reader), PATIENCE)
    system.kill("bot")
    system.start("bot")
    ends_well(system, reader, before, told=(1, 2))
