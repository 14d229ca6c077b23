"""Which stretch of a message says a title or a name, in writing or in sound, and how well.

Positions of the message are what is explained. All figures are 0..1.
"""

from dataclasses import dataclass, replace
from functools import cached_property

from rapidfuzz import fuzz

from integrations.search.tantivy_index import phonetics
from integrations.search.tantivy_index.documents import Candidate, Form
from integrations.search.tantivy_index.message import Message

WRITTEN, HEARD, HALF_HEARD = 1.0, 0.93, 0.82
"""What agreement is worth in writing, in sound, and in coarse sound."""
ALSO_WRITTEN = 0.05
"""What agreement in sound gains when the characters agree too: 西游计 is 西游记 before it is 嬉游记."""
MIN_WINDOW = 0.6
"""Below this share of agreement two strings say nothing to each other."""


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


def find_author(heard: Heard, candidate: Candidate) -> Window | None:
    found = [window for form in candidate.authors if (window := _said_author(heard, form))]
    if not found:
        found = [window for form in candidate.authors if (window := _near_author(heard, form))]
    return max(found, key=lambda window: window.quality * (window.end - window.start), default=None)


def _said_author(heard: Heard, form: Form) -> Window | None:
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
