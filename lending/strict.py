"""Reads a table (from TOML) into typed frozen dataclasses, and says in one sentence what does not fit.

Nothing is guessed: an unknown key, a missing key, a wrong type, a figure out of range are all refused,
because a number that silently falls back to a default is a promise to readers that nobody made.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import time
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

Made = TypeVar("Made")


class MisfitError(ValueError):
    """A value that does not fit: `key` is its dotted path, `wanted` what should stand there."""

    def __init__(self, key: str, wanted: str) -> None:
        super().__init__(f"{key} {wanted}")
        self.key = key
        self.wanted = wanted


@dataclass(frozen=True, slots=True)
class Within:
    """`Annotated[int, Within(1, 50)]`: a number, or each number of a list, from least to most."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class ReadBy:
    """`Annotated[Thing, ReadBy(Thing.parse)]`: made from text; what its ValueError says is told."""

    reader: Callable[[str], Any]


Mark = Within | ReadBy | None


def build(kind: type[Made], table: Any, path: str = "") -> Made:
    """An instance of dataclass `kind` from a table. MisfitError tells the first misfit."""
    if not isinstance(table, Mapping):
        raise MisfitError(path, "must be a table")
    hints = get_type_hints(kind, include_extras=True)
    _no_strangers(table, hints, path)
    values = {}
    for spec in fields(kind):  # type: ignore[arg-type]
        hint, mark = _taken_apart(hints[spec.name])
        if spec.name in table:
            values[spec.name] = _value(hint, table[spec.name], _join(path, spec.name), mark)
        elif spec.default is MISSING:
            raise MisfitError(_join(path, spec.name), f"is missing; it must be {_words(hint, mark)}")
    return kind(**values)


def _taken_apart(hint: Any) -> tuple[Any, Mark]:
    if get_origin(hint) is Annotated:
        plain, mark = get_args(hint)
        return plain, mark
    return hint, None


def _no_strangers(table: Mapping[str, Any], known: Iterable[str], path: str) -> None:
    for name in table:
        if name not in known:
            raise MisfitError(_join(path, name), f"is unknown; known here: {', '.join(sorted(known))}")


def _value(hint: Any, value: Any, key: str, mark: Mark) -> Any:
    if isinstance(mark, ReadBy):
        return _read(mark.reader, value, key)
    if is_dataclass(hint):
        return build(hint, value, key)  # type: ignore[arg-type]
    origin = get_origin(hint)
    if origin is tuple:
        return _sequence(get_args(hint)[0], value, key, mark)
    if origin is Mapping:
        kinds, item = get_args(hint)
        return _by_kind(kinds, item, value, key)
    return _scalar(hint, value, key, mark)


def _sequence(item: Any, value: Any, key: str, mark: Mark) -> tuple[Any, ...]:
    if not isinstance(value, list) or not value:
        raise MisfitError(key, f"must be a list, each {_words(item, mark)}")
    return tuple(_value(item, one, f"{key}[{number}]", mark) for number, one in enumerate(value))


def _by_kind(kinds: type[StrEnum], item: Any, value: Any, key: str) -> Mapping[Any, Any]:
    """A table with one entry for each member of an enum, no more and no less."""
    if not isinstance(value, Mapping):
        raise MisfitError(key, "must be a table")
    _no_strangers(value, [str(member) for member in kinds], key)
    for member in kinds:
        if str(member) not in value:
            raise MisfitError(f"{key}.{member}", "is missing; every kind needs its own table")
    return MappingProxyType({member: build(item, value[str(member)], f"{key}.{member}") for member in kinds})


def _scalar(hint: Any, value: Any, key: str, mark: Mark) -> Any:
    if hint is time:
        return _time(value, key)
    if hint is float and type(value) is int:
        value = float(value)
    if type(value) is not hint or not _in_range(value, mark) or value == "":
        raise MisfitError(key, f"must be {_words(hint, mark)}, not {_told(value)}")
    return value


def _time(value: Any, key: str) -> time:
    try:
        return time.fromisoformat(value)
    except (TypeError, ValueError):
        raise MisfitError(key, f'must be a time of day such as "09:00", not {_told(value)}') from None


def _read(reader: Callable[[str], Any], value: Any, key: str) -> Any:
    if not isinstance(value, str):
        raise MisfitError(key, f"must be text, not {_told(value)}")
    try:
        return reader(value)
    except ValueError as misfit:
        raise MisfitError(key, f"does not fit: {misfit}") from None


def _in_range(value: Any, mark: Mark) -> bool:
    return not isinstance(mark, Within) or mark.least <= value <= mark.most


_WORDS = {bool: "true or false", int: "a whole number", float: "a number", time: "a time of day"}


def _words(hint: Any, mark: Mark) -> str:
    if is_dataclass(hint):
        return "text" if isinstance(mark, ReadBy) else "a table"
    if get_origin(hint) is tuple:
        return "a list"
    words = _WORDS.get(hint, "text")
    return f"{words} from {mark.least} to {mark.most}" if isinstance(mark, Within) else words


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
