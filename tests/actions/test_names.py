"""Names that files must agree on: responses, intents, actions, payloads, facts of refusals."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from string import Formatter
from typing import Any

import pytest
import yaml

from actions import _books, _orders, _pickup
from app.settings import ROOT
from lending import errors
from lending.cases.model import CaseKind
from lending.errors import Code
from lending.loans.model import ReturnMethod
from lending.orders.states import OrderState
from tests.actions.talking import actions, domain

RESPONSES: dict[str, Any] = domain()["responses"]
RASAS_OWN = {"action_listen", "action_session_start"}

PATTERNS = {
    "utter_refused_{}": [str(code) for code in Code if code is not Code.NOTHING_OBTAINABLE],
    "utter_registered_{}": [str(kind) for kind in CaseKind],
    "utter_not_renewed_{}": ["overdue", "renewal_used", "reserved_by_other", "being_returned"],
    "utter_resume_{}": ["reserve", "borrow"],
    "utter_track_{}": [str(state) for state in OrderState],
    "utter_return_too_late_{}": ["handed_over", "received"],
    "utter_return_{}": [str(method) for method in ReturnMethod],
    "utter_meaning_{}": [],  # those without words are not offered
}
"""What each name that is put together in the source may become."""

LISTS = "show_books"
"""Adds `_more` to the response when there is another page."""

NEVER_MORE = {"utter_one_book", "utter_one_book_out"}
SUMMARIES = ("utter_order_summary", "utter_resume_order")
ADDED = ("utter_added", "utter_already_in")
FEES = ("utter_fees_own", "utter_fees_none")


@cache
def sources() -> list[ast.Module]:
    """Every file of the actions, parsed."""
    return [ast.parse(file.read_text(encoding="utf-8")) for file in sorted((ROOT / "actions").glob("*.py"))]


def calls(name: str) -> Iterator[ast.Call]:
    """Every call of a function or method of this name in the actions."""
    for module in sources():
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and name in (
                getattr(node.func, "attr", None),
                getattr(node.func, "id", None),
            ):
                yield node


def literals() -> set[str]:
    """Response names that stand in the source as they are."""
    inside = {id(part) for module in sources() for whole in _joined(module) for part in whole.values}
    return {
        node.value
        for module in sources()
        for node in ast.walk(module)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"utter_\w+", node.value)
        and id(node) not in inside
    }


def patterns() -> set[str]:
    """Response names that the source puts together: each value is {}."""
    made = {
        "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in whole.values)
        for module in sources()
        for whole in _joined(module)
    }
    return {pattern for pattern in made if pattern.startswith("utter_")}


def _joined(module: ast.Module) -> list[ast.JoinedStr]:
    return [node for node in ast.walk(module) if isinstance(node, ast.JoinedStr)]


def sayable() -> set[str]:
    """Every response that an action can say."""
    listed = {
        call.args[1].value
        for call in calls(LISTS)
        if len(call.args) > 1 and isinstance(call.args[1], ast.Constant)
    }
    names = literals() - set(ADDED)
    names |= {pattern.format(value) for pattern, values in PATTERNS.items() for value in values}
    names |= {f"{name}_more" for name in listed if isinstance(name, str)} - {
        f"{name}_more" for name in NEVER_MORE
    }
    names |= {f"{name}{end}" for name in SUMMARIES for end in ("_home", "_home_free", "_branch")}
    names |= {f"{name}_ask_pickup" for name in ADDED}
    names |= {f"{name}_door_free" for name in FEES} | {"utter_return_home_fee"}
    return names


def questions_of_forms() -> set[str]:
    """Responses by which Rasa asks for the slot of a form, where no action does."""
    asked = {
        f"ask_{form}_{slot}" for form, what in domain()["forms"].items() for slot in what["required_slots"]
    }
    return {f"utter_{name}" for name in asked if f"action_{name}" not in domain()["actions"]}


# --- responses ---


def test_every_name_put_together_is_known_here() -> None:
    assert patterns() - {"utter_{}"} <= set(PATTERNS)


def test_every_response_that_can_be_said_is_in_the_domain() -> None:
    assert sorted(sayable() - set(RESPONSES)) == []


def test_every_question_of_a_form_is_in_the_domain() -> None:
    assert sorted(questions_of_forms() - set(RESPONSES)) == []


def test_every_response_of_the_domain_can_be_said() -> None:
    kept = {name for name in RESPONSES if name.startswith(("utter_refused_", "utter_meaning_"))}
    assert sorted(set(RESPONSES) - sayable() - questions_of_forms() - kept) == []


def test_every_meaning_is_an_intent() -> None:
    meant = {name.removeprefix("utter_meaning_") for name in RESPONSES if name.startswith("utter_meaning_")}
    assert meant <= intents()


@pytest.mark.parametrize("name", sorted(RESPONSES))
def test_a_response_has_words_and_no_blank_line(name: str) -> None:
    for variant in RESPONSES[name]:
        text = variant["text"]
        assert text.strip() == text != ""
        assert not re.search(r"\n\s*\n", text)
        assert "channel" not in variant, "it would come back empty over REST"


# --- buttons and intents ---


def intents() -> set[str]:
    return {next(iter(one)) if isinstance(one, dict) else one for one in domain()["intents"]}


def entities() -> set[str]:
    shared = yaml.safe_load((ROOT / "domain" / "_shared.yml").read_text(encoding="utf-8"))
    return {next(iter(one)) if isinstance(one, dict) else one for one in shared["entities"]}


def buttons() -> list[tuple[str, str]]:
    """Every button: the response that has it, and its payload."""
    return [
        (name, button["payload"])
        for name, variants in sorted(RESPONSES.items())
        for variant in variants
        for button in variant.get("buttons", [])
    ]


@pytest.mark.parametrize(("name", "payload"), buttons())
def test_a_button_names_an_intent_and_known_entities(name: str, payload: str) -> None:
    """Rasa fills `{…}` and makes `{{` one brace; what is left is `/intent` or `/intent{json}`."""
    filled = payload.format_map(_Filled())
    found = re.fullmatch(r"/(\w+)(\{.*\})?", filled)
    assert found, f"{name}: {payload}"
    assert found[1] in intents()
    carried = json.loads(found[2] or "{}")
    assert set(carried) <= entities()
    assert all(isinstance(value, str) for value in carried.values())


class _Filled(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "7"


def test_choices_made_in_the_source_name_intents() -> None:
    made = {call.args[1].value for call in calls("choice") if isinstance(call.args[1], ast.Constant)}
    assert made
    assert made <= intents()
    assert {"select_item", "choose_point"} <= made, (_books.book_choice, _pickup.point_choice)
    shown = {call.args[3].value for call in calls("show_orders") if isinstance(call.args[3], ast.Constant)}
    assert shown, _orders.show_orders
    assert shown <= intents()


def steps() -> list[list[dict[str, Any]]]:
    """The steps of every rule."""
    files = sorted((ROOT / "nlu_data" / "rules").glob("*.yml"))
    read = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]
    return [rule["steps"] for part in read for rule in part["rules"]]


def test_every_intent_has_a_rule_and_every_rule_an_intent() -> None:
    ruled = {step["intent"] for rule in steps() for step in rule if "intent" in step}
    assert ruled == intents()


def test_rules_run_actions_that_exist() -> None:
    run = {step["action"] for rule in steps() for step in rule if "action" in step}
    assert run <= set(names_of_actions()) | set(domain()["forms"])


# --- actions ---


def names_of_actions() -> list[str]:
    return [next(iter(one)) if isinstance(one, dict) else one for one in domain()["actions"]]


def test_the_domain_and_the_package_have_the_same_actions() -> None:
    registered = set(actions().actions)
    assert registered == set(names_of_actions())
    assert len(names_of_actions()) == len(set(names_of_actions()))


def test_every_action_is_run_by_a_rule_or_a_form() -> None:
    run = {step["action"] for rule in steps() for step in rule if "action" in step}
    forms = {f"validate_{form}" for form in domain()["forms"]} | {
        f"action_{name.removeprefix('utter_')}" for name in _asked_by_action()
    }
    assert set(names_of_actions()) - run - forms == {"action_session_start"}


def _asked_by_action() -> set[str]:
    return {
        f"ask_{form}_{slot}"
        for form, what in domain()["forms"].items()
        for slot in what["required_slots"]
        if f"action_ask_{form}_{slot}" in names_of_actions()
    }


def test_actions_that_read_words_are_sent_the_domain() -> None:
    """`talk.words` looks up responses: Rasa sends the domain only to actions that ask for it."""
    asking = {next(iter(one)) for one in domain()["actions"] if isinstance(one, dict)}
    assert asking == {"action_not_understood", "action_out_of_scope", "action_abuse"}


# --- refusals ---


@cache
def facts() -> dict[str, set[str]]:
    """Facts of each code as its docstring tells them, named as responses name them."""
    source = ast.parse((ROOT / "lending" / "errors.py").read_text(encoding="utf-8"))
    enum = next(node for node in source.body if isinstance(node, ast.ClassDef) and node.name == "Code")
    found = {}
    for member, told in zip(enum.body, enum.body[1:], strict=False):
        if isinstance(member, ast.Assign) and isinstance(told, ast.Expr):
            assert isinstance(member.targets[0], ast.Name)
            assert isinstance(told.value, ast.Constant)
            found[errors.Code[member.targets[0].id].value] = _facts_of(str(told.value.value))
    return found


def _facts_of(docstring: str) -> set[str]:
    listed = re.search(r"Facts: ([\w, ]+)\.", docstring)
    return {name.strip().removesuffix("_fen") for name in listed[1].split(",")} if listed else set()


def test_every_code_says_what_it_means() -> None:
    assert set(facts()) == {str(code) for code in Code}


@pytest.mark.parametrize("code", [str(code) for code in Code])
def test_a_refusal_names_only_facts_of_its_code(code: str) -> None:
    for variant in RESPONSES[f"utter_refused_{code}"]:
        parts = [variant["text"], *(button["payload"] for button in variant.get("buttons", []))]
        named = {name for part in parts for _, name, _, _ in Formatter().parse(part) if name}
        assert named <= facts()[code]


def test_there_is_no_refusal_without_a_code() -> None:
    refused = {name.removeprefix("utter_refused_") for name in RESPONSES if name.startswith("utter_refused_")}
    assert refused == {str(code) for code in Code}
