"""Signed one-time links: ten minutes, one use, bound to one conversation and one purpose."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

from lending.ports import Clock

PURPOSES = ("bind_card", "add_address")
LIFETIME = timedelta(minutes=10)


class LinkRefused(Exception):
    """The link is forged, too old or was used."""


@dataclass(frozen=True, slots=True)
class Link:
    """What an open link may do."""

    conversation_id: str
    purpose: str
    nonce: str
    expires_at: datetime


class FormLinks:
    """Makes and reads links. Single use is kept by `store.sessions.use_form` under the link's nonce."""

    def __init__(self, secret_key: str, public_url: str, clock: Clock) -> None:
        self._signer = URLSafeSerializer(secret_key, salt="shudi.forms")
        self._base = public_url.rstrip("/")
        self._clock = clock

    def knows(self, purpose: object) -> bool:
        """Whether there is a form for this."""
        return purpose in PURPOSES

    def make(self, conversation_id: str, purpose: str) -> tuple[str, datetime]:
        """(address, time it ends)."""
        expires_at = self._clock.now().replace(microsecond=0) + LIFETIME
        token = self._signer.dumps(
            [conversation_id, purpose, secrets.token_urlsafe(9), int(expires_at.timestamp())]
        )
        return f"{self._base}/forms/{token}", expires_at

    def read(self, token: str) -> Link:
        """Raises `LinkRefused`."""
        try:
            conversation_id, purpose, nonce, until = self._signer.loads(token)
        except (BadData, ValueError, TypeError):
            raise LinkRefused from None
        expires_at = datetime.fromtimestamp(until, UTC)
        if self._clock.now() >= expires_at:
            raise LinkRefused
        return Link(conversation_id, purpose, nonce, expires_at)
