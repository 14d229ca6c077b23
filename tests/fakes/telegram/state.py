"""What the fake remembers: chats, updates not yet acknowledged, files, calls, faults."""

import itertools
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.telegram.chats import Chat, Shown
from tests.fakes.telegram.rules import Rates

TOKEN = "4242:AAfake-token_for-tests"
USERNAME = "shudi_test_bot"


@dataclass(frozen=True)
class Call:
    """One call of the API."""

    method: str
    fields: dict[str, Any]
    status: int
    at: float


@dataclass
class Fault:
    """The next `times` calls of a method answer this; status 0 drops the connection.

    after: the call is carried out and its answer is lost.
    """

    method: str
    status: int
    retry_after: int | None = None
    words: str = ""
    times: int = 1
    after: bool = False
    chat: int | None = None


@dataclass
class Update:
    """One update until it is acknowledged. `lane`: updates of one lane reach a webhook one at a time."""

    id: int
    body: dict[str, Any]
    lane: str
    at: float


@dataclass
class Press:
    """A callback query."""

    at: float
    chat: int
    answered: dict[str, Any] | None = None


@dataclass
class State:
    """Everything; outlives the server, so that a test can restart it. Use under `lock` from other threads."""

    strict: bool = True
    closing: bool = False
    query_seconds: float = 15.0
    rates: Rates = field(default_factory=Rates)
    chats: dict[int, Chat] = field(default_factory=dict)
    updates: list[Update] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    presses: dict[str, Press] = field(default_factory=dict)
    commands: list[dict[str, str]] = field(default_factory=list)
    webhook: dict[str, Any] = field(default_factory=dict)
    posts: list[tuple[int, int]] = field(default_factory=list)
    """What the webhook answered: (update_id, status); 0 is no answer at all."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    changed: Callable[[], None] = lambda: None
    _update_ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(700_000_000))
    _message_ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _chat_ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1001))

    def reader(self, name: str = "王") -> Chat:
        """A new reader's private chat; the bot can't write before the reader did."""
        return self._chat(next(self._chat_ids), "private", name)

    def group(self, name: str = "读书会", kind: str = "supergroup") -> Chat:
        """A group the bot is a member of."""
        return self._chat(-1_000_000_000_000 - next(self._chat_ids), kind, name)

    def chat(self, chat_id: int) -> Chat:
        """A chat by id, made when there is none."""
        kind = "private" if chat_id > 0 else "supergroup"
        return self.chats.get(chat_id) or self._chat(chat_id, kind, "王")

    def _chat(self, chat_id: int, kind: str, name: str) -> Chat:
        with self.lock:
            chat = self.chats[chat_id] = Chat(self, chat_id, kind, name)
        return chat

    def post(self, kind: str, body: dict[str, Any], lane: str) -> int:
        """A new update; its id."""
        with self.lock:
            update_id = next(self._update_ids)
            self.updates.append(Update(update_id, {"update_id": update_id, kind: body}, lane, time.time()))
        self.changed()
        return update_id

    def again(self, update_id: int, body: dict[str, Any]) -> None:
        """Post an update as it is, for instance one that was acknowledged before."""
        with self.lock:
            self.updates.append(Update(update_id, {**body, "update_id": update_id}, "again", time.time()))
        self.changed()

    def skip_updates(self, to: int) -> None:
        """As after a week of silence: ids go on somewhere else, also lower."""
        self._update_ids = itertools.count(to)

    def next_message(self) -> int:
        return next(self._message_ids)

    def keep_file(self, data: bytes) -> str:
        file_id = f"file-{secrets.token_hex(8)}"
        self.files[file_id] = data
        return file_id

    def press(self, chat: Chat, shown: Shown | None, data: str, user: dict[str, Any]) -> str:
        """A callback query, in a lane of its own."""
        query_id = str(secrets.randbits(62))
        self.presses[query_id] = Press(time.monotonic(), chat.id)
        bot = {"id": int(TOKEN.split(":")[0]), "is_bot": True, "first_name": "Shudi", "username": USERNAME}
        message: dict[str, Any] = {"message_id": 0, "date": 0, "chat": chat.as_json()}
        if shown is not None:
            message |= {
                "message_id": shown.message_id,
                "date": int(shown.at),
                "text": shown.text,
                "from": bot,
            }
        query = {
            "id": query_id,
            "from": user,
            "chat_instance": str(chat.id),
            "data": data,
            "message": message,
        }
        self.post("callback_query", query, f"press{user['id']}")
        return query_id

    def fail(self, method: str, status: int, **more: Any) -> None:
        """Let the next calls of a method fail (`Fault`)."""
        with self.lock:
            self.faults.append(Fault(method, status, **more))

    def fault(self, method: str, chat: int | None) -> Fault | None:
        """The fault this call meets, used up."""
        for fault in self.faults:
            if fault.method in (method, "*") and fault.chat in (None, chat):
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None

    def acknowledge(self, offset: int) -> None:
        """Forget the updates before this one."""
        self.updates = [update for update in self.updates if update.id >= offset]

    def called(self, method: str) -> list[Call]:
        """The calls of one method, oldest first."""
        with self.lock:
            return [call for call in self.calls if call.method == method]

    def locked(self, work: Callable[[], Any]) -> Any:
        with self.lock:
            return work()
