"""An `Sms` that writes each message as a line of JSON; the telephone's middle digits are masked."""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from integrations.sms.templates import Templates
from lending.ports import Clock, PortUnavailable, SmsRefused

MOBILE = re.compile(r"1[3-9]\d{9}")


class FileSms:
    """Lines {"id", "key", "at", "phone", "template", "version", "text"}; a key that stands there is not
    written again. One writer at a time per file: the worker is one."""

    def __init__(self, path: Path, clock: Clock, templates: Templates | None = None) -> None:
        self._path = path
        self._clock = clock
        self._templates = templates or Templates.load()

    def send(self, phone: str, template: str, facts: Mapping[str, str], key: str) -> str:
        """`Sms.send`: the id is a hash of the key."""
        if not MOBILE.fullmatch(phone):
            raise SmsRefused("not a mobile telephone")
        about = self._templates.get(template)
        text = f"【{self._templates.signature}】{about.fill(facts)}"
        message_id = hashlib.sha256(key.encode()).hexdigest()[:20]
        line = {"id": message_id, "key": key, "at": self._clock.now().isoformat()}
        line |= {"phone": f"{phone[:3]}****{phone[-4:]}", "template": template}
        try:
            if not self._stands(message_id):
                self._append(line | {"version": about.version, "text": text})
        except OSError as broken:
            raise PortUnavailable(f"the file of short messages: {broken.strerror}") from broken
        return message_id

    def _stands(self, message_id: str) -> bool:
        if not self._path.exists():
            return False
        with self._path.open(encoding="utf-8") as lines:
            return any(f'"id": "{message_id}"' in line and line.endswith("}\n") for line in lines)

    def _append(self, line: Mapping[str, str]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            if self._torn():
                file.write("\n")
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _torn(self) -> bool:
        """Whether power failed in the middle of the last line."""
        whole = self._path.read_bytes()
        return bool(whole) and not whole.endswith(b"\n")
