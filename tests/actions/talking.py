"""One conversation with the actions, as Rasa leads it: a tracker goes in, responses and events come out.

Which action answers which message is the rules' business (tests/conversations); here a test says the action.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.types import ActionCall
from sqlalchemy import text

from app.actions_server import executor
from app.settings import ROOT
from lending.library import Library
from lending.orders.model import OrderView
from lending.orders.states import LineState, OrderState
from lending.readers.model import Reader
from lending.storage import promises
from lending.storage.base import Database, metadata
from tests.fakes.clock import FakeClock

PIN = "1234"
"""Of every card of the demo library."""

CONVERSATION = "web-1"
OTHER = "web-2"

NEVER_WRITTEN = frozenset({"titles", "done_once"})
"""Left out of `unchanged`: tables that no reader's wish can change, and the journal of answers."""


@cache
def domain() -> dict[str, Any]:
    """The domain of every feature, put together as Rasa does."""
    whole: dict[str, Any] = {"intents": [], "actions": [], "responses": {}, "slots": {}, "forms": {}}
    for file in sorted((ROOT / "domain").glob("*.yml")):
        part = yaml.safe_load(file.read_text(encoding="utf-8"))
        for name, value in whole.items():
            given = part.get(name) or type(value)()
            value.extend(given) if isinstance(value, list) else value.update(given)
    return whole


@cache
def actions() -> ActionExecutor:
    """Every action, registered as the action server registers it."""
    return executor()


@dataclass(frozen=True)
class Turn:
    """What one action answered. `said`: names of the responses, in order. `followup`: the next action."""

    messages: Sequence[Mapping[str, Any]]
    events: Sequence[Mapping[str, Any]]
    slots: Mapping[str, Any]

    @property
    def said(self) -> list[str]:
        return [str(message["response"]) for message in self.messages]

    @property
    def followup(self) -> str | None:
        return next((event["name"] for event in self.events if event["event"] == "followup"), None)

    @property
    def awaiting(self) -> str | None:
        """The question left open."""
        value = self.slots.get("awaiting")
        return None if value is None else str(value)

    @property
    def about(self) -> Any:
        """What the open question is about."""
        return self.slots.get("about")

    @property
    def slots_set(self) -> dict[str, Any]:
        """Slots that this action set, by their last value."""
        return {event["name"]: event["value"] for event in self.events if event["event"] == "slot"}

    def message(self, response: str) -> Mapping[str, Any]:
        """The message said with this response."""
        return next(message for message in self.messages if message["response"] == response)

    def data(self, response: str) -> Mapping[str, Any]:
        """The data that a channel draws it from."""
        found: Mapping[str, Any] = self.message(response)["custom"]["data"]
        return found

    def choices(self, response: str) -> list[str]:
        """Payloads of the choices made from data."""
        return [one["payload"] for one in self.message(response)["custom"].get("choices", [])]


@dataclass
class Conversation:
    """A conversation that keeps its slots from turn to turn."""

    library: Library
    clock: FakeClock
    id: str = CONVERSATION
    slots: dict[str, Any] = field(default_factory=dict)
    form: str | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0

    def bind(self, card: str) -> Reader:
        """Bind a card of the demo, as the one-time form does."""
        return self.library.readers.verify_and_bind(self.id, card, PIN)

    def do(
        self,
        action: str,
        words: str = "",
        /,
        *,
        intent: str = "",
        confidence: float = 1.0,
        ranking: Sequence[str] = (),
        message_id: str = "",
        again: bool = False,
        **entities: Any,
    ) -> Turn:
        """Run an action on a message: words, or a pressed choice when there are entities only.

        The same message_id is the same message, `again` says that it is handled once more.
        """
        self.count += 1
        named = {"name": intent, "confidence": confidence}
        message: dict[str, Any] = {
            "text": words or f"/{intent or 'pressed'}",
            "intent": named,
            "intent_ranking": [named, *({"name": name, "confidence": 0.1} for name in ranking)],
            "entities": [{"entity": name, "value": str(value)} for name, value in entities.items()],
            "metadata": {"message_id": message_id or f"m:{self.count}"} | ({"again": True} if again else {}),
        }
        return self.run(action, message)

    def run(self, action: str, message: Mapping[str, Any]) -> Turn:
        """Run an action on a message given whole."""
        call: ActionCall = {
            "next_action": action,
            "sender_id": self.id,
            "version": "3.6.21",
            "domain": domain(),
            "tracker": self._tracker(message),
        }
        answer = asyncio.run(actions().run(call))
        assert answer is not None
        turn = Turn(answer.responses, answer.events, self._after(answer.events))
        for name in turn.said:
            assert name in domain()["responses"] or name == "None", f"{name} is no response of the domain"
        return turn

    def _tracker(self, message: Mapping[str, Any]) -> Any:
        return {
            "sender_id": self.id,
            "slots": {name: self.slots.get(name) for name in domain()["slots"]} | self.slots,
            "latest_message": dict(message),
            "events": self.history,
            "paused": False,
            "followup_action": None,
            "active_loop": {"name": self.form} if self.form else {},
            "latest_action_name": "action_listen",
        }

    def _after(self, events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        for event in events:
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
            if event["event"] == "active_loop":
                self.form = event["name"]
        return dict(self.slots)

    # --- what the world looks like --------------------------------------------------------------------------

    def title_id(self, title: str) -> int:
        """The demo's first title of exactly this name."""
        hits = self.library.catalogue.search(title, page_size=20).hits
        return min(hit.title.id for hit in hits if hit.title.title == title)

    def basket(self) -> list[str]:
        """Titles in the basket."""
        return [line.title for line in self.library.baskets.get(self.id).lines]

    def fill(self, *titles: str, point: str = "") -> str:
        """Put titles into the basket (and choose a locker); the basket's nonce."""
        for title in titles:
            self.library.baskets.add(self.id, self.title_id(title))
        if point:
            self.library.baskets.choose_pickup(self.id, "locker", point)
        return self.library.baskets.get(self.id).nonce

    def order(self, reader: Reader, *titles: str, point: str = "hudong") -> OrderView:
        """An order placed for a locker."""
        nonce = self.fill(*titles, point=point)
        return self.library.orders.place(self.id, reader, nonce).order

    def advance(self, number: str, goal: OrderState) -> OrderView:
        """Staff and courier bring an order up to this state."""
        work = self.library.fulfilment
        while (order := work.get(number)).state is not goal:
            match order.state:
                case OrderState.PLACED:
                    work.receive(number)
                case OrderState.PICKING if wanted := _wanted(order):
                    work.found(number, wanted[0])
                case OrderState.PICKING:
                    work.pack(number)
                case OrderState.PACKED:
                    work.dispatch(number)
                case OrderState.IN_TRANSIT:
                    work.arrived(number)
                case OrderState.AVAILABLE if order.pickup_point and order.pickup_code:
                    work.collect(order.pickup_point.id, order.pickup_code)
                case state:
                    raise AssertionError(f"nothing leads from {state} to {goal}")
        return order

    def lend_out(self, title: str) -> int:
        """Every copy of a title goes to another reader; the title's id."""
        title_id = self.title_id(title)
        reader = self.library.readers.register.by_card("D0009")
        assert reader is not None
        with self.library.database.begin() as conn:
            for candidate in promises.candidates(conn, title_id):
                self.library.loans.start(conn, reader.id, candidate.copy_id, None, self.clock.now())
        return title_id

    @contextmanager
    def unchanged(self, *but: str) -> Iterator[None]:
        """What happens inside leaves every row of every table as it was (but these tables)."""
        before = rows(self.library.database, but)
        yield
        after = rows(self.library.database, but)
        changed = [name for name in before if before[name] != after[name]]
        assert not changed, f"changed: {', '.join(changed)}"


def _wanted(order: OrderView) -> list[int]:
    return [line.id for line in order.lines if line.state is LineState.REQUESTED]


def rows(database: Database, but: Sequence[str] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that a reader's wish may change."""
    tables = [table.name for table in metadata.sorted_tables if table.name not in NEVER_WRITTEN]
    with database.read() as conn:
        return {
            name: sorted((tuple(row) for row in conn.execute(text(f'SELECT * FROM "{name}"'))), key=repr)
            for name in tables
            if name not in but
        }


def spoken(words: str, intent: str = "", sure: float = 1.0) -> dict[str, Any]:
    """A message in the reader's words."""
    return {"text": words, "intent": {"name": intent, "confidence": sure}, "entities": []}
