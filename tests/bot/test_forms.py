"""One-time forms: ten minutes, one use, one conversation, one purpose."""

from urllib.parse import urlsplit

import httpx
import pytest

from bot.forms.checks import FieldRefused, address
from bot.forms.links import FormLinks, LinkRefused
from lending.errors import Code, LendingError
from tests.bot.gateway import Gateway, Reader, StoppedClock
from tests.waiting import eventually

HOME = {
    "recipient": "王小明",
    "phone": "138 1234 5678",
    "district": "工业园区",
    "street": "中新大道88号3幢201室",
}
CARD = {"card": "D0001", "pin": "1234"}


async def link(gateway: Gateway, reader: Reader, purpose: str) -> str:
    """Ask for a form in the talk; its path."""
    custom = {"kind": "link", "data": {"purpose": purpose}}
    gateway.dialogue.script["要"] = [{"text": "请点开："}, {"custom": custom}]
    [reply] = await reader.say("要")
    assert reply["kind"] == "link"
    assert set(reply["data"]) == {"url", "expires_at", "purpose"}
    assert reply["data"]["url"] in reply["text"]
    return str(urlsplit(reply["data"]["url"]).path)


async def test_a_card_is_bound_by_form_and_the_talk_goes_on(gateway: Gateway, reader: Reader) -> None:
    path = await link(gateway, reader, "bind_card")
    page = await gateway.client.get(path)
    assert page.status_code == 200
    assert 'name="pin"' in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    done = await gateway.client.post(path, data=CARD)
    assert done.status_code == 200
    assert "王读者" in done.text
    await eventually(lambda: gateway.dialogue.texts == ["要", "/card_bound"])
    assert (await gateway.client.get(path)).status_code == 410
    assert (await gateway.client.post(path, data=CARD)).status_code == 410


async def test_a_wrong_pin_keeps_the_link_and_never_repeats_the_pin(gateway: Gateway, reader: Reader) -> None:
    path = await link(gateway, reader, "bind_card")
    for _ in range(5):
        wrong = await gateway.client.post(path, data={"card": "D0001", "pin": "98765"})
        assert wrong.status_code == 403
        assert "98765" not in wrong.text
        assert "D0001" in wrong.text
    locked = await gateway.client.post(path, data=CARD)
    assert locked.status_code == 429
    assert locked.headers["Retry-After"] == "840"
    assert "14 分钟" in locked.text
    assert gateway.readers.bound == {}


async def test_an_address_is_added_for_the_bound_reader(gateway: Gateway, reader: Reader) -> None:
    await gateway.client.post("/api/chat/bind", json=CARD, headers=reader.headers)
    path = await link(gateway, reader, "add_address")
    page = await gateway.client.get(path)
    assert "工业园区" in page.text
    assert (await gateway.client.post(path, data=HOME)).status_code == 200
    assert gateway.readers.addresses == [(1, "王小明", "+8613812345678", "工业园区", "中新大道88号3幢201室")]
    await eventually(lambda: gateway.dialogue.texts[-1] == '/use_address{"address":"1"}')


UNUSABLE = [
    ("recipient", ""),
    ("phone", "12345678901"),
    ("phone", "x"),
    ("district", "朝阳区"),
    ("street", "x"),
    ("street", "号" * 101),
]


@pytest.mark.parametrize(("field", "value"), UNUSABLE)
async def test_an_unusable_field_is_named_and_the_rest_is_kept(
    gateway: Gateway, reader: Reader, field: str, value: str
) -> None:
    await gateway.client.post("/api/chat/bind", json=CARD, headers=reader.headers)
    path = await link(gateway, reader, "add_address")
    page = await gateway.client.post(path, data={**HOME, field: value})
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert gateway.readers.addresses == []
    assert (await gateway.client.post(path, data=HOME)).status_code == 200


async def test_an_address_needs_a_bound_card(gateway: Gateway, reader: Reader) -> None:
    path = await link(gateway, reader, "add_address")
    assert (await gateway.client.post(path, data=HOME)).status_code == 403
    assert gateway.readers.addresses == []


async def test_a_refused_address_leaves_the_link_usable(
    gateway: Gateway, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    await gateway.client.post("/api/chat/bind", json=CARD, headers=reader.headers)
    path = await link(gateway, reader, "add_address")

    def refuse(*_args: object, **_more: object) -> None:
        raise LendingError(Code.BAD_ADDRESS, field="street")

    with monkeypatch.context() as patched:
        patched.setattr(gateway.readers, "add_address", refuse)
        assert (await gateway.client.post(path, data=HOME)).status_code == 422
    assert (await gateway.client.post(path, data=HOME)).status_code == 200


async def test_old_and_forged_links_show_nothing(gateway: Gateway, reader: Reader) -> None:
    path = await link(gateway, reader, "bind_card")
    for other in (path[:-1], path + "x", "/forms/x", "/forms/" + "x" * 3000):
        assert (await gateway.client.get(other)).status_code == 410
    gateway.clock.forward(minutes=10)
    assert (await gateway.client.post(path, data=CARD)).status_code == 410
    assert gateway.readers.bound == {}


async def test_what_is_written_into_a_form_is_only_shown_escaped(gateway: Gateway, reader: Reader) -> None:
    path = await link(gateway, reader, "bind_card")
    page = await gateway.client.post(path, data={"card": '"><script>x</script>', "pin": "1"})
    assert "<script>x" not in page.text


async def test_a_form_is_no_upload(gateway: Gateway, reader: Reader) -> None:
    path = await link(gateway, reader, "bind_card")
    assert (await gateway.client.post(path, content=b"card=" + b"x" * 9000)).status_code == 413
    odd: httpx.Response = await gateway.client.post(path, content=b"&".join(b"a=1" for _ in range(50)))
    assert odd.status_code == 422


def test_a_link_of_another_key_is_refused() -> None:
    clock = StoppedClock()
    url, _ = FormLinks("a" * 32, "http://x", clock).make("c", "bind_card")
    with pytest.raises(LinkRefused):
        FormLinks("b" * 32, "http://x", clock).read(url.rsplit("/", 1)[1])


def test_phones_as_readers_write_them() -> None:
    phones = (
        "13812345678",
        "+86 138-1234-5678",
        "１３８１２３４５６７８",
        "0512-65226989",
        "008613812345678",
    )
    for phone in phones:
        assert address({**HOME, "phone": phone}, ["工业园区"]).phone.startswith("+86")
    with pytest.raises(FieldRefused):
        address({**HOME, "phone": ""}, ["工业园区"])
