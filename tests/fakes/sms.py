"""An `Sms` in memory; `silent` makes it not answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.sms.templates import Templates
from lending.ports import PortUnavailable, SmsRefused


@dataclass
class FakeSms:
    """Keeps what it sent: {"id", "key", "phone", "template", "text"}."""

    sent: list[Mapping[str, Any]] = field(default_factory=list)
    silent: bool = False
    templates: Templates = field(default_factory=Templates.load)

    def send(self, phone: str, template: str, facts: Mapping[str, str], key: str) -> str:
        if self.silent:
            raise PortUnavailable("the operator is silent")
        if not (len(phone) == 11 and phone.startswith("1")):
            raise SmsRefused("not a mobile telephone")
        text = f"【{self.templates.signature}】{self.templates.get(template).fill(facts)}"
        for one in self.sent:
            if one["key"] == key:
                return str(one["id"])
        line = {"id": f"m{len(self.sent) + 1}", "key": key, "phone": phone, "template": template}
        self.sent.append(line | {"text": text})
        return str(line["id"])
