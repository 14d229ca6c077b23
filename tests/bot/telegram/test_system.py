"""With the trained model: from /start to the pickup code, by buttons, on the fake Telegram."""

from pathlib import Path

import httpx
import pytest

from tests.dialogs.conftest import started
from tests.dialogs.house import PIN
from tests.fakes.telegram import Chat, TelegramServer
from tests.waiting import wait_until

pytestmark = [pytest.mark.talk, pytest.mark.slow]
SECONDS = 30.0


def heard(reader: Chat, words: str, after: int) -> int:
    """Wait until a message behind the first `after` says this; how many there are then."""

    def found() -> bool:
        return any(words in one.text for one in reader.shown[after:])

    wait_until(found, SECONDS, f"“{words}”")
    return len(reader.shown)


def offered(reader: Chat, title: str) -> None:
    """Wait until a button that is still there says this, and press it."""

    def there() -> bool:
        return any(title in text for shown in reader.shown for text in shown.titles)

    wait_until(there, SECONDS, f"a button “{title}”")
    reader.presses(title)


def form(reader: Chat) -> str:
    """The address behind the newest URL button."""
    buttons = [button for shown in reader.shown for button in shown.buttons if "url" in button]
    return str(buttons[-1]["url"]) if buttons else ""


def test_a_book_is_borrowed_by_telegram(
    telegram: TelegramServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHUDI_TELEGRAM_TOKEN", telegram.token)
    monkeypatch.setenv("SHUDI_TELEGRAM_API_BASE", telegram.url)
    with started(tmp_path) as house:
        card = house.reader()
        reader = telegram.reader()
        reader.says("/start poster")
        at = heard(reader, "书递", 0)
        reader.says("绑定读者证")
        wait_until(lambda: form(reader), SECONDS, "the form's button")
        bound = httpx.post(form(reader), data={"card": card.card, "pin": PIN}, trust_env=False)
        assert bound.status_code == 200, bound.text
        at = heard(reader, "绑好了", at)
        reader.says("有没有活着")
        at = heard(reader, "《活着》", at)
        offered(reader, "活着")
        at = heard(reader, "自助柜", at)
        offered(reader, "柜")
        at = heard(reader, "确认下单", at)
        offered(reader, "确认下单")
        at = heard(reader, "下好了", at)
        order = house.advance(card, "arrived")
        reader.says("取书码是多少")
        wait_until(lambda: reader.shown[-1].kind == "photo", SECONDS, "the code as a picture")
        assert str(order.pickup_code) in reader.shown[-1].text
