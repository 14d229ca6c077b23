"""The judgement on one candidate."""

from dataclasses import dataclass

from lending.ports import Match


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement on one candidate."""

    score: float
    match: Match
    confidence: float
    plain: bool = False
    """So near and so long that words of another wish in it do not matter (钢铁是怎么炼成的)."""


NOTHING = Verdict(0.0, Match.NONE, 0.0)
