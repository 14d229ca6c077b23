"""Replies as Telegram messages: which calls hand them over. Nothing is sent and nothing written here."""

import html
import ipaddress
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from bot.channels.base import Delivery, Parcel, Peer
from bot.channels.telegram.split import TEXT_UNITS, split
from bot.channels.telegram.words import in_script, say, word
from bot.replies import Choice, Reply

PERSONAL = frozenset(("link", "order", "orders", "loans", "notice"))
"""Kinds of reply that are never told in a group."""
MOST_BUTTONS = 90
"""Telegram takes 100 in one keyboard."""
TITLE_UNITS = 60


@dataclass(frozen=True, slots=True)
class Body:
    """One message. how: text | photo (a QR code of `code`) | voice (`reply` spoken) | nothing (all was sent).

    code: marked in the text, so that a tap copies it. link: (title, address) of a URL button. remove: take
    the location keyboard away; ask_location: offer it in a message after this one. opened_by: the inbox row
    that this answers.
    """

    how: str
    text: str = ""
    code: str = ""
    choices: tuple[Choice, ...] = ()
    link: tuple[str, str] | None = None
    remove: bool = False
    ask_location: bool = False
    opened_by: int | None = None
    reply: Reply | None = None

    @property
    def html(self) -> str:
        """The text as HTML when something in it is marked, else empty."""
        if not self.code:
            return ""
        pattern = re.compile(r"[ \u00a0]?".join(re.escape(char) for char in self.code))
        marked, at = [], 0
        for found in pattern.finditer(self.text):
            marked += [html.escape(self.text[at : found.start()], quote=False), f"<code>{found[0]}</code>"]
            at = found.end()
        return "".join(marked) + html.escape(self.text[at:], quote=False) if marked else ""


def parcels(peer: Peer, batch: Sequence[Delivery], username: str = "") -> list[Parcel]:
    """What is left to send of these deliveries, one message a parcel, in order. `username`: the bot's."""
    made: list[Parcel] = []
    for delivery in batch:
        parts = bodies(peer, delivery, username)
        done = min(delivery.parts, len(parts))
        for number, body in enumerate(parts[done:], done + 1):
            made.append(Parcel(body, ((delivery.id, number, number == len(parts)),)))
        if done == len(parts):
            made.append(Parcel(Body("nothing"), ((delivery.id, done, True),)))
    return _without_location_keyboard(peer, batch, made)


def bodies(peer: Peer, delivery: Delivery, username: str = "") -> list[Body]:
    """Every message of one reply: its text in pieces, then the pickup code as a picture, then the voice."""
    reply = _told(peer, delivery, username)
    script = peer.facts.get("script")
    code = pickup_code(reply)
    link = _link(reply)
    text = _without_address(reply.text, link[1]) if link else reply.text
    choices = tuple(Choice(_short(in_script(one.title, script)), one.payload) for one in reply.choices)
    if delivery.sender == "staff":
        text = say("staff", text=text)
    pieces = [Body("text", piece, code) for piece in split(in_script(text, script), TEXT_UNITS)]
    if pieces:
        pieces[-1] = replace(
            pieces[-1],
            choices=choices[:MOST_BUTTONS],
            link=link and (in_script(link[0], script), link[1]),
            ask_location=_location_helps(peer, delivery, reply),
            opened_by=delivery.answers,
        )
    return [*pieces, *_more(reply, code, script)]


def _more(reply: Reply, code: str, script: Any) -> Iterator[Body]:
    if code:
        yield Body("photo", in_script(say("code_caption", code=code), script), code)
    if (reply.data or {}).get("speech"):
        yield Body("voice", reply=reply)


def pickup_code(reply: Reply) -> str:
    """The pickup code that this reply tells, or nothing."""
    data = reply.data or {}
    code = data.get("pickup_code") or (data.get("code") if data.get("notice") == "order_available" else None)
    told = isinstance(code, str | int) and str(code) and str(code) in reply.text.replace(" ", "")
    return str(code) if told else ""


def button_url(address: str) -> bool:
    """Whether a URL button may point there: Telegram wants a host with a dot, or an IP."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https"):
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host.strip(".")
    return True


def _told(peer: Peer, delivery: Delivery, username: str) -> Reply:
    """In a group nothing personal is told, only where to go for it."""
    reply = delivery.reply
    if not peer.facts.get("group") or (
        reply.kind not in PERSONAL and not (reply.data or {}).get("pickup_code")
    ):
        return reply
    data = {"url": f"https://t.me/{username}?start=group", "purpose": "private"} if username else None
    return Reply("link", say("private"), (), data)


def _link(reply: Reply) -> tuple[str, str] | None:
    data = reply.data or {}
    url = data.get("url")
    if reply.kind != "link" or not isinstance(url, str) or not button_url(url):
        return None
    purpose = str(data.get("purpose"))
    return (say("private_button") if purpose == "private" else word("open_link", purpose)), url


def _without_address(text: str, url: str) -> str:
    """The button carries the address; in the text it would only be long."""
    return "\n".join(line for line in text.replace(url, "").splitlines() if line.strip())


def _short(title: str) -> str:
    title = title.strip() or "…"
    return title if len(title) <= TITLE_UNITS else f"{title[: TITLE_UNITS - 1]}…"


def _location_helps(peer: Peer, delivery: Delivery, reply: Reply) -> bool:
    if reply.kind != "pickup_points" or delivery.answers is None:
        return False
    known = peer.facts.get("group") or peer.facts.get("located") or peer.facts.get("keyboard")
    return not known and any(one.payload.startswith("/choose_point") for one in reply.choices)


def _without_location_keyboard(peer: Peer, batch: Sequence[Delivery], made: list[Parcel]) -> list[Parcel]:
    """The answer to what came after it takes the location keyboard away; it is offered once a batch."""
    asking = [place for place, parcel in enumerate(made) if parcel.body.ask_location]
    for place in asking[:-1]:
        made[place] = replace(made[place], body=replace(made[place].body, ask_location=False))
    opened_by = peer.facts.get("keyboard")
    answers = {delivery.id: delivery.answers for delivery in batch}
    for place, parcel in enumerate(made):
        answered = answers[parcel.progress[0][0]]
        if opened_by is not None and answered not in (None, opened_by) and parcel.body.how == "text":
            made[place] = replace(parcel, body=replace(parcel.body, remove=True))
            break
    return made
