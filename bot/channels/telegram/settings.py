"""The channel's settings; `app` fills them in."""

import hashlib
import hmac
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    """token: of the bot. webhook_url: empty means long polling. staff_chat: told who wants a person.

    webhook_secret: empty means one made from the token, the same in every replica.
    """

    token: str
    api_base: str = "https://api.telegram.org"
    webhook_secret: str = ""
    webhook_url: str = ""
    staff_chat: str = ""

    @property
    def secret(self) -> str:
        """What Telegram sends in X-Telegram-Bot-Api-Secret-Token: 1-256 of A-Z a-z 0-9 _ -."""
        if self.webhook_secret:
            return self.webhook_secret
        return hmac.new(self.token.encode(), b"shudi.telegram.webhook", hashlib.sha256).hexdigest()
