"""What the channel says by itself: written into the talk once, with choices that numbers answer."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from bot.deps import BotDeps
from bot.forms.links import FormLinks
from bot.replies import Choice, Reply
from bot.store import talk
from bot.store.letters import Letters
from bot.store.tables import conversations, deliveries, messages


@dataclass
class OwnWords:
    """Transactions of the channel's own. `grace`: seconds a reply waits for the passive answer."""

    deps: BotDeps
    grace: float
    letters: Letters = field(init=False)
    links: FormLinks = field(init=False)

    def __post_init__(self) -> None:
        settings = self.deps.settings
        self.letters = Letters(self.deps.vault)
        self.links = FormLinks(settings.secret_key, settings.public_url, self.deps.clock)

    def tell(self, conversation_id: str, key: str, shown: str, reply: Reply) -> bool:
        """Write what the reader did and our reply to it; False when that was done before.

        While a person has the conversation, they see what the reader did and we say nothing.
        """
        now = self.deps.clock.now()
        with self.deps.database.begin() as conn:
            row = talk.lock(conn, conversation_id)
            if talk.known(conn, key):
                return False
            did = self.letters.seal({"text": shown})
            talk.append(conn, conversation_id, "reader", did, now, key=key)
            if row.human_since is None:
                self._say(conn, conversation_id, reply)
            return True

    def _say(self, conn: Connection, conversation_id: str, reply: Reply) -> None:
        now = self.deps.clock.now()
        due = now + timedelta(seconds=self.grace)
        talk.append(
            conn, conversation_id, "library", self.letters.seal(reply.to_json()), now, later=True, due=due
        )
        if reply.choices:
            listed = [{**choice.to_json(), "words": choice.words} for choice in reply.choices]
            who = conversations.c.id == conversation_id
            conn.execute(update(conversations).where(who).values(choices=listed))

    def bind_link(self, conversation_id: str) -> dict[str, Any]:
        """A one-time address for binding a card, as facts of a sentence."""
        link, expires_at = self.links.make(conversation_id, "bind_card")
        return {"link": link, "expires_at": expires_at}

    def chosen(self, conversation_id: str, menu_id: str) -> Choice | None:
        """The choice that a tapped menu line stands for, however old the menu is."""
        delivery, _, place = menu_id.partition(".")
        if not (delivery.isdigit() and place.isdigit() and len(delivery) <= 15 and len(place) <= 3):
            return None
        query = (
            select(messages.c.body)
            .join(deliveries, deliveries.c.message_id == messages.c.id)
            .where(deliveries.c.id == int(delivery), deliveries.c.conversation_id == conversation_id)
        )
        with self.deps.database.read() as conn:
            row = conn.execute(query).first()
        choices = self.letters.reply(row).choices if row is not None else ()
        return choices[int(place) - 1] if 0 < int(place) <= len(choices) else None
