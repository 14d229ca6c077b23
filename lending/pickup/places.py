"""Finds the lockers and branches that a sentence names: by name, part of it, part of the address, or by its
sound."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

Fold = Callable[[str], str]
Sound = Callable[[str], str]

NAME, ADDRESS = 3.0, 1.0
"""Weight of a piece found in a name or alias, and in an address."""

CLOSE_TO_BEST = 0.75
LEAST_LATIN = 4
"""Letters that pinyin typed without spaces must have to count (“hudong”)."""

COMMON_SHARE, COMMON_LEAST = 0.3, 2
"""A piece that more than this share of the places have (and more than so many) names none of them."""

KIND_WORDS = {"locker": ("柜", "格口", "locker"), "branch": ("馆", "服务台", "branch")}
GENERAL = re.compile(
    r"自助借?还?书?柜|智能柜|取书柜|书柜|柜子|柜|图书分?馆|分馆|服务台|第[一二三四五六七八九十\d]+"
)
"""Words that say a kind of place, or which of a list, but name none."""


@dataclass(frozen=True, slots=True)
class Named:
    """A place as it can be spoken of."""

    id: str
    kind: str
    names: tuple[str, ...]
    address: str


class PlaceNames:
    """The names of all places, prepared once. `fold` evens out width, case and traditional characters;
    `sound`
    gives pinyin syllables parted by spaces (unchanged text where there is none)."""

    def __init__(self, places: Iterable[Named], fold: Fold, sound: Sound) -> None:
        self._fold, self._sound = fold, sound
        self._places = list(places)
        names = [[fold(name) for name in place.names] for place in self._places]
        self._whole = names
        self._names = [_pieces(_chunks(" ".join(each))) for each in names]
        self._addresses = [_pieces(_chunks(fold(place.address))) for place in self._places]
        self._sounds = [self._syllables(" ".join(each)) for each in names]
        self._latin = [[_letters(sound(name)) for name in each] for each in names]
        self._rarity = _rarity(
            [name | address for name, address in zip(self._names, self._addresses, strict=True)]
        )
        spoken = [self._syllables(fold(place.address)) for place in self._places]
        self._sound_rarity = _rarity([a | b for a, b in zip(self._sounds, spoken, strict=True)])

    def spot(self, text: str) -> list[str]:
        """Ids of the places that the text fits best, best first; [] when it names none.

        When it only says what kind of place (“去分馆拿”), every place of that kind.
        """
        folded = self._fold(text)
        kind = _kind_of(folded)
        mine = [at for at, place in enumerate(self._places) if kind in (None, place.kind)]
        others = [at for at in range(len(self._places)) if at not in mine]
        for group in (mine, others):
            found = self._whole_names(folded, group) or self._by_writing(folded, group)
            found = found or self._by_sound(folded, group)
            if found:
                return [self._places[at].id for at in found]
        return [self._places[at].id for at in mine] if kind else []

    def _whole_names(self, folded: str, group: Sequence[int]) -> list[int]:
        """Places of which a whole name stands in the text; the longest name wins."""
        found = [
            (len(name), at) for at in group for name in self._whole[at] if len(name) > 1 and name in folded
        ]
        longest = max((length for length, _ in found), default=0)
        return list(dict.fromkeys(at for length, at in found if length == longest))

    def _by_writing(self, folded: str, group: Sequence[int]) -> list[int]:
        pieces = _pieces(_chunks(folded))
        return _best(
            {
                at: NAME * _weight(pieces & self._names[at], self._rarity)
                + ADDRESS * _weight(pieces & self._addresses[at], self._rarity)
                for at in group
            }
        )

    def _by_sound(self, folded: str, group: Sequence[int]) -> list[int]:
        heard = self._syllables(folded)
        found = _best({at: _weight(heard & self._sounds[at], self._sound_rarity) for at in group})
        typed = _letters(letter for letter in folded if letter.isascii())
        if found or len(typed) < LEAST_LATIN:
            return found
        return [at for at in group if any(typed in latin for latin in self._latin[at])]

    def _syllables(self, folded: str) -> frozenset[str]:
        """Pairs of neighbouring syllables, never across a general word or a space."""
        spoken = [self._sound(chunk).split() for chunk in _chunks(folded)]
        return frozenset(f"{first} {second}" for one in spoken for first, second in pairwise(one))


def _chunks(text: str) -> list[str]:
    """What is left of a text between general words, spaces and punctuation."""
    plain = GENERAL.sub(" ", text)
    return "".join(letter if letter.isalnum() else " " for letter in plain).split()


def _pieces(chunks: Sequence[str]) -> frozenset[str]:
    """Pairs of neighbouring characters."""
    return frozenset(chunk[at : at + 2] for chunk in chunks for at in range(len(chunk) - 1))


def _letters(text: Iterable[str]) -> str:
    return "".join(letter for letter in text if letter.isalpha())


def _weight(pieces: Iterable[str], rarity: Mapping[str, float]) -> float:
    return sum(rarity.get(piece, 0.0) for piece in pieces)


def _best(scores: Mapping[int, float]) -> list[int]:
    """The best and those close to it, best first; nothing when nothing fits."""
    best = max(scores.values(), default=0.0)
    if best <= 0:
        return []
    close = [at for at, score in scores.items() if score >= best * CLOSE_TO_BEST]
    return sorted(close, key=lambda at: -scores[at])


def _rarity(groups: Sequence[frozenset[str]]) -> dict[str, float]:
    """How much a piece tells; nothing when many places have it."""
    most = max(COMMON_LEAST, COMMON_SHARE * len(groups))
    counts = Counter(piece for group in groups for piece in group)
    return {
        piece: math.log((len(groups) + 1) / (count + 0.5)) for piece, count in counts.items() if count <= most
    }


def _kind_of(folded: str) -> str | None:
    """Whether the text speaks of lockers or of branches; None when of neither or both."""
    spoken = [kind for kind, words in KIND_WORDS.items() if any(word in folded for word in words)]
    return spoken[0] if len(spoken) == 1 else None
