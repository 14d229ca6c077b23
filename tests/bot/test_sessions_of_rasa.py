"""Rasa's sessions are kept short, between turns and never inside a form."""

from lending.storage.base import Database
from tests.bot.gateway import running
from tests.fakes.dialogue import FakeDialogue
from tests.waiting import eventually


async def test_after_so_many_turns_the_session_begins_anew(database: Database) -> None:
    async with running(database, session_turns=3) as gateway:
        reader = await gateway.session()
        for word in "一二三":
            await reader.say(word)
        await eventually(lambda: "(rest)" in gateway.dialogue.texts)
        for word in "四五":
            await reader.say(word)
        assert gateway.dialogue.texts == ["一", "二", "三", "(rest)", "四", "五"]
        assert len(await reader.history()) == 10


async def test_not_while_a_form_is_open(database: Database) -> None:
    dialogue = FakeDialogue(form_open=True)
    async with running(database, dialogue, session_turns=2) as gateway:
        reader = await gateway.session()
        for word in "一二三":
            await reader.say(word)
        assert "(rest)" not in dialogue.texts
        dialogue.form_open = False
        await reader.say("四")
        await eventually(lambda: dialogue.texts[-1] == "(rest)")
