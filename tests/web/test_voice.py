"""Speaking to the page: a real browser with a microphone that plays a tone."""

import io
import math
import struct
import wave
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fakes.chat_api import ChatServer, Talk
from tests.web.conftest import PATIENCE_MS, Launch
from tests.web.samples import EVERY_KIND


def tone(seconds: float = 1.0) -> bytes:
    """A wave of 16 kHz."""
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        samples = (
            int(12_000 * math.sin(at / 16_000 * 440 * math.tau)) for at in range(int(16_000 * seconds))
        )
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return sound.getvalue()


@pytest.fixture(scope="module")
def ears(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser with a microphone."""
    path = tmp_path_factory.mktemp("sound") / "tone.wav"
    path.write_bytes(tone(3))
    launched = launch(
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={path}",
        "--autoplay-policy=no-user-gesture-required",
    )
    yield launched
    launched.close()


@pytest.fixture
def page(ears: Browser, server: ChatServer) -> Iterator[Page]:
    yield from _opened(ears, server, ["microphone"], "")


def _opened(ears: Browser, server: ChatServer, allowed: list[str], query: str) -> Iterator[Page]:
    context = ears.new_context(viewport={"width": 390, "height": 780}, locale="zh-CN", permissions=allowed)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{server.url}/chat{query}")
    page.get_by_role("button", name="说话").wait_for()
    yield page
    context.close()


def hold(page: Page, milliseconds: int = 900) -> None:
    """Press the button, speak, let go."""
    page.get_by_role("button", name="说话").hover()
    page.mouse.down()
    page.locator("#voice").wait_for()
    page.wait_for_timeout(milliseconds)
    page.mouse.up()


def test_hold_speak_let_go(page: Page, talk: Talk) -> None:
    talk.says["有没有三体"] = [EVERY_KIND["books"]]
    hold(page)
    expect(page.locator(".message.reader .note")).to_have_text("听到：有没有三体")
    expect(page.locator(".message.reader .bubble")).to_contain_text("语音 0:01")
    expect(page.locator(".message.library")).to_have_count(1)
    recorded = talk.received[-1]
    assert len(recorded["voice"]) > 500
    assert recorded["mime"].startswith("audio/")
    expect(page.locator("#voice")).to_be_hidden()


def test_what_was_heard_is_told_once(page: Page, talk: Talk) -> None:
    heard = {"kind": "text", "text": "我听到：有没有三体", "data": {"heard": "有没有三体"}}
    talk.says["有没有三体"] = [heard, {"kind": "text", "text": "有的。"}]
    hold(page)
    expect(page.locator(".message.library")).to_have_text(["书递说：有的。"])


def test_by_keyboard(page: Page, talk: Talk) -> None:
    button = page.locator("#speak")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".voice-time")).to_have_text("0:01")
    page.keyboard.press("Enter")
    expect(page.locator(".message.reader .note")).to_have_text("听到：有没有三体")


def test_escape_throws_it_away(page: Page, talk: Talk) -> None:
    page.locator("#speak").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".voice-time")).to_have_text("0:01")
    page.keyboard.press("Escape")
    expect(page.locator("#say-note")).to_have_text("刚才的话没有发出去。")
    expect(page.locator("#voice")).to_be_hidden()
    assert talk.received == []


def test_sliding_away_throws_it_away(page: Page, talk: Talk) -> None:
    page.get_by_role("button", name="说话").hover()
    page.mouse.down()
    page.wait_for_timeout(600)
    page.mouse.move(180, 300, steps=4)
    expect(page.locator(".voice-how")).to_have_text("松手就不发了")
    page.mouse.up()
    expect(page.locator("#say-note")).to_have_text("刚才的话没有发出去。")
    assert talk.received == []


def test_a_press_records_until_the_next(page: Page, talk: Talk) -> None:
    page.locator("#speak").click()
    expect(page.locator(".voice-time")).to_have_text("0:01")
    page.locator("#speak").click()
    expect(page.locator(".message.reader .note")).to_have_text("听到：有没有三体")


def test_sent_again_with_the_same_id(page: Page, talk: Talk) -> None:
    talk.fail = [503]
    hold(page)
    expect(page.locator(".message.reader .note")).to_have_text("听到：有没有三体")
    assert len({one["id"] for one in talk.received}) == 1
    assert len(talk.received) == 2
    assert talk.received[0]["voice"] == talk.received[1]["voice"]


def test_an_answer_is_heard(page: Page, talk: Talk) -> None:
    talk.sound = tone(0.4)
    spoken = {"kind": "text", "text": "有的。", "data": {"speech": {"url": "/api/chat/speech/1"}}}
    talk.says["有没有三体"] = [spoken]
    hold(page)
    play = page.locator(".play")
    play.wait_for()
    expect(play).to_have_text("听回答")
    with page.expect_response("**/api/chat/speech/1") as got:
        play.click()
    assert got.value.status == 200
    expect(play).to_have_attribute("aria-pressed", "false")


def test_refused_is_said_in_words(ears: Browser, server: ChatServer, talk: Talk) -> None:
    for page in _opened(ears, server, [], ""):
        page.evaluate(
            """() => { navigator.mediaDevices.getUserMedia =
                       () => Promise.reject(new DOMException("no", "NotAllowedError")); }"""
        )
        page.locator("#speak").click()
        expect(page.locator("#say-note")).to_contain_text("允许这个网页使用麦克风")


def test_an_insecure_address_is_explained(ears: Browser, server: ChatServer, talk: Talk) -> None:
    for page in _opened(ears, server, ["microphone"], ""):
        page.evaluate("() => Object.defineProperty(window, 'isSecureContext', { value: false })")
        page.locator("#speak").click()
        expect(page.locator("#say-note")).to_contain_text("https")


def test_the_button_is_large_in_the_elders_version(ears: Browser, server: ChatServer, talk: Talk) -> None:
    for page in _opened(ears, server, ["microphone"], "?elder=1"):
        box = page.locator("#speak").bounding_box()
        assert box is not None
        assert box["height"] >= 60
        assert box["width"] >= 330
