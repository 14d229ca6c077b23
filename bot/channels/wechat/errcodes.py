"""What the platform's error codes mean for a message that was to be sent.

Source: developers.weixin.qq.com/doc/oplatform/Return_codes/Return_code_descriptions_new.html.
"""

from bot.channels.base import Verdict

OK = 0
BUSY = -1
BAD_TOKEN = frozenset((40001, 40014, 42001))
"""One retry with a fresh token."""
BAD_MEDIA = 40007
TOO_LONG = 45002
MENU_TOO_LONG = 45098
WINDOW_OVER = 45015
COUNT_OVER = 45047
PUSH_REFUSED = 43101
"""The reader refuses this kind of subscription message."""
NOTHING_LEFT = frozenset((WINDOW_OVER, COUNT_OVER, PUSH_REFUSED))
"""Nothing more may be sent until the reader speaks, whatever our ledger says."""
DAILY_LIMIT, TOO_FREQUENT = 45009, 45011
EVERYBODY = frozenset((DAILY_LIMIT, TOO_FREQUENT))
"""Limits of the whole account: every other call would fail too."""

_VERDICTS: dict[int, Verdict] = {
    BUSY: Verdict.AGAIN,
    DAILY_LIMIT: Verdict.AGAIN,
    TOO_FREQUENT: Verdict.AGAIN,
    40001: Verdict.AGAIN,
    40013: Verdict.AGAIN,
    40014: Verdict.AGAIN,
    40125: Verdict.AGAIN,
    40164: Verdict.AGAIN,
    41001: Verdict.AGAIN,
    42001: Verdict.AGAIN,
    48001: Verdict.AGAIN,
    50002: Verdict.AGAIN,
    40003: Verdict.STOPPED,
    43004: Verdict.STOPPED,
    43019: Verdict.STOPPED,
    PUSH_REFUSED: Verdict.HELD,
    WINDOW_OVER: Verdict.HELD,
    COUNT_OVER: Verdict.HELD,
}
"""The account's own trouble (secret, IP whitelist, permission) is mended by people: messages wait."""
_PAUSES: dict[int, tuple[float, float]] = {BUSY: (1, 30), TOO_FREQUENT: (3, 60), DAILY_LIMIT: (5, 900)}
_ACCOUNT_PAUSE = (10, 300)


def verdict(code: int) -> Verdict:
    """What becomes of the message. An unknown code: it can never be sent as it is."""
    return _VERDICTS.get(code, Verdict.REFUSED)


def pause(code: int, times: int) -> float:
    """Seconds to wait after this code came so many times in a row: doubling, up to a bound."""
    first, most = _PAUSES.get(code, _ACCOUNT_PAUSE)
    return float(min(most, first * 2 ** min(times, 20)))
