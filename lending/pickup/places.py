"""Finds the lockers and branches that a sentence names: by name, part of it, part of the address, or by its
sound."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

Fold = Callable[[str], str]
Sound = Callable[[str], str]

NAME, ADDRESS, SOUND = 3.0, 1.0, 0.6
"""Weight of a piece found in a name or alias, in an address; and how much less when only the sound fits."""

CLOSE_TO_BEST = 0.75
LEAST_LATIN = 4
"""Letters that pinyin typed without spaces must have to count (“hudong”)."""

KIND_WORDS = {"locker": ("柜", "格口", "柜子", "locker"), "branch": ("馆", "分馆", "服务台", "branch")}


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
        self._names = [_pieces(fold(" ".join(place.names))) for place in self._places]
        self._addresses = [_pieces(fold(place.address)) for place in self._places]
        self._sounds = [_syllables(sound(fold(" ".join(place.names)))) for place in self._places]
        self._latin = [[_joined(sound(fold(name))) for name in place.names] for place in self._places]
        self._rarity = _rarity([*self._names, *self._addresses], len(self._places))
        self._sound_rarity = _rarity(self._sounds, len(self._places))

    def spot(self, text: str) -> list[str]:
        """Ids of the places that the text fits best, best first; [] when it names none."""
        folded = self._fold(text)
        exact = self._whole_names(folded)
        if exact:
            return exact
        kind = _kind_of(folded)
        scores = {place.id: self._score(number, folded) for number, place in enumerate(self._places)}
        if kind and any(scores[place.id] > 0 for place in self._places if place.kind == kind):
            scores = {place.id: scores[place.id] for place in self._places if place.kind == kind}
        best = max(scores.values(), default=0.0)
        if best > 0:
            close = [place_id for place_id, score in scores.items() if score >= best * CLOSE_TO_BEST]
            return sorted(close, key=lambda place_id: -scores[place_id])
        return [place.id for place in self._places if place.kind == kind]

    def _whole_names(self, folded: str) -> list[str]:
        """Places of which a whole name stands in the text; the longest name wins."""
        found = [
            (len(name), place.id)
            for place in self._places
            for name in map(self._fold, place.names)
            if len(name) > 1 and name in folded
        ]
        longest = max((length for length, _ in found), default=0)
        return list(dict.fromkeys(place_id for length, place_id in found if length == longest))

    def _score(self, number: int, folded: str) -> float:
        pieces = _pieces(folded)
        name = sum(self._rarity.get(piece, 0.0) for piece in pieces & self._names[number]) * NAME
        address = sum(self._rarity.get(piece, 0.0) for piece in pieces & self._addresses[number]) * ADDRESS
        return max(name + address, self._sounding(number, folded))

    def _sounding(self, number: int, folded: str) -> float:
        heard = _syllables(self._sound(folded)) & self._sounds[number]
        score = sum(self._sound_rarity.get(piece, 0.0) for piece in heard) * NAME * SOUND
        typed = "".join(letter for letter in folded if letter.isascii() and letter.isalpha())
        if len(typed) >= LEAST_LATIN and any(typed in latin for latin in self._latin[number]):
            score = max(score, NAME * SOUND)
        return score


def _pieces(text: str) -> frozenset[str]:
    """Pairs of neighbouring characters, punctuation and spaces left out of account."""
    words = "".join(letter if letter.isalnum() else " " for letter in text).split()
    return frozenset(word[at : at + 2] for word in words for at in range(len(word) - 1))


def _syllables(sound: str) -> frozenset[str]:
    """Pairs of neighbouring syllables."""
    spoken = sound.split()
    return frozenset(f"{first} {second}" for first, second in pairwise(spoken))


def _joined(sound: str) -> str:
    return "".join(letter for letter in sound if letter.isalpha())


def _rarity(pieces: Sequence[frozenset[str]], places: int) -> dict[str, float]:
    """How much a piece tells: nothing when most places have it."""
    counts = Counter(piece for group in pieces for piece in group)
    return {piece: max(0.0, math.log((places + 1) / (count + 0.5))) for piece, count in counts.items()}


def _kind_of(folded: str) -> str | None:
    """Whether the text speaks of lockers or of branches; None when of neither or both."""
    spoken = [kind for kind, words in KIND_WORDS.items() if any(word in folded for word in words)]
    return spoken[0] if len(spoken) == 1 else None
