"""Speech in a process of its own: crashes, waiting, time limits. The adapter obeys its input."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from bot.voice.audio import Busy, Fault, Unreadable
from bot.voice.formats import seconds_of, to_wave
from bot.voice.pool import SpeechPool
from lending.ports import Heard, PortUnavailable
from tests.bot.voice.test_formats import tone


class Obedient:
    """Does what the prompt says: “die once FILE”, “die”, “sleep”, “break”; else tells the seconds heard."""

    def listen(self, wave: bytes, prompt: str = "") -> Heard:
        if prompt.startswith("die once"):
            flag = Path(prompt.removeprefix("die once "))
            if not flag.exists():
                flag.touch()
                os._exit(9)
        if prompt == "die":
            os._exit(9)
        if prompt == "sleep":
            time.sleep(30)
        if prompt == "break":
            raise RuntimeError("a bug in a model")
        return Heard(f"{seconds_of(wave):.0f} s", confidence=1.0)

    def speak(self, text: str) -> bytes:
        if text == "off":
            raise PortUnavailable("no voice")
        return tone(1.0, 24_000)


@pytest.fixture
async def pool() -> AsyncIterator[SpeechPool]:
    pool = SpeechPool(Obedient, waiting=1, patience=20)
    await pool.start()
    yield pool
    await pool.stop()


async def test_it_hears_speaks_and_refuses(pool: SpeechPool) -> None:
    assert (await pool.hear(tone(2), "audio/ogg", "")).text == "2 s"
    assert seconds_of(to_wave(await pool.say("好", "ogg"))) == pytest.approx(1, abs=0.2)
    with pytest.raises(Unreadable) as refused:
        await pool.hear(b"letter", "", "")
    assert refused.value.reason is Fault.NOT_AUDIO
    with pytest.raises(PortUnavailable):
        await pool.say("off", "mp3")
    with pytest.raises(PortUnavailable, match="a bug in a model"):
        await pool.hear(tone(1), "", "break")
    assert (await pool.hear(tone(1), "", "")).text == "1 s"


async def test_a_worker_that_dies_is_replaced_and_asked_again(pool: SpeechPool, tmp_path: Path) -> None:
    assert (await pool.hear(tone(1), "", f"die once {tmp_path / 'flag'}")).text == "1 s"


async def test_a_recording_that_kills_twice_is_given_up(pool: SpeechPool) -> None:
    with pytest.raises(Unreadable):
        await pool.hear(tone(1), "", "die")
    assert (await pool.hear(tone(1), "", "")).text == "1 s"


async def test_more_than_may_wait_are_refused_at_once(pool: SpeechPool) -> None:
    asked = [asyncio.create_task(pool.hear(tone(1), "", "")) for _ in range(3)]
    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert [type(answer) for answer in answers] == [Heard, Heard, Busy]


async def test_what_takes_too_long_is_ended() -> None:
    pool = SpeechPool(Obedient, patience=0.3)
    await pool.start()
    await pool._free.get()  # loaded; the clock of the next request runs for it alone
    pool._free.put_nowait(pool._workers[0])

    with pytest.raises(Busy):
        await pool.hear(tone(1), "", "sleep")
    await pool.stop()
    assert not pool._workers[0].alive


async def test_an_adapter_that_cannot_be_made_is_no_hang() -> None:
    pool = SpeechPool(partial(int, "no number"), patience=5)  # type: ignore[arg-type]

    with pytest.raises(Unreadable):
        await pool.hear(tone(1), "", "")
    await pool.stop()
