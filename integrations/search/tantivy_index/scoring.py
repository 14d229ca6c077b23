"""How well a candidate fits a message: the best of its readings as a title, an author, a subject, letters.

A title explains the characters of the message that it matches, an author others; politeness needs no
explanation (`Message.content` is false there). All figures are 0..1.
"""

from integrations.search.tantivy_index.confidence import (
    LONG,
    explained,
    is_common,
    of_exact,
    of_title_alone,
    reliable,
    tempered,
)
from integrations.search.tantivy_index.documents import Candidate, Form
from integrations.search.tantivy_index.letters import judge_letters
from integrations.search.tantivy_index.verdict import NOTHING, Verdict
from integrations.search.tantivy_index.windows import WRITTEN, Heard, Window, find_author, find_title
from lending.ports import Match

MAIN_TITLE = 0.98
"""A title without its subtitle stands just below one exactly so called."""
AUTHOR_ONLY, PART_ONLY, SUBJECT_ONLY = 0.93, 0.92, 0.75
BESIDE_AUTHOR = 0.9
"""“三毛的书” asks for what 三毛 wrote before it asks for a book called 三毛."""
HEAD_NOUN = 0.04
"""In “讲外星人的三体” the title stands last: what ends the message counts a little more."""
PLAIN_FIT = 0.74
"""From this agreement on a long title is meant, whatever other words it is made of."""
_PLAIN = {Match.EXACT_TITLE, Match.AUTHOR, Match.AUTHOR_TITLE}


def judge(heard: Heard, candidate: Candidate) -> Verdict:
    """The best reading of the message as this title, this author, a subject, or letters."""
    readings = [_judge_forms(heard, candidate)]
    if candidate.subjects:
        readings.append(_judge_subject(heard, candidate))
    if heard.spelled:
        readings.append(judge_letters(heard, candidate))
    best = max(readings, key=lambda reading: reading.score)
    sure = max(reading.confidence for reading in readings)
    if not best.plain and (best.match not in _PLAIN or sure < 1.0):
        sure *= heard.message.not_service
    return Verdict(best.score, best.match, sure)


def _judge_forms(heard: Heard, candidate: Candidate) -> Verdict:
    author = find_author(heard, candidate)
    best = _author_verdict(heard, author) if author else NOTHING
    for place, form in enumerate(candidate.titles):
        window = find_title(heard, form, author)
        if window is None:
            continue
        beside = author if author is not None and not author.overlaps(window) else None
        verdict = _title_verdict(heard, form, window, beside, main=place > 0)
        best = max(best, verdict, key=lambda v: v.score)
    return best


def _author_verdict(heard: Heard, author: Window) -> Verdict:
    share = explained(heard, author)
    whole = (author.start, author.end) in heard.trimmed or share >= 0.999
    if whole and author.quality == 1.0:
        return Verdict(AUTHOR_ONLY, Match.AUTHOR, of_exact(heard, author))
    return Verdict(0.8 * share * author.quality, Match.AUTHOR, tempered(heard, share * reliable(author)))


def _title_verdict(heard: Heard, form: Form, title: Window, author: Window | None, *, main: bool) -> Verdict:
    exact = title.quality == 1.0 and title.complete == 1.0
    if exact and (title.start, title.end) in heard.trimmed:
        score = BESIDE_AUTHOR if heard.message.is_authored(title.end) else 1.0
        return Verdict(score * (MAIN_TITLE if main else 1.0), Match.EXACT_TITLE, of_exact(heard, title))
    if author is not None:
        return _both_verdict(heard, title, author)
    share = explained(heard, title)
    score = 0.7 * share + 0.3 * title.quality * title.complete
    if not exact:
        score = min(score, PART_ONLY)
    elif heard.message.asks_for_book and not is_common(heard, title):
        score = max(score, 0.6 + 0.35 * share + (HEAD_NOUN if title.end in heard.message.ends else 0.0))
    sure = of_title_alone(heard, title, share, exact)
    plain = title.end - title.start >= LONG and title.fit * title.complete >= PLAIN_FIT
    return Verdict(score * (MAIN_TITLE if main else 1.0), _kind(title, None), sure, plain)


def _both_verdict(heard: Heard, title: Window, author: Window) -> Verdict:
    share = explained(heard, title, author)
    score = 0.6 * share + 0.25 * title.quality * title.complete + 0.15 * author.quality
    sure = share * (0.5 + 0.5 * title.complete) * min(1.0, 1.1 * title.quality * author.quality)
    if title.quality * title.complete == 1.0 and author.quality == 1.0:
        sure = max(sure, 0.9 * share)
    return Verdict(score, _kind(title, author), sure)


def _kind(title: Window, author: Window | None) -> Match:
    if author is not None and title.complete == 1.0:
        plain = title.grain == WRITTEN and author.grain == WRITTEN
        return Match.AUTHOR_TITLE if plain and title.quality == 1.0 else _loose(title)
    if title.quality < 1.0:
        return _loose(title)
    return Match.CONTAINED if title.complete == 1.0 else Match.TITLE


def _loose(window: Window) -> Match:
    return Match.TYPO if window.grain == WRITTEN else Match.PINYIN


def _judge_subject(heard: Heard, candidate: Candidate) -> Verdict:
    for term in candidate.subjects:
        at = heard.message.text.find(term)
        if at < 0:
            continue
        share = explained(heard, Window(at, at + len(term), 1.0, WRITTEN))
        sure = share * (0.85 if heard.message.asks_for_book else 0.65)
        return Verdict(SUBJECT_ONLY * share, Match.SUBJECT, sure)
    return NOTHING
