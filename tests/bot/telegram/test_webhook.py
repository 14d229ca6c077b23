"""The webhook: who may post, what is refused, and that nothing is told twice."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.bot.telegram.house import SECRET, House, sees
from tests.databases import SqliteTemplate
from tests.fakes.telegram import TelegramServer

SAID = {"message_id": 2, "chat": {"id": 3, "type": "private"}}
HEADER = "X-Telegram-Bot-Api-Secret-Token"


@pytest.fixture
def posted(sqlite_template: SqliteTemplate, telegram: TelegramServer, tmp_path: Path) -> Iterator[House]:
    database = sqlite_template.copy(tmp_path)
    made = House(database, telegram, webhook=True).start()
    yield made
    made.stop()
    database.dispose()


def post(house: House, secret: str | bytes | None = SECRET, **given: Any) -> httpx.Response:
    given_secret = secret.encode() if isinstance(secret, str) else secret
    headers = {} if given_secret is None else {HEADER.encode(): given_secret}
    with httpx.Client(trust_env=False, timeout=20) as client:
        return client.post(f"{house.url}/telegram/webhook", headers=headers, **given)


@pytest.mark.parametrize(
    ("secret", "status"), [(None, 401), (b"", 403), (b"wrong", 403), ("密码".encode(), 403)]
)
def test_only_telegram_may_post(posted: House, secret: bytes | None, status: int) -> None:
    assert post(posted, secret, json={"update_id": 1}).status_code == status


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b"\xff\xfe", 400),
        (b"{}", 400),
        (b'{"update_id": "1"}', 400),
        (b'{"update_id": true}', 400),
        (b'{"update_id": -1}', 400),
        (b'{"update_id": 99999999999999999999}', 400),
        (b"[" * 100_000, 400),
        (b'{"update_id": 1, "x": "' + b"x" * 600_000 + b'"}', 413),
    ],
)
def test_what_is_no_update_is_refused(posted: House, content: bytes, status: int) -> None:
    assert post(posted, content=content).status_code == status


@pytest.mark.parametrize(
    "body",
    [
        {"update_id": 1},
        {"update_id": 2, "something_new": {"a": 1}},
        {"update_id": 3, "message": 7},
        {"update_id": 4, "message": {"text": "你好"}},
        {"update_id": 5, "message": {"chat": []}},
        {"update_id": 6, "callback_query": {"id": "1", "data": "c:1.0.x"}},
        {"update_id": 7, "message": {"message_id": 1, "chat": {"id": -5, "type": "channel"}, "text": "?"}},
        {"update_id": 8, "my_chat_member": {"chat": {"id": 1, "type": "private"}}},
        {"update_id": 9, "message": {**SAID, "text": "\ud83d"}},
        {"update_id": 10, "message": {**SAID, "text": "\x00"}},
    ],
)  # fmt: skip
def test_odd_updates_are_taken_and_nothing_breaks(posted: House, telegram: TelegramServer, body: Any) -> None:
    assert post(posted, content=json.dumps(body).encode()).status_code == 200
    reader = telegram.reader()
    reader.says("你好")
    assert "echo 你好" in [one.text for one in sees(reader, 1)]


def test_an_update_with_fields_missing_that_we_do_not_need_is_read(
    posted: House, telegram: TelegramServer
) -> None:
    reader = telegram.reader()
    message = {"message_id": 9, "chat": {"id": reader.id, "type": "private"}, "text": "缺了日期"}
    assert post(posted, json={"update_id": 77, "message": message}).status_code == 200
    assert sees(reader, 1)[0].text == "echo 缺了日期"


def test_the_same_update_three_times_at_once_is_answered_once(
    posted: House, telegram: TelegramServer
) -> None:
    reader = telegram.reader()
    message = {"message_id": 9, "date": 1, "chat": reader.as_json(), "from": reader.user(), "text": "三次"}
    body = {"update_id": 500, "message": message}

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: post(posted, json=body).status_code, range(3)))
    assert answers == [200, 200, 200]
    reader.says("然后")
    assert [one.text for one in sees(reader, 2)] == ["echo 三次", "echo 然后"]


def test_the_webhook_is_set_with_its_secret(posted: House, telegram: TelegramServer) -> None:
    reader = telegram.reader()
    reader.says("你好")
    sees(reader, 1)
    assert telegram.state.webhook["secret"] == SECRET
    assert not telegram.called("getUpdates")
