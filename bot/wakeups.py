"""Long polls: who waits for which conversation, and waking them."""

import asyncio
from collections import defaultdict
from collections.abc import Callable

POLLS_AT_ONCE = 4
"""Waiting polls of one conversation; one more ends the oldest."""


class Wakeups:
    """In-process bells. Writes of other processes are noticed by the sweep, which rings here too.

    `listeners` hear of every conversation that was written to, whoever waits for it.
    """

    def __init__(self, at_once: int = POLLS_AT_ONCE) -> None:
        self._at_once = at_once
        self._waiting: dict[str, list[asyncio.Event]] = defaultdict(list)
        self.listeners: list[Callable[[str], None]] = []

    def __len__(self) -> int:
        return sum(len(bells) for bells in self._waiting.values())

    def enter(self, conversation_id: str) -> asyncio.Event:
        """A bell for one poll; pass it to `leave`. The oldest poll over the bound is rung and ends."""
        bells = self._waiting[conversation_id]
        bell = asyncio.Event()
        bells.append(bell)
        if len(bells) > self._at_once:
            bells.pop(0).set()
        return bell

    def leave(self, conversation_id: str, bell: asyncio.Event) -> None:
        """The poll is over."""
        bells = self._waiting.get(conversation_id, [])
        if bell in bells:
            bells.remove(bell)
        if not bells:
            self._waiting.pop(conversation_id, None)

    def ended(self, conversation_id: str, bell: asyncio.Event) -> bool:
        """Whether newer polls have taken this one's place."""
        return bell not in self._waiting.get(conversation_id, ())

    def wake(self, conversation_id: str) -> None:
        """Something was written to this conversation."""
        for listener in self.listeners:
            listener(conversation_id)
        for bell in self._waiting.get(conversation_id, ()):
            bell.set()

    def wake_all(self) -> None:
        """The server goes down: nobody waits any longer."""
        for bells in self._waiting.values():
            for bell in bells:
                bell.set()
