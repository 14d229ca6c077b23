"""docs/notices.md says of each kind what the rules say."""

import re

import pytest

from app.settings import ROOT
from lending.notices import NoticeKind
from lending.notices.rules import RULES

ROW = re.compile(r"^\| `(\w+)` \| (at once|waits) \| (no|`\w+`) \| (`\w+`)? ?\|", re.MULTILINE)
TOLD = {
    kind: (when, topic, late)
    for kind, when, topic, late in ROW.findall((ROOT / "docs/notices.md").read_text("utf-8"))
}


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_the_page_tells_each_kinds_rule(kind: NoticeKind) -> None:
    rule = RULES[kind]
    assert TOLD[kind] == (
        "at once" if rule.at_once else "waits",
        f"`{rule.topic}`" if rule.topic else "no",
        f"`{rule.late_after}`" if rule.late_after else "",
    )


def test_the_page_names_no_other_kind() -> None:
    assert set(TOLD) == set(NoticeKind)
