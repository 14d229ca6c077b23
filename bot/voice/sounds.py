"""How far apart two syllables sound, 0 (alike) to 1, with the mistakes of accents and recognisers cheap.

The measure: initials by how often they are taken for each other (z/zh, n/l, f/h …), finals by medial, vowel
and ending (in/ing, an/ang nearly alike). Tones count for nothing: pinyin comes without them.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache

_SYLLABLE = re.compile(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw]?)([a-zv]*)")
_CLOSE_INITIALS: tuple[tuple[float, str], ...] = (
    (0.05, "z-zh c-ch s-sh"),
    (0.10, "n-l f-h"),
    (0.15, "r-l j-q zh-ch z-c b-p d-t g-k j-zh q-ch x-sh x-s j-z q-c zh-c z-ch r-y r-n h- h-k"),
    (
        0.20,
        "s-c sh-ch x-q m-n l-y n-y w-h w-f g-h j-y x-h d-zh t-c d-z r-sh r-zh b-d p-t d-g t-k g- k- w- y-",
    ),
)
_INITIAL_APART = 0.45
_NUCLEI: tuple[tuple[float, str], ...] = (
    (0.08, "i-v e-o"),
    (0.15, "a-e a-o u-o i-e u-v"),
    (0.22, "e-u i-ii ii-e"),
)
_NUCLEUS_APART = 0.35
_MEDIAL_APART, _CODA_APART, _NASAL_DROPPED = 0.12, 0.18, 0.14
_FULL = {
    "iu": "iou",
    "ui": "uei",
    "un": "uen",
    "ong": "uong",
    "iong": "vong",
    "in": "ien",
    "ing": "ieng",
    "vn": "ven",
    "ue": "ve",
    "io": "o",
}
MISSING = 0.6
"""What a syllable too many or too few costs."""


@lru_cache(maxsize=200_000)
def apart(one: str, other: str) -> float:
    """Between two syllables of plain pinyin (ü as v), or two other characters."""
    if one == other:
        return 0.0
    left, right = _taken_apart(one), _taken_apart(other)
    if left is None or right is None:
        return 1.0
    initial = 0.0 if left[0] == right[0] else _initials().get(frozenset((left[0], right[0])), _INITIAL_APART)
    return min(1.0, initial + _finals_apart(left[1:], right[1:]))


def within(chunk: Sequence[str], text: Sequence[str], start: int, most: float) -> list[tuple[int, float]]:
    """Where in the text a chunk that begins at `start` may end, and how far apart the two are then.

    Only ends with a distance of at most `most`; the chunk may be up to one syllable longer or shorter
    (two from five syllables on).
    """
    slack = 2 if len(chunk) > 4 else 1 if len(chunk) > 2 else 0
    width = min(len(chunk) + slack, len(text) - start)
    row = [MISSING * at for at in range(width + 1)]
    for syllable in chunk:
        before, row[0] = row[0], row[0] + MISSING
        best = row[0]
        for at in range(1, width + 1):
            cost = min(
                before + apart(syllable, text[start + at - 1]), row[at] + MISSING, row[at - 1] + MISSING
            )
            before, row[at] = row[at], cost
            best = min(best, cost)
        if best > most:
            return []
    shortest = max(1, len(chunk) - slack)
    return [(start + at, row[at]) for at in range(shortest, width + 1) if row[at] <= most]


def whole(one: Sequence[str], other: Sequence[str], most: float = 99.0) -> float:
    """Between two whole sentences; infinite when more than `most`."""
    if abs(len(one) - len(other)) * MISSING > most:
        return float("inf")
    row = [MISSING * at for at in range(len(other) + 1)]
    for syllable in one:
        before, row[0] = row[0], row[0] + MISSING
        for at, its in enumerate(other, 1):
            cost = min(before + apart(syllable, its), row[at] + MISSING, row[at - 1] + MISSING)
            before, row[at] = row[at], cost
        if min(row) > most:
            return float("inf")
    return row[-1]


@cache
def _taken_apart(syllable: str) -> tuple[str, str, str, str] | None:
    """Initial, medial, vowel, ending: “zhuang” → zh u a ng. None for what is no syllable."""
    found = _SYLLABLE.fullmatch(syllable)
    if found is None or not found[2]:
        return None
    initial, final = found.groups()
    if initial in {"j", "q", "x", "y"} and final.startswith("u"):
        final = "v" + final[1:]
    if initial == "y":
        initial, final = "y", final if final[0] in "iv" else "i" + final
    elif initial == "w":
        initial, final = "w", final if final[0] == "u" else "u" + final
    if final == "i" and initial in {"z", "c", "s", "zh", "ch", "sh", "r"}:
        return initial, "", "ii", ""
    final = _FULL.get(final, final)
    coda = next((end for end in ("ng", "n", "r") if final.endswith(end) and final != end), "")
    body = final.removesuffix(coda)
    medial = body[0] if len(body) > 1 and body[0] in "iuv" else ""
    vowel = body.removeprefix(medial)
    return initial, medial, vowel[0], coda or vowel[1:]


def _finals_apart(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    medial = 0.0 if one[0] == other[0] else _MEDIAL_APART
    vowel = 0.0 if one[1] == other[1] else _nuclei().get(frozenset((one[1], other[1])), _NUCLEUS_APART)
    return medial + vowel + _codas_apart(one[2], other[2])


def _codas_apart(one: str, other: str) -> float:
    if one == other:
        return 0.0
    if {one, other} == {"n", "ng"}:
        return 0.03
    return _NASAL_DROPPED if "" in {one, other} else _CODA_APART


@cache
def _initials() -> dict[frozenset[str], float]:
    return _pairs(_CLOSE_INITIALS)


@cache
def _nuclei() -> dict[frozenset[str], float]:
    return _pairs(_NUCLEI)


def _pairs(table: tuple[tuple[float, str], ...]) -> dict[frozenset[str], float]:
    return {frozenset(pair.split("-")): cost for cost, pairs in reversed(table) for pair in pairs.split()}
