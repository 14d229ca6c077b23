"""What the WeChat channel keeps: its token, replay guard, quotas, consents, template jobs."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text, false

from lending.storage.base import UtcDateTime, metadata

tokens = Table(
    "wechat_tokens",
    metadata,
    Column("app_id", String(64), primary_key=True),
    Column("token", Text, nullable=True),
    Column("expires_at", UtcDateTime, nullable=True),
    Column("fetcher", String(64), nullable=True),
    Column("fetching_until", UtcDateTime, nullable=True),
    Column("forced_at", UtcDateTime, nullable=True),
    Column("forced_today", Integer, nullable=False, server_default="0"),
)
"""The one access token of all replicas, sealed. `fetcher` has the right to fetch a new one until
`fetching_until`; `forced_*` keep us within the platform's limits on force_refresh."""

nonces = Table(
    "wechat_nonces",
    metadata,
    Column("nonce", String(64), primary_key=True),
    Column("key", String(128), nullable=False, index=True),
    Column("seen_at", UtcDateTime, nullable=False, index=True),
)
"""Hashes of (timestamp, nonce) of callbacks taken in the last minutes, and which message each belonged to."""

quotas = Table(
    "wechat_quotas",
    metadata,
    Column("conversation_id", String(64), primary_key=True),
    Column("said_left", Integer, nullable=False, server_default="0"),
    Column("said_until", UtcDateTime, nullable=True),
    Column("did_left", Integer, nullable=False, server_default="0"),
    Column("did_until", UtcDateTime, nullable=True),
)
"""How many customer-service messages a reader may still be sent: after a message (`said`), and after a menu
click, a follow or a scan (`did`)."""

consents = Table(
    "wechat_consents",
    metadata,
    Column("conversation_id", String(64), primary_key=True),
    Column("template_id", String(64), primary_key=True),
    Column("left", Integer, nullable=False, server_default="0"),
    Column("refused", Boolean, nullable=False, server_default=false()),
    Column("changed_at", UtcDateTime, nullable=False),
)
"""Subscription messages (订阅通知) a reader allowed: one consent, one message."""

jobs = Table(
    "wechat_jobs",
    metadata,
    Column("msg_id", String(64), primary_key=True),
    Column("conversation_id", String(64), nullable=False),
    Column("delivery_id", Integer, nullable=False),
    Column("state", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_wechat_jobs_state", "state", "at"),
)
"""Template messages handed to WeChat. state: sent | success | blocked | failed (TEMPLATESENDJOBFINISH)."""

answers = Table(
    "wechat_answers",
    metadata,
    Column("key", String(160), primary_key=True),
    Column("body", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)
"""Passive answers as they went out (sealed), for WeChat's retries. Kept for minutes."""
