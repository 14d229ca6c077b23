"""The way to the dialogue: a client of Rasa's REST channel."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import httpx

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 60.0
"""A slow action may take its time: the reader is told long before that it takes a moment."""


_OF_THE_SESSION = ("session_started_metadata", "requested_slot")
_SESSION_BEGINS = ({"event": "action", "name": "action_session_start"}, {"event": "session_started"})


class DialogueDown(Exception):
    """The dialogue did not answer. `sent` says whether it may have heard the message."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


class Dialogue(Protocol):
    """Understands and acts. Raises `DialogueDown`."""

    async def say(
        self, conversation_id: str, text: str, metadata: Mapping[str, Any]
    ) -> Sequence[Mapping[str, Any]]:
        """Hand over one message; what the dialogue says to it, as Rasa's REST channel tells it."""
        ...

    async def recall(self, conversation_id: str, message_id: str) -> Sequence[Mapping[str, Any]]:
        """What the dialogue said to a message that it may have heard before a crash; nothing when it must be
        handed over (again). A turn that was heard and left unanswered is taken back first."""
        ...

    async def parse(self, text: str) -> Mapping[str, Any]:
        """What a sentence means, without acting on it: {"intent": {"name", "confidence"}, …}."""
        ...

    async def rest(self, conversation_id: str) -> bool:
        """Begin a new session: a turn costs the same after a year. False when not now (a form is open)."""
        ...

    async def ping(self) -> None:
        """Raise `DialogueDown` when it does not answer."""
        ...

    async def close(self) -> None: ...


class RasaDialogue:
    """Rasa Open Source over its REST channel. One HTTP client for all (making one costs 16 ms).

    Only a message that was never sent is sent again (once): a lost answer may have been acted upon.
    """

    def __init__(self, base_url: str, *, connections: int = 64) -> None:
        self._client = httpx.AsyncClient(
            base_url=base_url.rstrip("/"),
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            trust_env=False,
        )

    async def say(
        self, conversation_id: str, text: str, metadata: Mapping[str, Any]
    ) -> Sequence[Mapping[str, Any]]:
        body = {"sender": conversation_id, "message": text, "metadata": dict(metadata)}
        answer = await self._post(json.dumps(body, ensure_ascii=False).encode())
        if answer.status_code != httpx.codes.OK:
            raise DialogueDown(f"status {answer.status_code}", sent=True)
        try:
            parts = answer.json()
        except ValueError:
            raise DialogueDown("answer is not JSON", sent=True) from None
        return [part for part in parts if isinstance(part, Mapping)] if isinstance(parts, list) else []

    async def recall(self, conversation_id: str, message_id: str) -> Sequence[Mapping[str, Any]]:
        """Rasa keeps its tracker at the end of a turn: a message that stands there was acted upon.

        `rewind` takes back an unanswered one, with the slots it set, as if it had not been heard.
        """
        path = f"/conversations/{conversation_id}/tracker"
        await self._turn_over(path)
        found = await self._look(path)
        if found.status_code != httpx.codes.OK:
            raise DialogueDown(f"status {found.status_code}", sent=False)
        turn = _last_turn(found.json().get("events") or (), message_id)
        said = [part for event in turn or () for part in _parts(event)]
        if turn is not None and not said:
            await self._append(conversation_id, [{"event": "rewind"}])
        return said

    async def parse(self, text: str) -> Mapping[str, Any]:
        """By `/model/parse`, which knows nothing of the catalogue's hint."""
        try:
            answer = await self._client.post("/model/parse", json={"text": text})
        except httpx.HTTPError as error:
            raise DialogueDown(type(error).__name__, sent=False) from error
        if answer.status_code != httpx.codes.OK:
            raise DialogueDown(f"status {answer.status_code}", sent=False)
        parsed = answer.json()
        return parsed if isinstance(parsed, Mapping) else {}

    async def rest(self, conversation_id: str) -> bool:
        """Slots carry over by their last values, so an open question stays open.

        Rasa's own session start (and `/session_start`) repeats every slot event of the session before, and
        of those before that: each session would begin longer than the last.
        """
        found = await self._look(f"/conversations/{conversation_id}/tracker?include_events=NONE")
        if found.status_code != httpx.codes.OK:
            raise DialogueDown(f"status {found.status_code}", sent=False)
        tracker = found.json()
        if (tracker.get("active_loop") or {}).get("name"):
            return False
        slots = [{"event": "slot", "name": name, "value": value} for name, value in _kept(tracker["slots"])]
        events = [*_SESSION_BEGINS, *slots, {"event": "action", "name": "action_listen"}]
        await self._append(conversation_id, events)
        return True

    async def _turn_over(self, path: str) -> None:
        """Wait until Rasa is done with what it may be at: nothing is appended, but under the turn's lock."""
        try:
            await self._client.post(f"{path}/events", json=[])
        except httpx.HTTPError as error:
            raise DialogueDown(type(error).__name__, sent=False) from error

    async def _append(self, conversation_id: str, events: Sequence[Mapping[str, Any]]) -> None:
        path = f"/conversations/{conversation_id}/tracker/events?include_events=NONE"
        try:
            answer = await self._client.post(path, json=events)
        except httpx.HTTPError as error:
            raise DialogueDown(type(error).__name__, sent=True) from error
        if answer.status_code != httpx.codes.OK:
            raise DialogueDown(f"status {answer.status_code}", sent=True)

    async def ping(self) -> None:
        """`/status` also knows whether a model is loaded: without one Rasa answers with nothing."""
        answer = await self._look("/status")
        if answer.status_code == httpx.codes.NOT_FOUND:  # Rasa runs without --enable-api
            answer = await self._look("/webhooks/rest/")
        if answer.status_code != httpx.codes.OK:
            raise DialogueDown(f"status {answer.status_code}", sent=False)

    async def close(self) -> None:
        await self._client.aclose()

    async def _look(self, path: str) -> httpx.Response:
        try:
            return await self._client.get(path, timeout=CONNECT_SECONDS)
        except httpx.HTTPError as error:
            raise DialogueDown(type(error).__name__, sent=False) from error

    async def _post(self, body: bytes) -> httpx.Response:
        headers = {"Content-Type": "application/json"}
        for last in (False, True):
            try:
                return await self._client.post("/webhooks/rest/webhook", content=body, headers=headers)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
                if last:
                    raise DialogueDown(type(error).__name__, sent=False) from error
            except httpx.HTTPError as error:
                raise DialogueDown(type(error).__name__, sent=True) from error
        raise AssertionError("unreachable")


def _last_turn(events: Sequence[Mapping[str, Any]], message_id: str) -> list[Mapping[str, Any]] | None:
    """The events after the reader's last message, when it is this one."""
    after: list[Mapping[str, Any]] = []
    for event in reversed(events):
        if event.get("event") == "user":
            ours = (event.get("metadata") or {}).get("message_id") == message_id
            return after[::-1] if ours else None
        after.append(event)
    return None


def _parts(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A bot event as the REST channel would have told it: text with buttons, then the custom part."""
    if event.get("event") != "bot":
        return []
    data = event.get("data") or {}
    parts: list[Mapping[str, Any]] = []
    if event.get("text") or data.get("buttons"):
        parts.append({"text": event.get("text") or "", "buttons": data.get("buttons") or []})
    if data.get("custom"):
        parts.append({"custom": data["custom"]})
    return parts


def _kept(slots: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Slots that hold something; the session's own metadata is made anew."""
    return [
        (name, value) for name, value in slots.items() if value is not None and name not in _OF_THE_SESSION
    ]
