"""Every transcript, told to the running system."""

from typing import Any

import httpx
import pytest

from tests.dialogs.house import House
from tests.dialogs.transcript import Chat, check, transcripts

TURN_SECONDS = 90


@pytest.mark.parametrize(
    ("name", "script"), [pytest.param(name, one, id=name) for name, one in transcripts()]
)
def test_transcript(system: House, name: str, script: dict[str, Any]) -> None:
    with httpx.Client(timeout=TURN_SECONDS, trust_env=False) as client:
        _Player(system, Chat.start(system.url, client), script).play()


class _Player:
    """Plays one transcript."""

    def __init__(self, house: House, chat: Chat, script: dict[str, Any]) -> None:
        self.house, self.chat, self.script = house, chat, script
        self.reader = None
        if kind := script.get("reader"):
            self.reader = house.reader(kind, int(script.get("suspended_days", 0)))
        self._prepare()

    def _prepare(self) -> None:
        if self.reader is None:
            return
        for loan in self.script.get("loans", ()):
            self.house.lend(self.reader, loan["title"], loan["due_in"])
        if self.script.get("address"):
            self.house.address(self.reader)
        if order := self.script.get("order"):
            self.house.order(self.reader, order["title"])
        if title := self.script.get("all_out"):
            self.house.all_out(title)
        self._bind()

    def _bind(self) -> None:
        assert self.reader is not None
        answer = self.chat.bind(self.reader.card)
        assert answer.status_code == 200, answer.text

    def play(self) -> None:
        if self.reader is not None:
            greeted = self.chat.later()
            assert greeted, "after binding the library greets"
        for number, step in enumerate(self.script["steps"], 1):
            self._step(step, f"step {number} {_told(step)}")

    def _step(self, step: dict[str, Any], name: str) -> None:
        replies = self._act(step)
        if replies is not None:
            check(replies, step["hear"], name)
        if "later" in step:
            later = self.chat.later()
            assert later, f"{name}: nothing arrived by itself"
            if step["later"] != "any":
                while len(later) < len(step["later"]) and (more := self.chat.later(5)):
                    later += more
                check(later, step["later"], name)

    def _act(self, step: dict[str, Any]) -> list[dict[str, Any]] | None:
        chat = self.chat
        if "say" in step:
            return chat.say(step["say"])
        if "press" in step:
            return chat.press(step["press"])
        if "payload" in step:
            return chat.send({"type": "choice", "payload": step["payload"]})
        if "location" in step:
            latitude, longitude = step["location"]
            place = {"latitude": latitude, "longitude": longitude, "crs": "gcj02"}
            return chat.send({"type": "location", **place})
        if "finish_survey" in step:
            return self._finish_survey(step["finish_survey"])
        self._behind_the_scenes(step)
        return None

    def _finish_survey(self, word: str) -> list[dict[str, Any]]:
        for _ in range(50):
            replies = self.chat.say(word)
            if replies[-1]["kind"] != "survey":
                return replies
        raise AssertionError("the survey never ends")

    def _behind_the_scenes(self, step: dict[str, Any]) -> None:
        if "bind" in step:
            self.reader = self.house.reader(step["bind"])
            self._bind()
        elif "staff" in step:
            assert self.reader is not None
            self.house.advance(self.reader, step["staff"])
        elif "address" in step:
            self._fill_address_form()
        else:
            raise AssertionError(f"a step must do something: {step}")

    def _fill_address_form(self) -> None:
        link = next(reply for reply in self.chat.last if reply["kind"] == "link")
        url = link["data"]["url"]
        page = self.chat.client.get(url)
        assert page.status_code == 200, page.text
        form = {"recipient": "李明", "phone": "13800000000", "district": "姑苏区", "street": "人民路100号"}
        answer = self.chat.client.post(url, data=form, follow_redirects=True)
        assert answer.status_code == 200, answer.text


def _told(step: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in step.items() if name not in ("hear", "later"))
