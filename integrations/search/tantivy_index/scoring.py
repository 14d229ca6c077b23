"""How well a candidate fits a message, and how sure that makes us that a book was asked for.

Positions of the message are what is explained: a title explains the characters it matches, an author others.
Politeness (`Message.content` false) needs no explanation. All figures are 0..1.
"""

from dataclasses import dataclass, replace
from functools import cached_property

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from integrations.search.tantivy_index import phonetics
from integrations.search.tantivy_index.documents import Candidate, Form
from integrations.search.tantivy_index.folding import HAN
from integrations.search.tantivy_index.message import WORDS, Message
from lending.ports import Match

WRITTEN, HEARD, HALF_HEARD = 1.0, 0.93, 0.82
"""What agreement is worth in writing, in sound, and in coarse sound."""
ALSO_WRITTEN = 0.05
"""What agreement in sound gains when the characters agree too: 西游计 is 西游记 before it is 嬉游记."""
MIN_WINDOW = 0.6
"""Below this share of agreement two strings say nothing to each other."""
MAIN_TITLE = 0.98
"""A title without its subtitle stands just below one exactly so called."""
AUTHOR_ONLY, PART_ONLY, SUBJECT_ONLY = 0.93, 0.92, 0.75
BESIDE_AUTHOR = 0.9
"""“三毛的书” asks for what 三毛 wrote before it asks for a book called 三毛."""
HEAD_NOUN = 0.04
"""In “讲外星人的三体” the title stands last: what ends the message counts a little more."""
LONG = 6
"""Characters from which even a part of a title, or a title misspelt, speaks for itself."""
PLAIN_FIT = 0.74
"""From this agreement on a long title is meant, whatever other words it is made of."""
UNASKED = 0.75
"""What is left of weak evidence when nothing says that a book is asked for."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of the message that matches.

    quality: how well; grain: in writing or in which sound; complete: how much of the title or name is said;
    written: the share of characters that agree in writing; fit: the share that agrees at this grain;
    at_edge: the part said is the beginning or the end of the title.
    """

    start: int
    end: int
    quality: float
    grain: float
    complete: float = 1.0
    written: float = 1.0
    fit: float = 1.0
    at_edge: bool = False

    def overlaps(self, other: "Window") -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement on one candidate."""

    score: float
    match: Match
    confidence: float
    plain: bool = False
    """So near and so long that words of another wish in it do not matter (钢铁是怎么炼成的)."""


NOTHING = Verdict(0.0, Match.NONE, 0.0)


@dataclass(frozen=True)
class Heard:
    """A message in its three grains, and the trimmed part of it."""

    message: Message

    @cached_property
    def whole(self) -> Form:
        return Form.of(self.message.text)

    @cached_property
    def core(self) -> Form:
        start, end = self.message.core
        return Form(self.whole.text[start:end], self.whole.sound[start:end], self.whole.coarse[start:end])

    @cached_property
    def spelled(self) -> str:
        """The core in merged letters when it is written in letters, else empty."""
        text = self.core.text
        return phonetics.merge_letters(text) if text.isascii() and not text.isdigit() else ""

    @cached_property
    def trimmed(self) -> frozenset[tuple[int, int]]:
        return frozenset(self.message.trimmings)

    def splits_word(self, start: int, end: int) -> bool:
        """Would a window cut a run of latin letters or digits in two?"""
        text = self.message.text
        return _joined(text, start) or _joined(text, end)


def _joined(text: str, at: int) -> bool:
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if before.isdigit() != after.isdigit():
        return False
    return before.isascii() and after.isascii()


def judge(heard: Heard, candidate: Candidate) -> Verdict:
    """The best reading of the message as this title, this author, a subject, or letters."""
    readings = [_judge_forms(heard, candidate)]
    if candidate.subjects:
        readings.append(_judge_subject(heard, candidate))
    if heard.spelled:
        readings.append(_judge_letters(heard, candidate))
    best = max(readings, key=lambda reading: reading.score)
    sure = max(reading.confidence for reading in readings)
    if not best.plain and (best.match not in _PLAIN or sure < 1.0):
        sure *= heard.message.not_service
    return Verdict(best.score, best.match, sure)


_PLAIN = {Match.EXACT_TITLE, Match.AUTHOR, Match.AUTHOR_TITLE}


def _judge_forms(heard: Heard, candidate: Candidate) -> Verdict:
    author = _best_author(heard, candidate)
    best = _author_verdict(heard, author) if author else NOTHING
    for place, form in enumerate(candidate.titles):
        window = find_title(heard, form, author)
        if window is None:
            continue
        beside = author if author is not None and not author.overlaps(window) else None
        verdict = _title_verdict(heard, form, window, beside, main=place > 0)
        best = max(best, verdict, key=lambda v: v.score)
    return best


def find_title(heard: Heard, form: Form, author: Window | None) -> Window | None:
    """Where the message says this title, or the part of it that the message says."""
    at = heard.message.text.find(form.text)
    if at >= 0 and not heard.splits_word(at, at + len(form.text)):
        return Window(at, at + len(form.text), 1.0, WRITTEN)
    if heard.spelled:
        return None
    start, end = heard.message.core
    if author is not None:
        rest = _longer_side(start, end, author)
        aside = _align(heard, form, *rest) if rest[1] - rest[0] > 1 else None
        if aside is not None:
            return _weighed(heard, form, aside)
    found = _align(heard, form, start, end)
    return _weighed(heard, form, found) if found else None


def _weighed(heard: Heard, form: Form, window: Window) -> Window:
    """A window found by sound, with what its writing adds."""
    if window.grain == WRITTEN:
        return window
    written = fuzz.partial_ratio(heard.message.text[window.start : window.end], form.text) / 100
    return replace(window, quality=min(0.99, window.quality + ALSO_WRITTEN * written), written=written)


def _longer_side(start: int, end: int, author: Window) -> tuple[int, int]:
    """What the author leaves of the core: the longer of the two sides."""
    before, after = (start, min(author.start, end)), (max(author.end, start), end)
    return max(before, after, key=lambda side: side[1] - side[0])


def _align(heard: Heard, form: Form, start: int, end: int) -> Window | None:
    """The window of message[start:end] most like the form, or the part of the form most like the window."""
    surplus = len(form.text) - (end - start)
    found = [_align_part(heard, form, start, end) if surplus > 0 else _align_inside(heard, form, start, end)]
    if abs(surplus) <= 2:
        found.append(_align_whole(heard, form, start, end))
    return max((window for window in found if window), key=lambda window: window.quality, default=None)


def _align_whole(heard: Heard, form: Form, start: int, end: int) -> Window | None:
    """A character left out or typed twice: the whole against the whole."""
    best: Window | None = None
    for grain, needle, hay in _grains(form, heard.whole):
        score = fuzz.ratio(needle, hay[start:end], score_cutoff=100 * MIN_WINDOW)
        if score and (best is None or grain * score > 100 * best.quality):
            best = Window(start, end, grain * score / 100, grain, fit=score / 100)
    return best


def _align_inside(heard: Heard, form: Form, start: int, end: int) -> Window | None:
    best: Window | None = None
    for grain, needle, hay in _grains(form, heard.whole):
        found = fuzz.partial_ratio_alignment(needle, hay[start:end], score_cutoff=100 * MIN_WINDOW)
        if found is None:
            continue
        quality = grain * found.score / 100
        if best is None or quality > best.quality:
            best = Window(
                start + found.dest_start, start + found.dest_end, quality, grain, fit=found.score / 100
            )
        if found.score == 100:
            break
    return best


def _align_part(heard: Heard, form: Form, start: int, end: int) -> Window | None:
    """The message names a part of a longer title."""
    share = (end - start) / len(form.text)
    best: Window | None = None
    for grain, hay, needle in _grains(form, heard.whole):
        score = fuzz.partial_ratio(needle[start:end], hay, score_cutoff=100 * MIN_WINDOW)
        quality = grain * score / 100
        if score and (best is None or quality > best.quality):
            at_edge = hay.startswith(needle[start:end]) or hay.endswith(needle[start:end])
            best = Window(start, end, quality, grain, share, fit=score / 100, at_edge=at_edge)
        if score == 100:
            break
    return best


def _grains(form: Form, whole: Form) -> tuple[tuple[float, str, str], ...]:
    return (
        (WRITTEN, form.text, whole.text),
        (HEARD, form.sound, whole.sound),
        (HALF_HEARD, form.coarse, whole.coarse),
    )


def _best_author(heard: Heard, candidate: Candidate) -> Window | None:
    found = [window for form in candidate.authors if (window := _find_author(heard, form))]
    if not found:
        found = [window for form in candidate.authors if (window := _near_author(heard, form))]
    return max(found, key=lambda window: window.quality * (window.end - window.start), default=None)


def _find_author(heard: Heard, form: Form) -> Window | None:
    for grain, needle, hay in _grains(form, heard.whole):
        at = hay.find(needle)
        if at >= 0 and not heard.splits_word(at, at + len(needle)):
            return _weighed(heard, form, Window(at, at + len(needle), grain, grain))
    return None


def _near_author(heard: Heard, form: Form) -> Window | None:
    """A longer name with one wrong character (东野硅吾)."""
    if not 3 <= len(form.sound) <= len(heard.whole.sound):
        return None
    found = fuzz.partial_ratio_alignment(form.sound, heard.whole.sound, score_cutoff=66)
    if found is None:
        return None
    fit = found.score / 100
    return Window(found.dest_start, found.dest_end, HEARD * fit, HEARD, written=0.5, fit=fit)


def _explained(heard: Heard, *windows: Window) -> float:
    """The share of what the message says that the windows account for."""
    content = heard.message.content
    worth = [0.0] * len(content)
    for window in windows:
        for at in range(window.start, window.end):
            worth[at] = max(worth[at], window.quality)
    total = sum(1 for says, value in zip(content, worth, strict=True) if says or value)
    return sum(worth) / total if total else 0.0


def _author_verdict(heard: Heard, author: Window) -> Verdict:
    share = _explained(heard, author)
    whole = (author.start, author.end) in heard.trimmed or share >= 0.999
    if whole and author.quality == 1.0:
        return Verdict(AUTHOR_ONLY, Match.AUTHOR, _exact_confidence(heard, author))
    return Verdict(0.8 * share * author.quality, Match.AUTHOR, _tempered(heard, share * _reliable(author)))


def _title_verdict(heard: Heard, form: Form, title: Window, author: Window | None, *, main: bool) -> Verdict:
    exact = title.quality == 1.0 and title.complete == 1.0
    if exact and (title.start, title.end) in heard.trimmed:
        score = BESIDE_AUTHOR if heard.message.is_authored(title.end) else 1.0
        return Verdict(
            score * (MAIN_TITLE if main else 1.0), Match.EXACT_TITLE, _exact_confidence(heard, title)
        )
    if author is not None:
        return _both_verdict(heard, title, author)
    share = _explained(heard, title)
    score = 0.7 * share + 0.3 * title.quality * title.complete
    if not exact:
        score = min(score, PART_ONLY)
    elif heard.message.asks_for_book and not _common(heard, title):
        score = max(score, 0.6 + 0.35 * share + (HEAD_NOUN if title.end in heard.message.ends else 0.0))
    sure = _lone_confidence(heard, title, share, exact)
    plain = title.end - title.start >= LONG and title.fit * title.complete >= PLAIN_FIT
    return Verdict(score * (MAIN_TITLE if main else 1.0), _kind(title, None), sure, plain)


def _both_verdict(heard: Heard, title: Window, author: Window) -> Verdict:
    share = _explained(heard, title, author)
    score = 0.6 * share + 0.25 * title.quality * title.complete + 0.15 * author.quality
    sure = share * (0.5 + 0.5 * title.complete) * min(1.0, 1.1 * title.quality * author.quality)
    if title.quality * title.complete == 1.0 and author.quality == 1.0:
        sure = max(sure, 0.9 * share)
    return Verdict(score, _kind(title, author), sure)


def _common(heard: Heard, window: Window) -> bool:
    """Everyday words, or a single character: a title only when the message is nothing else, or says so."""
    text = heard.message.text[window.start : window.end]
    return len(text) == 1 or WORDS.is_common(text)


def _kind(title: Window, author: Window | None) -> Match:
    if author is not None and title.complete == 1.0:
        plain = title.grain == WRITTEN and author.grain == WRITTEN
        return Match.AUTHOR_TITLE if plain and title.quality == 1.0 else _loose(title)
    if title.quality < 1.0:
        return _loose(title)
    return Match.CONTAINED if title.complete == 1.0 else Match.TITLE


def _loose(window: Window) -> Match:
    return Match.TYPO if window.grain == WRITTEN else Match.PINYIN


def _exact_confidence(heard: Heard, window: Window) -> float:
    """A title or name that is also an everyday word is not yet a request for a book."""
    message = heard.message
    if message.quoted or message.is_named(window.end) or not _common(heard, window):
        return 1.0
    if (window.start, window.end) != (0, len(message.text)):
        return 0.2
    return 0.5 if WORDS.is_common(message.text) else 0.9


def _lone_confidence(heard: Heard, title: Window, share: float, exact: bool) -> float:
    common = _common(heard, title)
    if not exact:
        partly = 0.55 if title.at_edge else 0.45
        sure = share * (partly + (1 - partly) * title.complete) * _reliable(title)
        return _tempered(heard, 0.4 * sure if common else sure) if title.end - title.start < LONG else sure
    if common:
        return 0.3 * share
    return 0.65 + 0.35 * share if heard.message.asks_for_book else 0.9 * share * share


def _reliable(window: Window) -> float:
    """Agreement in sound alone means little for two syllables, much for five; so does one wrong character."""
    length = window.end - window.start
    if window.quality == 1.0:
        return {1: 0.2, 2: 0.5, 3: 0.8}.get(length, 1.0)
    if window.grain == WRITTEN:
        return {1: 0.0, 2: 0.2, 3: 0.6, 4: 0.9}.get(length, 1.0) * window.fit**2
    low, gain = {1: (0.0, 0.0), 2: (0.3, 0.7), 3: (0.55, 0.5), 4: (0.8, 0.2)}.get(length, (0.95, 0.05))
    if window.grain == HALF_HEARD and length < 4:
        low, gain = 0.7 * low, 0.7 * gain
    return (low + gain * window.written) * window.fit**2


def _tempered(heard: Heard, confidence: float) -> float:
    """Without a sign that a book is meant, part of a title or a name is weaker evidence."""
    return confidence if heard.message.asks_for_book else UNASKED * confidence


def _judge_subject(heard: Heard, candidate: Candidate) -> Verdict:
    for term in candidate.subjects:
        at = heard.message.text.find(term)
        if at < 0:
            continue
        share = _explained(heard, Window(at, at + len(term), 1.0, WRITTEN))
        sure = share * (0.85 if heard.message.asks_for_book else 0.65)
        return Verdict(SUBJECT_ONLY * share, Match.SUBJECT, sure)
    return NOTHING


def _judge_letters(heard: Heard, candidate: Candidate) -> Verdict:
    """Pinyin in whole words or initials, and titles in other scripts."""
    typed, raw = heard.spelled, heard.core.text
    if len(typed) < 2:
        return NOTHING
    han = any(HAN.match(char) for char in candidate.title)
    if typed == candidate.spelled:
        return Verdict(0.97, Match.PINYIN if han else Match.EXACT_TITLE, 0.95 if len(typed) > 4 else 0.4)
    if raw == candidate.initials and han:
        return Verdict(0.9, Match.PINYIN, 0.75 if len(raw) > 3 else 0.4)
    best = NOTHING
    for author in candidate.spelled_authors:
        if typed in (candidate.spelled + author, author + candidate.spelled):
            return Verdict(0.98, Match.AUTHOR_TITLE, 1.0)
        if typed == author:
            best = Verdict(0.85, Match.PINYIN if han else Match.AUTHOR, 0.9 if len(typed) > 4 else 0.4)
    return max(best, _letters_near(typed, candidate, han=han), key=lambda v: v.score)


def _letters_near(typed: str, candidate: Candidate, *, han: bool) -> Verdict:
    target = candidate.spelled
    if len(typed) < 4 or not target.isascii():
        return NOTHING
    near = Levenshtein.normalized_similarity(typed, target, score_cutoff=0.75)
    if near:
        return Verdict(0.9 * near, Match.TYPO, near * near if len(typed) > 6 else 0.5 * near)
    at = target.find(typed)
    if at >= 0 and (at == 0 or len(typed) > 7 or not han):
        share = len(typed) / len(target)
        sure = (0.6 + 0.4 * share) * min(1.0, len(typed) / 10)
        return Verdict(0.55 + 0.35 * share, Match.TITLE, 0.6 * sure if han else sure)
    inside = fuzz.partial_ratio(typed, target, score_cutoff=80) / 100
    shorter = min(len(typed), len(target)) / len(typed)
    return Verdict(0.7 * inside * shorter, Match.TYPO, 0.35 * inside * shorter if len(target) > 5 else 0.1)
