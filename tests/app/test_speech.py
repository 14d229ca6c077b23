"""Ears and voice as the settings ask for them."""

import pickle
from pathlib import Path

import pytest

from app.errors import StartupError
from app.settings import load_settings
from app.speech import hearing, maker
from integrations.speech.openai_http import OpenAiSpeech
from lending.ports import PortUnavailable


def test_what_is_set_reaches_a_worker(tmp_path: Path) -> None:
    settings = load_settings(
        speech="openai",
        speech_voice="off",
        speech_url="http://127.0.0.1:9/v1/",
        speech_key="k",
        data_dir=tmp_path,
    )
    made = pickle.loads(pickle.dumps(maker(settings)))

    assert (made.ears, made.voice, made.url, made.key) == ("openai", "off", "http://127.0.0.1:9/v1", "k")
    with pytest.raises(PortUnavailable, match="speaking is off"):
        made().speak("好")
    with pytest.raises(PortUnavailable):
        made().listen(b"RIFF")
    assert isinstance(made._ears(), OpenAiSpeech)


def test_ears_can_be_switched_off(tmp_path: Path) -> None:
    settings = load_settings(speech="off", data_dir=tmp_path)

    assert hearing(settings, None) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [{"speech": "ears"}, {"speech_voice": "loud"}, {"speech_url": "ftp://x"}])
def test_unknown_ears_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(StartupError, match="SHUDI_SPEECH"):
        load_settings(**given)
