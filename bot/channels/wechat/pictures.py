"""QR pictures of pickup codes, as temporary media of the platform's."""

import io
from collections import OrderedDict
from datetime import datetime, timedelta

import segno

from bot.channels.wechat.client import WeChatClient
from lending.ports import Clock

KEPT = 500
LIFE = timedelta(days=2)
"""A temporary media lives three days."""


def picture(code: str) -> bytes:
    """A PNG that a locker's scanner reads: the code itself, error correction M, quiet zone of 4."""
    out = io.BytesIO()
    segno.make(code, error="m", micro=False).save(out, kind="png", scale=10, border=4)
    return out.getvalue()


class Pictures:
    """Uploads a code's picture once in two days."""

    def __init__(self, client: WeChatClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: OrderedDict[str, tuple[str, datetime]] = OrderedDict()

    async def media_id(self, code: str) -> str:
        """The media's id. Raises `ApiError`."""
        now = self._clock.now()
        known = self._known.get(code)
        if known is None or now - known[1] > LIFE:
            known = (await self._client.upload("image", picture(code), "code.png", "image/png"), now)
            self._known[code] = known
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return known[0]

    def forget(self, code: str) -> None:
        """The platform does not know the media any more (40007)."""
        self._known.pop(code, None)
