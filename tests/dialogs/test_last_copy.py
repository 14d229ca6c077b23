"""Forty readers confirm an order for the last copy at the same moment, over HTTP: one gets it (DESIGN 3)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx

from tests.dialogs.house import House
from tests.dialogs.transcript import Chat

READERS = 40
TITLE = "围城"
PREPARING = 4
TURN_SECONDS = 120


def _ready(house: House, client: httpx.Client, title_id: int, point: str) -> Chat:
    """A bound reader who has the title in the basket, the branch chosen, and the summary before them."""
    chat = Chat.start(house.url, client)
    assert chat.bind(house.reader().card).status_code == 200
    chat.later()
    _answered(chat, chat.send({"type": "choice", "payload": f'/select_item{{"title":"{title_id}"}}'}))
    summary = _answered(chat, chat.send({"type": "choice", "payload": f'/choose_point{{"point":"{point}"}}'}))
    assert summary[0]["data"]["state"] == "draft", summary
    return chat


def _confirm(chat: Chat, together: Barrier) -> list[dict[str, Any]]:
    together.wait()
    return _answered(chat, chat.say("确认下单"))


def _answered(chat: Chat, replies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answer itself: under load the gateway first says that it takes a moment."""
    waited = len(replies) == 1 and not replies[0].get("data") and not replies[0].get("choices")
    return chat.later(TURN_SECONDS) if waited else replies


def race(house: House) -> None:
    """Exactly one order; every other reader hears why and what else there is; one promise in all."""
    title_id = house.leave_one_copy(TITLE)
    branch = house.library.points.all("branch")[0]
    with (
        httpx.Client(timeout=TURN_SECONDS, trust_env=False) as client,
        ThreadPoolExecutor(READERS) as pool,
    ):
        with ThreadPoolExecutor(PREPARING) as few:
            chats = list(few.map(lambda _: _ready(house, client, title_id, branch.id), range(READERS)))
        together = Barrier(READERS)
        answers = list(pool.map(lambda chat: _confirm(chat, together), chats))
    winners = [said for said in answers if (said[0].get("data") or {}).get("number")]
    losers = [said for said in answers if said not in winners]
    assert len(winners) == 1
    assert len(losers) == READERS - 1
    for said in losers:
        titles = [choice["title"] for reply in said for choice in reply.get("choices") or ()]
        assert "预约" in titles, said
    assert house.promised(title_id) == 1


def test_one_of_forty_gets_the_last_copy_on_sqlite(system: House) -> None:
    race(system)


def test_one_of_forty_gets_the_last_copy_on_postgresql(postgres_system: House) -> None:
    race(postgres_system)
