"""A message typed in letters: pinyin in whole words or initials, and titles in other scripts."""

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from integrations.search.tantivy_index.documents import Candidate
from integrations.search.tantivy_index.folding import HAN
from integrations.search.tantivy_index.verdict import NOTHING, Verdict
from integrations.search.tantivy_index.windows import Heard
from lending.ports import Match


def judge_letters(heard: Heard, candidate: Candidate) -> Verdict:
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
