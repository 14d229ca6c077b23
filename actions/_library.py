"""The library that the actions work with; the process that serves them sets it once at start."""

from lending.library import Library

_current: list[Library] = []


def use(library: Library) -> None:
    """Give every action this library (the last call wins, so that tests can give another)."""
    _current[:] = [library]


def library() -> Library:
    """The library given by `use`; RuntimeError when a process forgot to give one."""
    if not _current:
        raise RuntimeError("actions were started without a library: call actions.use(library) first")
    return _current[0]
