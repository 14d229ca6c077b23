"""Important notices that no conversation could deliver go as a short message, after the policy's time."""

from collections.abc import Iterable
from datetime import timedelta

import structlog

from bot.notices import NoticeWords
from bot.store.unreached import unreached
from bot.telling import Teller
from lending.notices import rules, settings
from lending.notices.texting import Texted, Texting
from lending.policy import Policy
from lending.storage.notices import Notice

log = structlog.get_logger(__name__)
AT_ONCE = 50
NOT_LONGER = timedelta(hours=24)
"""What nobody could text for a day is left to the conversation."""


class Texts:
    """`sweep` is called every half minute. Every call blocks."""

    def __init__(self, texting: Texting, policy: Policy) -> None:
        self._texting = texting
        self._policy = policy
        self._words = NoticeWords(Teller())

    def sweep(self) -> int:
        """Text what the readers concerned do not have yet; how many short messages went out."""
        return sum(self._text(notice) is Texted.SENT for notice in self._due())

    def _due(self) -> Iterable[Notice]:
        now, about = self._texting.clock.now(), self._policy.notices
        kinds = sorted({kind.partition(".")[0] for kind in about.sms_kinds})
        until = now - timedelta(minutes=about.sms_after_minutes)
        with self._texting.database.read() as conn:
            found = unreached(conn, kinds, now - NOT_LONGER, until, AT_ONCE)
            return [notice for notice in found if self._goes(notice, settings.wishes(conn, notice.reader_id))]

    def _goes(self, notice: Notice, wishes: settings.Wishes) -> bool:
        now = self._texting.clock.now()
        if rules.label(notice.kind, notice.data) not in self._policy.notices.sms_kinds:
            return False
        if rules.too_late(notice, now) or not wishes.wants(notice.kind):
            return False
        return wishes.night or rules.quiet_until(self._policy, now) is None

    def _text(self, notice: Notice) -> Texted:
        facts = self._words.sms(notice)
        if facts is None:
            return Texted.NEVER
        try:
            return self._texting.tell(notice, facts)
        except Exception:
            log.exception("texting_failed", notice=notice.id, kind=notice.kind)
            return Texted.LATER
