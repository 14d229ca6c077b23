"""A message handled again does its work once and is answered the same."""

from collections.abc import Mapping
from typing import Any

import pytest

from lending import once
from tests.actions.talking import Conversation, Turn


def lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """The action server dies between the work and keeping its answer."""
    monkeypatch.setattr(once.Journal, "keep", lambda *_: None)


def said(turn: Turn) -> list[Mapping[str, Any]]:
    return [dict(message) for message in turn.messages]


@pytest.mark.parametrize("journal", [True, False])
def test_a_case_is_registered_once(
    talk: Conversation, journal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not journal:
        lost(monkeypatch)
    talk.slots["complaint_text"] = "柜子打不开"
    first = talk.do("action_register_complaint", "柜子打不开", message_id="m7")
    talk.slots["complaint_text"] = "柜子打不开"
    talk.clock.forward(minutes=25)
    again = talk.do("action_register_complaint", "柜子打不开", message_id="m7", again=True)
    assert said(again) == said(first)
    assert len(talk.library.cases.of(conversation_id=talk.id)) == 1


@pytest.mark.parametrize("journal", [True, False])
def test_a_book_is_added_once_and_said_to_be_new_both_times(
    talk: Conversation, journal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not journal:
        lost(monkeypatch)
    title = talk.library.catalogue.search("活着").hits[0].title.id
    before = dict(talk.slots)  # Rasa keeps them with the turn's end, which it did not reach
    first = talk.do("action_add_to_basket", message_id="m7", title=title)
    talk.slots = dict(before)
    again = talk.do("action_add_to_basket", message_id="m7", again=True, title=title)
    assert said(again) == said(first)
    talk.slots = dict(before)
    other = talk.do("action_add_to_basket", message_id="m8", title=title)
    assert said(other) != said(first)
    assert len(talk.library.baskets.get(talk.id).lines) == 1


def test_without_a_message_nothing_is_noted(talk: Conversation) -> None:
    with talk.library.database.begin() as conn:
        once.note(conn, "renew:1", talk.clock.now())
        assert once.before(conn, "renew:1") is None


def test_the_journal_forgets(talk: Conversation) -> None:
    journal = once.Journal(talk.library.database, talk.clock)
    journal.keep("a", {"messages": []})
    assert journal.find("a") == {"messages": []}
    talk.clock.forward(days=2)
    assert journal.forget() == 1
    assert journal.find("a") is None
