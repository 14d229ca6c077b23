"""A reply as a voice: words that can be spoken, then a clip that a channel can play."""

import re
from collections import OrderedDict
from functools import lru_cache
from typing import Any

import structlog
import yaml

from bot.replies import Reply
from bot.telling import DATA
from bot.voice.audio import Busy
from bot.voice.hearing import Hears
from lending.ports import PortUnavailable

log = structlog.get_logger(__name__)

LONGEST = 180
"""Characters of a clip: about 50 seconds, below WeChat's minute."""
KEPT = 32

_URL = re.compile(r"[（(]?\s*https?://[^\s）)]+\s*[）)]?")
_ORDER = re.compile(r"\b[A-Z]\d{8}-?(\d{2,})\b|(?<=订单)\s*[A-Z]?\d{6,}-?(\d{4})\b")
_DIGITS = re.compile(r"(?<![\d.])(?:\d[ ]){3,}\d(?![\d.])|(?<![\d.])\d{5,}(?![\d.])|\d{3,4}-\d{7,8}")
_TIME = re.compile(r"(?<!\d)([01]?\d|2[0-4])[:：]([0-5]\d)(?!\d)")
_MONEY = re.compile(r"¥\s*(\d+)(?:\.(\d{2}))?|(\d+)\.(\d{2})\s*元")
_DECIMAL = re.compile(r"(\d+)\.(\d+)")
_LISTED = re.compile(r"^\s*(\d{1,2})[.、．](?!\d)\s*", re.MULTILINE)
_NUMBER = re.compile(r"\d+")
_DOUBLED = re.compile(r"([。！？：])[。，]+")
_SENTENCE = re.compile(r"[^。！？!?\n]*[。！？!?\n]?")


@lru_cache
def _words() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DATA / "speech.yml").read_text("utf-8"))
    return loaded


def speakable(reply: Reply) -> str:
    """The reply as it is read out: no addresses of pages, codes digit by digit, numbers as words."""
    words = _words()
    text = _URL.sub("", reply.text)
    text = _LISTED.sub(lambda found: f"{words['nth']}{number(int(found[1]))}，", text)
    text = plain(text)
    named = [choice for choice in reply.choices if choice.title not in reply.text]
    if named and len(reply.choices) <= words["most_choices"]:
        listed = (f"{number(at)}，{plain(one.title)}" for at, one in enumerate(reply.choices, 1))
        text = f"{text}。{words['say']}{'；'.join(listed)}。"
    return _short(_DOUBLED.sub(r"\1", re.sub(r"[。，；\s]*\n+\s*", "。", text.strip())))


def plain(text: str) -> str:
    """Figures as they are spoken, signs as pauses."""
    words = _words()
    text = _ORDER.sub(lambda found: words["ending"] + digits(found[1] or found[2]), text)
    text = _DIGITS.sub(lambda found: digits(found[0]), text)
    text = _TIME.sub(_clock, text)
    text = _MONEY.sub(_yuan, text)
    text = _DECIMAL.sub(_decimal, text)
    text = _NUMBER.sub(lambda found: number(int(found[0])), text)
    for sign, spoken in words["signs"].items():
        text = text.replace(sign, spoken)
    return text


def digits(text: str, pause: str = "，", one: str = "") -> str:
    """“1 2 3” → “幺，二，三”: one is said so that it can't be taken for seven."""
    names = _words()["digits"]
    said = (one if one and sign == "1" else names[int(sign)] for sign in text if sign.isdigit())
    return pause.join(said)


def number(value: int) -> str:
    """A whole number in Chinese words: 105 → 一百零五; from 100,000 on digit by digit."""
    words = _words()
    if value >= 100_000:
        return digits(str(value))
    if value >= 10_000:
        rest = value % 10_000
        zero = words["numerals"][0] if 0 < rest < 1000 else ""
        return f"{number(value // 10_000)}{words['units'][4]}{zero}{number(rest) if rest else ''}"
    said, gap, text = "", False, str(value)
    for place, sign in enumerate(text):
        if sign == "0":
            gap = True
            continue
        said += words["numerals"][0] if gap and said else ""
        said += words["numerals"][int(sign)] + words["units"][len(text) - place - 1]
        gap = False
    return said[1:] if 10 <= value < 20 else said or str(words["numerals"][0])


def _decimal(found: re.Match[str]) -> str:
    words = _words()
    return f"{number(int(found[1]))}{words['point']}{digits(found[2], '', words['numerals'][1])}"


def _clock(found: re.Match[str]) -> str:
    words, minute = _words(), int(found[2])
    said = f"{number(int(found[1]))}{words['oclock']}"
    if minute == 30:
        return f"{said}{words['half']}"
    return f"{said}{number(minute)}{words['minute']}" if minute else said


def _yuan(found: re.Match[str]) -> str:
    words = _words()
    whole, part = int(found[1] or found[3] or 0), int(found[2] or found[4] or 0)
    said = f"{number(whole)}{words['yuan']}" if whole or not part else ""
    said += f"{number(part // 10)}{words['jiao']}" if part // 10 else ""
    return said + (f"{number(part % 10)}{words['fen']}" if part % 10 else "")


def _short(text: str) -> str:
    """Whole sentences, as many as fit into one clip."""
    kept = ""
    for sentence in _SENTENCE.findall(text):
        if kept and len(kept) + len(sentence) > LONGEST:
            break
        kept += sentence
    return kept[: LONGEST * 2].strip()


class Speaker:
    """Makes clips and keeps the last ones: a reply is often fetched twice. `hearing`: None says nothing."""

    def __init__(self, hearing: Hears | None = None) -> None:
        self.hearing = hearing
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    def forget(self) -> None:
        """Drop the clips that were kept."""
        self._kept.clear()

    async def clip(self, reply: Reply, form: str) -> bytes | None:
        """The reply as "mp3", "amr" or "ogg"; None when it cannot be spoken now: the text is there."""
        text = speakable(reply)
        if self.hearing is None or not text:
            return None
        if (text, form) not in self._kept:
            try:
                sound = await self.hearing.speak(text, form)
            except (Busy, PortUnavailable, TimeoutError) as error:
                log.warning("not_spoken", reason=type(error).__name__)
                return None
            self._kept[text, form] = sound
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return self._kept[text, form]


_speaker = Speaker()


def speak_with(hearing: Hears | None) -> None:
    """Who speaks in this process; the wiring says so at start."""
    _speaker.hearing = hearing
    _speaker.forget()


async def clip(reply: Reply, form: str) -> bytes | None:
    """The reply spoken, for channels whose replies carry `data["speech"]`; None when that fails."""
    return await _speaker.clip(reply, form)
