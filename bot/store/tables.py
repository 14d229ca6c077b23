"""The gateway's tables. What was said is sealed: ids, kinds, times and button titles stand in clear."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from lending.storage.base import UtcDateTime, metadata

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("user_hash", String(64), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("human_since", UtcDateTime, nullable=True),
    Column("human_told", Boolean, nullable=False, server_default=false()),
    Column("choices", JSON, nullable=True),
    Column("turns", Integer, nullable=False, server_default="0"),
    Column("seen", Integer, nullable=False, server_default="0"),
    Column("lease_owner", String(64), nullable=True),
    Column("lease_until", UtcDateTime, nullable=True),
    Column("heard", Text, nullable=True),
    Column("voices", Integer, nullable=False, server_default="0"),
    Column("address", Text, nullable=True),
    Column("facts", JSON, nullable=True),
    Column("source", String(64), nullable=True),
    Column("unreachable", String(64), nullable=True),
    Index("uq_conversations_user", "channel", "user_hash", unique=True),
)
"""One reader on one channel. `choices` is the last list offered, `turns` counts since Rasa's session began,
`seen` is the highest cursor handed out, `lease_*` says which replica is answering just now. `heard` is
what was heard and read back and waits for a yes (sealed), `voices` counts voice messages in a row. `address`
(sealed) is set where the channel pushes, `facts` are the channel's own, `source` says where the reader came
from, `unreachable` why nothing is pushed any more."""

inbox = Table(
    "inbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("conversation_id", String(64), ForeignKey("conversations.id"), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("message_id", String(128), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("content", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("answered_at", UtcDateTime, nullable=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("retry_at", UtcDateTime, nullable=True),
    Column("wait_told", Boolean, nullable=False, server_default=false()),
    Column("begun", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("conversation_id", "message_id"),
    Index("ix_inbox_unanswered", "state", "received_at"),
    sqlite_autoincrement=True,
)
"""What came in, once each: the unique pair makes a channel's retries harmless. state: received | answered.
`begun`: a replica took it up, so the dialogue may have heard it."""

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("conversation_id", String(64), ForeignKey("conversations.id"), nullable=False),
    Column("inbox_id", Integer, ForeignKey("inbox.id"), nullable=True, index=True),
    Column("sender", String(8), nullable=False),
    Column("body", Text, nullable=False),
    Column("later", Boolean, nullable=False, server_default=false()),
    Column("key", String(128), nullable=True, unique=True),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_messages_of_conversation", "conversation_id", "id"),
    sqlite_autoincrement=True,
)
"""The talk as both sides see it; `id` is the cursor. sender: reader | library | staff. `later` messages were
no direct answer to a request and reach the reader by a channel's push or the long poll. `key`: told once."""

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("message_id", Integer, ForeignKey("messages.id"), nullable=False, unique=True),
    Column("conversation_id", String(64), ForeignKey("conversations.id"), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("state", String(8), nullable=False),
    Column("parts", Integer, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", UtcDateTime, nullable=False),
    Column("holder", String(160), nullable=True),
    Column("lease_until", UtcDateTime, nullable=True),
    Column("sent_at", UtcDateTime, nullable=True),
    Column("proof", String(200), nullable=True),
    Column("notice", String(40), nullable=True),
    Index("ix_deliveries_of_conversation", "conversation_id", "state", "id"),
    Index("ix_deliveries_due", "state", "due_at"),
    sqlite_autoincrement=True,
)
"""What a push channel has to hand over, written with its message. state: waiting | sending | sent | held
(until the reader speaks) | stopped (the reader left) | refused. `holder` has it while sending: a replica, or
the passive answer to one message (“passive:…”). `proof` is the platform's message id, or its last error."""

sessions = Table(
    "web_sessions",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    Column("conversation_id", String(64), ForeignKey("conversations.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
"""Web chat sessions: only the hash of the secret is kept."""

used_forms = Table(
    "used_forms",
    metadata,
    Column("nonce_hash", String(64), primary_key=True),
    Column("used_at", UtcDateTime, nullable=False),
)
"""One-time form links that were used."""
