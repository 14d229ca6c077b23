"""Complaints, suggestions, purchases, other libraries: a form takes the text, a number comes back."""

import pytest

from tests.actions.talking import Conversation, Turn, domain, spoken

KINDS = {
    "complaint": ("complain", "complain_form", "complaint_text", "我要投诉"),
    "suggestion": ("suggest", "suggest_form", "suggestion_text", "我要提建议"),
    "purchase": ("suggest_purchase", "suggest_purchase_form", "purchase_text", "我要荐购"),
    "ill": ("request_ill", "request_ill_form", "ill_text", "馆际互借"),
}
EVERY_KIND = pytest.mark.parametrize("kind", KINDS)
TEXT = "自助柜晚上太暗了看不清"


def validate(
    talk: Conversation, kind: str, words: str, *, asked: bool, intent: str = "", sure: float = 1.0
) -> Turn:
    """The form of this kind looks at a message: the first one, or the answer to its question."""
    _, form, slot, _ = KINDS[kind]
    talk.form = form
    talk.slots["requested_slot"] = slot if asked else None
    return talk.run(f"validate_{form}", spoken(words, intent, sure))


@EVERY_KIND
def test_a_first_message_that_says_it_all_is_the_text(talk: Conversation, kind: str) -> None:
    intent, _, slot, trigger = KINDS[kind]
    words = f"{trigger}，{TEXT}"
    turn = validate(talk, kind, words, asked=False, intent=intent)
    assert turn.slots_set == {slot: words}


@EVERY_KIND
def test_a_first_message_that_only_asks_leaves_the_text_open(talk: Conversation, kind: str) -> None:
    intent, _, _, trigger = KINDS[kind]
    assert validate(talk, kind, trigger, asked=False, intent=intent).events == []


@EVERY_KIND
def test_the_next_message_is_the_text(talk: Conversation, kind: str) -> None:
    _, _, slot, _ = KINDS[kind]
    assert validate(talk, kind, TEXT, asked=True, intent="nlu_fallback", sure=0.4).slots_set == {slot: TEXT}


@EVERY_KIND
def test_a_payload_may_carry_the_text(talk: Conversation, kind: str) -> None:
    _, form, slot, _ = KINDS[kind]
    turn = talk.do(f"validate_{form}", text="三体")
    assert turn.slots_set == {slot: "三体"}


@EVERY_KIND
@pytest.mark.parametrize("intent", ["human", "cancel", "help", "my_loans", "opening_hours", "deny"])
def test_an_interruption_is_no_text(talk: Conversation, kind: str, intent: str) -> None:
    assert validate(talk, kind, "算了吧先问个别的", asked=True, intent=intent, sure=0.95).events == []


@EVERY_KIND
def test_a_doubtful_interruption_is_the_text(talk: Conversation, kind: str) -> None:
    _, _, slot, _ = KINDS[kind]
    assert validate(talk, kind, TEXT, asked=True, intent="opening_hours", sure=0.5).slots_set == {slot: TEXT}


@EVERY_KIND
@pytest.mark.parametrize("words", ["/human", "/track_order"])
def test_a_pressed_choice_is_no_text(talk: Conversation, kind: str, words: str) -> None:
    assert validate(talk, kind, words, asked=True).events == []


@EVERY_KIND
@pytest.mark.parametrize("words", ["。。。", "？", "1", "😀😀"])
def test_what_says_nothing_is_asked_for_again(talk: Conversation, kind: str, words: str) -> None:
    _, _, slot, _ = KINDS[kind]
    assert validate(talk, kind, words, asked=True).slots_set == {slot: None}


@EVERY_KIND
def test_the_text_is_registered_and_the_form_emptied(talk: Conversation, kind: str) -> None:
    _, _, slot, _ = KINDS[kind]
    reader = talk.bind("D0001")
    talk.slots[slot] = TEXT
    action = {"complaint": "complaint", "suggestion": "suggestion", "purchase": "purchase", "ill": "ill"}[
        kind
    ]
    turn = talk.do(f"action_register_{action}", TEXT)
    assert turn.said == [f"utter_registered_{kind}"]
    assert turn.slots[slot] is None
    case = talk.library.cases.of(reader_id=reader.id)[0]
    message = turn.message(f"utter_registered_{kind}")
    assert (message["number"], str(case.kind)) == (case.number, kind)
    assert (
        message["due"]
        == f"{case.due_on.month}月{case.due_on.day}日（周{'一二三四五六日'[case.due_on.weekday()]}）"
    )
    assert talk.library.cases.text(case.number, "desk") == TEXT


@EVERY_KIND
def test_a_reader_without_a_card_is_heard_too(talk: Conversation, kind: str) -> None:
    _, _, slot, _ = KINDS[kind]
    talk.slots[slot] = TEXT
    talk.do(f"action_register_{kind}", TEXT)
    assert [case.reader_id for case in talk.library.cases.of(conversation_id=talk.id)] == [None]


@EVERY_KIND
def test_a_case_without_words_is_refused(talk: Conversation, kind: str) -> None:
    talk.bind("D0001")
    with talk.unchanged():
        turn = talk.do(f"action_register_{kind}", "")
    assert turn.said == ["utter_refused_case_text_empty"]


def test_the_text_goes_nowhere_else(talk: Conversation) -> None:
    """What a reader complains about lies sealed in the register, and not in the answer."""
    talk.slots["complaint_text"] = TEXT
    turn = talk.do("action_register_complaint", TEXT)
    assert TEXT not in repr(turn.messages)
    with talk.library.database.read() as conn:
        from sqlalchemy import text

        rows = conn.execute(text("SELECT * FROM cases")).all()
    assert TEXT not in repr(rows)


@EVERY_KIND
def test_every_form_asks_for_its_text(kind: str) -> None:
    _, form, slot, _ = KINDS[kind]
    assert domain()["forms"][form]["required_slots"] == [slot]
    assert f"utter_ask_{form}_{slot}" in domain()["responses"]
