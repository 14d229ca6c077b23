"""One message as every channel hands it in."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message of one conversation. `message_id` is the channel's own, unique in the conversation.

    kind: text | choice | location | internal (the gateway's own word to the dialogue, shown to nobody).
    content: {"text"} | {"payload", "text"?} | {"latitude", "longitude", "text"} in gcj02.
    """

    conversation_id: str
    channel: str
    message_id: str
    kind: str
    content: dict[str, Any] = field(default_factory=dict)
