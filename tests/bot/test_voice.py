"""Voice in the talk: heard, done at once or read back first, and a kind answer when it could not be heard."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from bot.deps import BotDeps
from bot.store.tables import inbox
from bot.voice.audio import Audio, Busy, Fault, Unreadable
from bot.voice.hearing import Context, HeardSaid
from bot.voice.talk import VoiceDeps
from lending.readers.preferences import Manner
from lending.storage.base import Database
from tests.bot import gateway as gateways
from tests.bot.gateway import Gateway, Reader
from tests.fakes.dialogue import FakeDialogue

BOOKS: list[dict[str, Any]] = [
    {"text": "找到三本："},
    {
        "custom": {
            "kind": "books",
            "data": {"total": 3, "books": [{"id": "1", "title": "活着", "author": "余华", "available": 1}]},
            "choices": [
                {"title": name, "payload": f'/select_item{{"title":"{at}"}}'}
                for at, name in enumerate("甲乙丙丁")
            ],
        }
    },
]


@dataclass
class FakeHearing:
    """Hears what the file says."""

    contexts: list[Context] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)
    fault: Exception | None = None
    sure: bool = True

    async def listen(self, audio: Audio, context: Context) -> HeardSaid:
        self.contexts.append(context)
        if self.fault:
            raise self.fault
        text = audio.data.decode()
        return HeardSaid(text, text, 0.9 if self.sure else 0.2, self.sure)

    async def speak(self, text: str, form: str) -> bytes:
        self.spoken.append(text)
        return f"{form}:{text}".encode()


@dataclass
class House:
    """A gateway that hears, and its reader."""

    gateway: Gateway
    reader: Reader
    hearing: FakeHearing
    manners: dict[str, Manner]
    count: int = 0

    async def post(self, text: str, id: str | None = None) -> httpx.Response:
        self.count += 1
        files = {"file": ("voice.webm", text.encode(), "audio/webm")}
        data = {"id": id or f"v{self.count}", "type": "voice"}
        headers = self.reader.headers
        return await self.reader.client.post("/api/chat/messages", data=data, files=files, headers=headers)

    async def speak(self, text: str, id: str | None = None) -> dict[str, Any]:
        answer = await self.post(text, id)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def hears(self, text: str) -> list[str]:
        """What the library says to a voice message."""
        return [reply["text"] for reply in (await self.speak(text))["replies"]]

    @property
    def done(self) -> list[str]:
        return [text for text in self.gateway.dialogue.texts if text != "(rest)"]


@pytest.fixture
async def house(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    hearing, manners = FakeHearing(), dict[str, Manner]()
    begun = Manner(elder=True, chosen=True)
    deps = VoiceDeps(
        hearing=hearing,
        manner=lambda name: manners.get("", manners.get(name, Manner())),
        begin_elder=lambda name: manners.update({name: begun}),
    )
    dialogue = FakeDialogue(
        script={"有没有活着": BOOKS},
        intents={
            "全部续借": "renew_loan",
            "我的书到哪了": "track_order",
            "嘟嘟": "nlu_fallback",
            "三体": "renew_loan",
        },
    )
    made = BotDeps

    def with_voice(*args: Any, **named: Any) -> Any:
        return replace(made(*args, **named), voice=deps)

    monkeypatch.setattr(gateways, "BotDeps", with_voice)
    async with gateways.running(database, dialogue) as gateway:
        yield House(gateway, await gateway.session(), hearing, manners)


async def test_looking_is_done_at_once_and_what_was_heard_is_told(house: House) -> None:
    told = await house.speak("有没有活着")
    assert told["heard"] == "有没有活着"
    assert [reply["kind"] for reply in told["replies"]] == ["text", "books"]
    assert told["replies"][0] == {
        "kind": "text",
        "text": "我听到：有没有活着",
        "data": {"heard": "有没有活着"},
    }
    assert house.done == ["有没有活着"]


@pytest.mark.parametrize("yes", ["对", "是的", "嗯", "好的。", "对对对", "嗯，对的", "没错"])
async def test_doing_is_read_back_first(house: House, yes: str) -> None:
    told = await house.speak("全部续借")
    assert told["heard"] == "全部续借"
    assert [reply["text"] for reply in told["replies"]] == ["我听到：全部续借，对吗？"]
    assert [one["title"] for one in told["replies"][0]["choices"]] == ["对", "不对"]
    assert house.done == []
    assert await house.hears(yes) == ["echo 全部续借"]
    assert await house.hears(yes) != ["echo 全部续借"], "a yes is good once"


async def test_yes_may_be_typed_or_pressed(house: House) -> None:
    await house.speak("全部续借")
    assert await house.reader.hears("对") == ["echo 全部续借"]
    asked = await house.speak("全部续借")
    pressed = await house.reader.press(asked["replies"][0]["choices"][0]["payload"])
    assert [reply["text"] for reply in pressed] == ["echo 全部续借"]


async def test_no_asks_again_then_offers_typing_or_a_person(house: House) -> None:
    await house.speak("全部续借")
    assert "再说一遍" in (await house.hears("不对"))[0]
    await house.speak("全部续借")
    assert "打字" in (await house.hears("不是"))[0]
    assert house.done == []
    await house.hears("对")
    assert "全部续借" not in house.done


async def test_anything_else_replaces_what_was_read_back(house: House) -> None:
    await house.speak("全部续借")
    await house.hears("我的书到哪了")
    await house.hears("对")
    assert house.done == ["我的书到哪了", "对"]


async def test_a_wish_to_borrow_is_read_back_with_its_title(house: House) -> None:
    assert await house.hears("借刘慈欣的三体") == ["我听到：借刘慈欣的《三体》，对吗？"]
    assert await house.hears("能借几本") != ["我听到：能借几本，对吗？"]


async def test_borrow_is_known_by_the_title_behind_it(house: House) -> None:
    assert await house.hears("介刘慈欣的三体") == ["我听到：借刘慈欣的《三体》，对吗？"]


async def test_a_title_alone_is_a_search_whatever_it_is_called(house: House) -> None:
    await house.hears("三体")
    assert house.done == ["三体"]


@pytest.mark.parametrize("said", ["第二本", "二", "乙"])
async def test_an_answer_to_the_list_is_done_at_once(house: House, said: str) -> None:
    await house.speak("有没有活着")
    await house.speak(said)
    if said == "第二本":
        return
    assert house.done[-1] == '/select_item{"title":"1"}'


async def test_a_number_said_again_still_means_the_list(house: House) -> None:
    await house.speak("有没有活着")
    house.hearing.fault = Busy()
    told = await house.speak("二")
    assert [one["title"] for one in told["replies"][0]["choices"]] == ["再说一遍", "找人工"]
    house.hearing.fault = None
    await house.speak("二")
    assert house.done[-1] == '/select_item{"title":"1"}'


async def test_a_person_with_one_word(house: House) -> None:
    told = await house.speak("人工")
    assert told["replies"][-1]["kind"] in ("staff", "text")
    assert house.done == ["/human"]


@pytest.mark.parametrize(
    "fault", [*(Unreadable(one) for one in Fault), Busy(), TimeoutError(), RuntimeError("broke")], ids=repr
)
async def test_not_heard_is_answered_kindly(house: House, fault: Exception) -> None:
    house.hearing.fault = fault
    told = await house.speak("有没有活着")
    assert [one["title"] for one in told["replies"][0]["choices"]] == ["再说一遍", "找人工"]
    assert "heard" not in told
    assert house.done == []


async def test_silence_and_babble(house: House) -> None:
    assert "没有听到" in (await house.hears(" "))[0]
    house.hearing.sure = False
    assert "没有听明白" in (await house.hears("嘟嘟"))[0]
    assert house.done == []


async def test_say_again_does_not_outlive_its_answer(house: House) -> None:
    house.hearing.fault = Busy()
    await house.speak("一")
    house.hearing.fault = None
    await house.hears("我的书到哪了")
    await house.reader.say("再说一遍")
    assert house.done[-1] == "再说一遍", "the dialogue repeats its answer"


async def test_the_same_id_gets_the_same_answer_and_is_heard_once(house: House) -> None:
    first = await house.speak("有没有活着", "same")
    again = await house.speak("有没有活着", "same")
    assert first == again
    assert len(house.hearing.contexts) == 1


async def test_the_recording_goes_with_its_answer(house: House, database: Database) -> None:
    await house.speak("有没有活着")
    with database.read() as conn:
        kept = conn.execute(select(inbox.c.content)).scalar_one()
    clear = base64.b64decode(kept.removeprefix("sealed:")).decode()
    assert "recording" not in clear
    assert (await house.reader.history())[0]["text"] == "有没有活着"


async def test_an_unanswered_recording_waits_for_the_dialogue(house: House) -> None:
    house.gateway.dialogue.down = True
    told = await house.speak("有没有活着", "once")
    assert "稍后" in told["replies"][0]["text"]
    house.gateway.dialogue.down = False
    house.gateway.clock.forward(seconds=20)
    await house.gateway.parts.chat.queue.sweep()
    later = await house.reader.later()
    assert [reply["kind"] for reply in later["replies"]] == ["text", "books"]
    assert len(house.hearing.contexts) == 1


async def test_refused_uploads(house: House) -> None:
    headers, client = house.reader.headers, house.reader.client
    big = {"file": ("a.wav", b"0" * (2 * 1024 * 1024 + 1), "audio/wav")}
    answer = await client.post(
        "/api/chat/messages", data={"id": "1", "type": "voice"}, files=big, headers=headers
    )
    assert answer.status_code == 413
    small = {"file": ("a.wav", b"0", "audio/wav")}
    for data in ({"id": "1"}, {"type": "voice"}, {"id": "", "type": "voice"}, {"id": "1", "type": "text"}):
        answer = await client.post("/api/chat/messages", data=data, files=small, headers=headers)
        assert answer.status_code == 422, data
    no_file = {"other": ("a.wav", b"0", "audio/wav")}
    answer = await client.post(
        "/api/chat/messages", data={"id": "1", "type": "voice"}, files=no_file, headers=headers
    )
    assert answer.status_code == 422


async def test_a_library_that_can_not_hear_says_so(database: Database) -> None:
    async with gateways.running(database, FakeDialogue()) as gateway:
        reader = await gateway.session()
        house = House(gateway, reader, FakeHearing(), {})
        told = await house.speak("有没有活着")
        assert "听不了语音" in told["replies"][0]["text"]
        assert [one["title"] for one in told["replies"][0]["choices"]] == ["再说一遍", "找人工"]


async def test_three_voice_messages_in_a_row_begin_elderly_mode(house: House) -> None:
    for _ in range(2):
        await house.speak("我的书到哪了")
    assert house.gateway.dialogue.heard[-1].metadata.get("elder") is None
    told = await house.speak("我的书到哪了")
    assert "关闭老人模式" in told["replies"][0]["text"]
    assert house.gateway.dialogue.heard[-1].metadata["elder"] is True
    assert "关闭老人模式" not in (await house.hears("我的书到哪了"))[0]


async def test_typing_parts_voice_messages(house: House) -> None:
    for _ in range(2):
        await house.speak("我的书到哪了")
    await house.reader.say("你好")
    told = await house.speak("我的书到哪了")
    assert "老人模式" not in told["replies"][0]["text"]


async def test_who_switched_it_off_is_left_alone(house: House) -> None:
    house.manners[""] = Manner(elder=False, chosen=True)
    for _ in range(4):
        told = await house.speak("我的书到哪了")
    assert all("老人模式" not in reply["text"] for reply in told["replies"])


async def test_elderly_mode_shows_three_choices_and_finds_the_fourth_by_name(house: House) -> None:
    house.manners[""] = Manner(elder=True)
    told = await house.speak("有没有活着")
    books = told["replies"][-1]
    assert [one["title"] for one in books["choices"]] == ["甲", "乙", "丙"]
    assert "人工" in books["text"]
    await house.speak("丁")
    assert house.done[-1] == '/select_item{"title":"3"}'


async def test_elderly_readers_who_speak_are_spoken_to(house: House) -> None:
    house.manners[""] = Manner(elder=True)
    typed = await house.reader.say("你好")
    assert "speech" not in (typed[0].get("data") or {})
    reply = (await house.speak("我的书到哪了"))["replies"][-1]
    url = reply["data"]["speech"]["url"]
    sound = await house.reader.client.get(url, headers=house.reader.headers)
    assert sound.status_code == 200
    assert sound.headers["content-type"] == "audio/mpeg"
    assert sound.content.startswith(b"mp3:echo")
    other = await house.gateway.session()
    assert (await other.client.get(url, headers=other.headers)).status_code == 404
    assert (await other.client.get(url)).status_code == 401


async def test_speech_is_as_wished(house: House) -> None:
    house.manners[""] = Manner(elder=True, speech=False)
    assert "speech" not in ((await house.speak("我的书到哪了"))["replies"][-1].get("data") or {})
    house.manners[""] = Manner(speech=True)
    assert (await house.reader.say("你好"))[0]["data"]["speech"]
