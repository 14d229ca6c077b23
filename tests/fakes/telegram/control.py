"""The fake's own routes, for tests in other processes (see the package's docstring)."""

from typing import Any

from fastapi import APIRouter

from tests.fakes.telegram.chats import Shown
from tests.fakes.telegram.state import State

Body = dict[str, Any]


def control(state: State) -> APIRouter:
    """`/_fake/…` over a state."""
    router = APIRouter(prefix="/_fake")

    @router.post("/say")
    def say(body: Body) -> Any:
        chat = state.chat(int(body["chat"]))
        if "message" in body:
            return {"update_id": chat.sends(**body["message"])}
        return {"update_id": chat.says(body["text"])}

    @router.post("/press")
    def press(body: Body) -> Any:
        chat = state.chat(int(body["chat"]))
        return {"id": chat.press_data(body["data"]) if "data" in body else chat.presses(body["title"])}

    @router.post("/block")
    def block(body: Body) -> Any:
        chat = state.chat(int(body["chat"]))
        return {"update_id": chat.blocks() if body.get("blocked", True) else chat.unblocks()}

    @router.post("/fail")
    def fail(body: Body) -> Any:
        state.fail(**body)
        return {}

    @router.post("/rules")
    def rules(body: Body) -> Any:
        state.strict = bool(body["strict"])
        return {}

    @router.get("/seen")
    def seen(chat: int) -> Any:
        return [_shown(one) for one in state.chat(chat).sees]

    @router.get("/calls")
    def calls() -> Any:
        with state.lock:
            return [
                {"method": one.method, "fields": one.fields, "status": one.status, "at": one.at}
                for one in state.calls
            ]

    return router


def _shown(one: Shown) -> dict[str, Any]:
    buttons = [
        {"text": button["text"], "data": button.get("callback_data"), "url": button.get("url")}
        for button in one.buttons
    ]
    return {
        "message_id": one.message_id,
        "kind": one.kind,
        "text": one.text,
        "buttons": buttons,
        "at": one.at,
    }
