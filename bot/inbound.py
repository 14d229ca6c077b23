"""One message as every channel hands it in."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message of one conversation. `message_id` is the channel's own, unique in the conversation.

    kind: text | choice | location | voice | internal (the gateway's own word to the dialogue, not shown).
    content: {"text"} | {"payload", "text"?} | {"latitude", "longitude", "text", "payload"} in gcj02 |
    {"media": the channel's name of a recording, or "recording": ours, "mime", "seconds"?}.
    """

    conversation_id: str
    channel: str
    message_id: str
    kind: str
    content: dict[str, Any] = field(default_factory=dict)
