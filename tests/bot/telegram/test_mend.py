"""Updates with fields missing, as older servers and test servers send them."""

from typing import Any

import pytest

from bot.channels.telegram.api import make_bot
from bot.channels.telegram.mend import read

CHAT = {"id": 5, "type": "private"}
USER = {"id": 5, "is_bot": False, "first_name": "王"}
RIGHTS = {"status": "administrator", "user": USER, "can_be_edited": True}


@pytest.mark.parametrize("status", ["member", "kicked", "left", "administrator", "restricted"])
def test_a_change_of_membership_is_read_without_its_details(status: str) -> None:
    change = {
        "chat": CHAT,
        "from": USER,
        "old_chat_member": {"status": "member", "user": USER},
        "new_chat_member": {"status": status, "user": USER},
    }
    update = read({"update_id": 1, "my_chat_member": change}, make_bot("1:a", "http://127.0.0.1:1"))
    assert update is not None
    assert update.my_chat_member is not None
    assert update.my_chat_member.new_chat_member.status == status


@pytest.mark.parametrize(
    "body",
    [
        {"callback_query": {"id": "7", "from": USER, "message": {"message_id": 3, "chat": CHAT}}},
        {"callback_query": {"id": "7", "from": {"id": 5}, "data": "c:1.0.x"}},
        {"message": {"message_id": 1, "chat": CHAT, "voice": {"file_id": "f"}}},
        {"message": {"message_id": 1, "chat": CHAT, "location": {"latitude": 1, "longitude": 2}}},
    ],
)  # fmt: skip
def test_what_is_missing_is_filled_in(body: dict[str, Any]) -> None:
    update = read({"update_id": 1, **body}, make_bot("1:a", "http://127.0.0.1:1"))
    assert update is not None
    assert update.event_type == next(iter(body))


def test_what_is_no_update_stays_none() -> None:
    bot = make_bot("1:a", "http://127.0.0.1:1")
    assert read({"update_id": 1, "message": "text"}, bot) is None
    assert read({"update_id": 1, "message": {"message_id": "x", "chat": CHAT}}, bot) is None
