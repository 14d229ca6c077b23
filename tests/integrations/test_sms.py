"""What every `Sms` adapter must do: fill the template, send a key once, refuse what can never be sent."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import ROOT
from integrations.sms.file import FileSms
from integrations.sms.templates import Templates
from lending.ports import PortUnavailable, Sms, SmsRefused
from tests.fakes.clock import FakeClock, china
from tests.fakes.sms import FakeSms

PHONE = "13800001234"
FACTS = {"number": "D1", "place": "东柜", "code": "012345", "until": "11月27日 周五 18:00"}
Read = Callable[[], list[Mapping[str, Any]]]


@dataclass
class Operator:
    """An adapter, and what it sent: {"id", "key", "text"}."""

    sms: Sms
    sent: Read = field(repr=False)


@pytest.fixture(params=["file", "fake"])
def operator(request: pytest.FixtureRequest, tmp_path: Path) -> Operator:
    if request.param == "fake":
        fake = FakeSms()
        return Operator(fake, lambda: list(fake.sent))
    path = tmp_path / "data" / "sms.jsonl"
    made = FileSms(path, FakeClock(china("2026-11-23 10:00")))
    return Operator(made, lambda: lines(path))


def lines(path: Path) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def test_it_sends_the_filled_template(operator: Operator) -> None:
    proof = operator.sms.send(PHONE, "order_available", FACTS, "sms:a")
    [sent] = operator.sent()
    assert sent["id"] == proof != ""
    assert sent["text"].startswith("【")
    assert all(fact in sent["text"] for fact in FACTS.values())


def test_the_same_key_is_sent_once(operator: Operator) -> None:
    first = operator.sms.send(PHONE, "order_available", FACTS, "sms:a")
    assert operator.sms.send(PHONE, "order_available", FACTS, "sms:a") == first
    assert operator.sms.send(PHONE, "order_available", FACTS, "sms:b") != first
    assert [one["key"] for one in operator.sent()] == ["sms:a", "sms:b"]


@pytest.mark.parametrize(
    ("phone", "template", "facts"),
    [
        ("051265226989", "order_available", FACTS),
        ("", "order_available", FACTS),
        (PHONE, "parade", FACTS),
        (PHONE, "order_available", {"number": "D1"}),
    ],
)
def test_what_can_never_be_sent_is_refused_without_the_number(
    operator: Operator, phone: str, template: str, facts: Mapping[str, str]
) -> None:
    with pytest.raises(SmsRefused) as refused:
        operator.sms.send(phone, template, facts, "sms:a")
    assert PHONE not in str(refused.value)
    assert operator.sent() == []


# --- the file ---


def test_the_file_holds_no_whole_number(tmp_path: Path) -> None:
    path = tmp_path / "sms.jsonl"
    FileSms(path, FakeClock(china("2026-11-23 10:00"))).send(PHONE, "order_available", FACTS, "sms:a")
    assert PHONE not in path.read_text("utf-8")
    [line] = lines(path)
    assert line["phone"] == "138****1234"
    assert (line["template"], line["version"], line["at"]) == (
        "order_available",
        "1",
        "2026-11-23T10:00:00+08:00",
    )


def test_a_line_that_power_cut_short_is_sent_again(tmp_path: Path) -> None:
    path = tmp_path / "sms.jsonl"
    sms = FileSms(path, FakeClock(china("2026-11-23 10:00")))
    sms.send(PHONE, "order_available", FACTS, "sms:a")
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    sms.send(PHONE, "order_available", FACTS, "sms:a")
    assert json.loads(path.read_text("utf-8").splitlines()[-1])["key"] == "sms:a"


def test_a_folder_that_cannot_be_written_may_be_tried_again(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way", "utf-8")
    sms = FileSms(tmp_path / "data" / "sms.jsonl", FakeClock(china("2026-11-23 10:00")))
    with pytest.raises(PortUnavailable):
        sms.send(PHONE, "order_available", FACTS, "sms:a")


def test_every_template_is_filled_by_what_its_notice_gives() -> None:
    table = yaml.safe_load((ROOT / "bot/templates/notices/notices.yml").read_text("utf-8"))
    given = {kind: about["sms"] for kind, about in table.items() if "sms" in about}
    templates = Templates.load()
    assert set(given) == set(templates.by_name)
    for kind, facts in given.items():
        assert "{" not in templates.get(kind).fill(dict.fromkeys(facts, "x"))
