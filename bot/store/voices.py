"""What a voice message leaves behind: the recording goes with its answer, the words that were heard stay."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, select, update

from bot.store.tables import inbox, messages

RECORDING = "recording"
"""Where the content of a voice message keeps its sound (base64) until it is answered."""

Seal = Callable[[dict[str, Any]], str]


def end(conn: Connection, inbox_id: int, content: Mapping[str, Any], heard: str, seal: Seal) -> None:
    """The message is answered: forget its recording, show the reader's line as what was heard."""
    kept = {name: value for name, value in content.items() if name != RECORDING}
    if heard:
        kept |= {"text": heard, "heard": heard}
        mine = (messages.c.inbox_id == inbox_id, messages.c.sender == "reader")
        body = seal({"text": heard, "voice": True, "heard": heard})
        conn.execute(update(messages).where(*mine).values(body=body))
    conn.execute(update(inbox).where(inbox.c.id == inbox_id).values(content=seal(kept)))


def heard(conn: Connection, inbox_id: int, unseal: Callable[[str], str]) -> str | None:
    """What was heard of an answered message; None for other kinds, and when nothing was."""
    row = conn.execute(select(inbox.c.kind, inbox.c.content).where(inbox.c.id == inbox_id)).one()
    if row.kind != "voice":
        return None
    said = json.loads(unseal(row.content)).get("heard")
    return str(said) if said else None
