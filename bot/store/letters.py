"""Sealed words in rows, and rows as the code knows them."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from bot.replies import Reply
from bot.store.model import Pending
from lending.ports import Vault


class Letters:
    """What was said is sealed at rest; this is the only place that opens it."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def seal(self, content: Mapping[str, Any]) -> str:
        """JSON, sealed."""
        return self._vault.seal(json.dumps(content, ensure_ascii=False, separators=(",", ":")))

    def open(self, sealed: str) -> dict[str, Any]:
        """What `seal` was given."""
        opened: dict[str, Any] = json.loads(self._vault.open(sealed))
        return opened

    def seal_text(self, text: str) -> str:
        return self._vault.seal(text)

    def open_text(self, sealed: str) -> str:
        return self._vault.open(sealed)

    def pending(self, row: Row[Any], again: bool) -> Pending:
        """An inbox row."""
        return Pending(
            row.id,
            row.conversation_id,
            row.kind,
            self.open(row.content),
            row.received_at,
            row.attempts,
            row.message_id,
            again,
        )

    def reply(self, row: Row[Any]) -> Reply:
        """A message's row as a reply."""
        return Reply.from_json(self.open(row.body))

    def told(self, row: Row[Any]) -> dict[str, Any]:
        """A message's row as the history shows it: {"cursor", "from", "at", "text", "reply"?}."""
        body = self.open(row.body)
        said = {"cursor": row.id, "from": row.sender, "at": row.at.isoformat(), "text": body.get("text", "")}
        return said if row.sender == "reader" else {**said, "reply": body}
