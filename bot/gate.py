"""What a push channel gets: the way in for messages, the way out for answers it hands over itself."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.channels.base import Delivery
from bot.deps import BotDeps
from bot.inbound import Inbound
from bot.metrics import Metrics
from bot.store.turns import Turns
from bot.telling import Teller
from bot.threads import Threads


class Gate:
    """One channel's gate. Conversation ids are ours; `user` is the platform's name of the reader."""

    deps: BotDeps
    threads: Threads
    teller: Teller
    turns: Turns
    metrics: Metrics

    async def open(
        self,
        user: str,
        address: str,
        facts: Mapping[str, Any] | None = None,
        source: str | None = None,
    ) -> str:
        """The conversation of this user, made when there is none, and reachable again.

        facts: merged into what is known. source: where a new reader came from (kept from the first time).
        """
        raise NotImplementedError

    async def find(self, user: str) -> str | None:
        """The conversation of this user, if there is one."""
        raise NotImplementedError

    async def take(self, inbound: Inbound) -> None:
        """Returns when the message is written down, so that the platform may be told; answered behind it."""
        raise NotImplementedError

    async def answered(self, inbound: Inbound, seconds: float) -> bool:
        """`take`, then wait, at most so long, until it is answered or “it takes a moment” was written.

        False: nothing yet. The same message again waits for the same answer and does nothing twice.
        """
        raise NotImplementedError

    async def collect(self, conversation_id: str, message_id: str) -> list[Delivery]:
        """Everything that waits for this reader, oldest first, kept from being pushed for 10 seconds.

        `message_id` is what the passive answer answers: asked again for it (the platform's retry), the same
        deliveries come again, whether or not they were settled.
        """
        raise NotImplementedError

    async def settle(self, deliveries: Sequence[Delivery], proof: str) -> None:
        """These were handed over."""
        raise NotImplementedError

    async def unreachable(self, conversation_id: str, reason: str) -> None:
        """The reader left or blocked us: deliveries and notices stop, kept, until `open`."""
        raise NotImplementedError

    async def facts(self, conversation_id: str, **changes: Any) -> None:
        """Change the channel's own facts about this reader; None takes one away."""
        raise NotImplementedError
