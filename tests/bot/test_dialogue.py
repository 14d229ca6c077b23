"""The client of Rasa's REST channel."""

import json

import httpx
import pytest
import respx

from bot.dialogue import DialogueDown, RasaDialogue

HOOK = "http://rasa.test/webhooks/rest/webhook"


@pytest.fixture
def http(respx_mock: respx.MockRouter) -> respx.MockRouter:
    return respx_mock


@pytest.fixture
async def rasa() -> RasaDialogue:
    return RasaDialogue("http://rasa.test/")


async def test_it_says_who_what_and_what_was_spotted(rasa: RasaDialogue, http: respx.MockRouter) -> None:
    route = http.post(HOOK).respond(json=[{"recipient_id": "c", "text": "好"}])
    assert await rasa.say("c", "三体", {"spotted": {"kind": "title"}}) == [
        {"recipient_id": "c", "text": "好"}
    ]
    sent = json.loads(route.calls[0].request.content)
    assert sent == {"sender": "c", "message": "三体", "metadata": {"spotted": {"kind": "title"}}}
    await rasa.close()


async def test_what_was_never_sent_is_sent_again_once(rasa: RasaDialogue, http: respx.MockRouter) -> None:
    route = http.post(HOOK)
    route.side_effect = [httpx.ConnectError("no"), httpx.Response(200, json=[])]
    assert await rasa.say("c", "三体", {}) == []
    route.side_effect = httpx.ConnectError("no")
    with pytest.raises(DialogueDown) as down:
        await rasa.say("c", "三体", {})
    assert not down.value.sent
    assert route.call_count == 4
    await rasa.close()


@pytest.mark.parametrize(
    "failure", [httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("gone"), 500, "text"]
)
async def test_what_may_have_been_heard_is_not_sent_again(
    rasa: RasaDialogue, http: respx.MockRouter, failure: Exception | int | str
) -> None:
    route = http.post(HOOK)
    if isinstance(failure, Exception):
        route.side_effect = failure
    else:
        route.respond(failure if isinstance(failure, int) else 200, text="not json")
    with pytest.raises(DialogueDown) as down:
        await rasa.say("c", "借", {})
    assert down.value.sent
    assert route.call_count == 1
    await rasa.close()


TRACKER = "http://rasa.test/conversations/c/tracker"


async def test_a_new_session_keeps_the_last_values_of_slots(
    rasa: RasaDialogue, http: respx.MockRouter
) -> None:
    slots = {"awaiting": "pickup", "focus": None, "shown": [1], "session_started_metadata": {"a": 1}}
    http.get(TRACKER).respond(json={"active_loop": {}, "slots": slots})
    events = http.post(f"{TRACKER}/events").respond(json={})
    assert await rasa.rest("c")
    assert json.loads(events.calls[0].request.content) == [
        {"event": "action", "name": "action_session_start"},
        {"event": "session_started"},
        {"event": "slot", "name": "awaiting", "value": "pickup"},
        {"event": "slot", "name": "shown", "value": [1]},
        {"event": "action", "name": "action_listen"},
    ]
    await rasa.close()


async def test_no_new_session_inside_a_form(rasa: RasaDialogue, http: respx.MockRouter) -> None:
    http.get(TRACKER).respond(json={"active_loop": {"name": "survey_form"}, "slots": {}})
    assert not await rasa.rest("c")
    await rasa.close()


async def test_a_new_session_needs_rasas_api(rasa: RasaDialogue, http: respx.MockRouter) -> None:
    route = http.get(TRACKER)
    route.respond(404)
    with pytest.raises(DialogueDown):
        await rasa.rest("c")
    route.respond(json={"active_loop": {}, "slots": {}})
    http.post(f"{TRACKER}/events").respond(500)
    with pytest.raises(DialogueDown):
        await rasa.rest("c")
    await rasa.close()


async def test_ping(rasa: RasaDialogue, http: respx.MockRouter) -> None:
    route = http.get("http://rasa.test/status").respond(json={"model_file": "m"})
    await rasa.ping()
    for failure in (409, 503):
        route.respond(failure)
        with pytest.raises(DialogueDown):
            await rasa.ping()
    route.side_effect = httpx.ConnectError("no")
    with pytest.raises(DialogueDown):
        await rasa.ping()


async def test_ping_without_rasas_api(rasa: RasaDialogue, http: respx.MockRouter) -> None:
    http.get("http://rasa.test/status").respond(404)
    http.get("http://rasa.test/webhooks/rest/").respond(json={"status": "ok"})
    await rasa.ping()
    await rasa.close()


def heard(*events: dict[str, object], message_id: str = "m7") -> dict[str, object]:
    """Rasa's tracker with this message as the last one."""
    older = {"event": "user", "metadata": {"message_id": "m6"}}
    mine = {"event": "user", "metadata": {"message_id": message_id}}
    return {"events": [older, {"event": "bot", "text": "旧"}, mine, *events]}


async def test_what_was_said_before_a_crash_is_recalled(rasa: RasaDialogue, http: respx.MockRouter) -> None:
    barrier = http.post(f"{TRACKER}/events").respond(500)
    buttons = [{"title": "好", "payload": "/affirm"}]
    said: dict[str, object] = {
        "event": "bot",
        "text": "记下了",
        "data": {"buttons": buttons, "custom": {"kind": "text"}},
    }
    http.get(TRACKER).respond(json=heard(said, {"event": "action", "name": "action_listen"}))
    assert await rasa.recall("c", "m7") == [
        {"text": "记下了", "buttons": buttons},
        {"custom": {"kind": "text"}},
    ]
    assert json.loads(barrier.calls[0].request.content) == [], "waits for the turn's lock, appends nothing"
    await rasa.close()


async def test_a_turn_left_unanswered_is_taken_back(rasa: RasaDialogue, http: respx.MockRouter) -> None:
    appended = http.post(url__startswith=f"{TRACKER}/events").respond(json={})
    http.get(TRACKER).respond(json=heard({"event": "action", "name": "action_listen"}))
    assert await rasa.recall("c", "m7") == []
    assert json.loads(appended.calls[-1].request.content) == [{"event": "rewind"}]
    await rasa.close()


async def test_what_was_never_heard_is_not_recalled(rasa: RasaDialogue, http: respx.MockRouter) -> None:
    appended = http.post(url__startswith=f"{TRACKER}/events").respond(json={})
    http.get(TRACKER).respond(json=heard({"event": "bot", "text": "别的"}, message_id="m5"))
    assert await rasa.recall("c", "m7") == []
    assert appended.call_count == 1
    await rasa.close()
