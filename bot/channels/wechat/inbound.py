"""What a callback says: its fields as one `Arrival`. Pure; raises `Unreadable` for what no WeChat sends.

Source: developers.weixin.qq.com/doc/service/guide/product/message/Receiving_standard_messages.html and
…/Receiving_event_pushes.html.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.channels.wechat.parsing import Unreadable, number, optional, text
from bot.channels.wechat.words import say
from bot.cleaning import TEXT_LIMIT, clean
from bot.replies import valid_payload

LOCKER = "locker_"
"""A QR code's scene `locker_<id>` stands on that locker; any other scene says where a reader came from."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ISBN = re.compile(r"(?:97[89])?\d{9}[\dXx]")
_OPENID = re.compile(r"[\x21-\x7e]{1,128}")
_CONSENTS = ("SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent")
CANNED = {"image": "image", "video": "video", "shortvideo": "video", "link": "link", "file": "file"}


@dataclass(frozen=True, slots=True)
class Arrival:
    """One callback.

    kind: text | choice | location | voice (for the talk) · own (we answer: content {"say", "shown"}) ·
    follow | scan ({"scene"}) · leave · place (LOCATION) · consent ({"changes": [(template, accepted)]}) ·
    job ({"msg_id", "state"}) · none. acted: the event gives the quota of a click, scan or follow.
    """

    user: str
    account: str
    message_id: str
    kind: str
    content: dict[str, Any] = field(default_factory=dict)
    acted: bool = False
    spoke: bool = False

    @property
    def key(self) -> str:
        """The message's name among those of all readers."""
        return hashlib.sha256(f"{self.user}\n{self.message_id}".encode()).hexdigest()


def arrival(fields: Mapping[str, Any]) -> Arrival:
    """Read a callback's fields."""
    user, account = text(fields, "FromUserName"), text(fields, "ToUserName")
    if not _OPENID.fullmatch(user) or not _OPENID.fullmatch(account):
        raise Unreadable("names are not WeChat's")
    made = text(fields, "CreateTime")
    if not (made.isascii() and made.isdigit() and len(made) <= 13):
        raise Unreadable("CreateTime is no number")
    kind = text(fields, "MsgType").lower()
    if kind == "event":
        return _event(fields, user, account, made)
    name = text(fields, "MsgId")
    if not _ID.fullmatch(name):
        raise Unreadable("MsgId is no id")
    what, content = _message(kind, fields)
    return Arrival(user, account, name, what, content, spoke=True)


def _message(kind: str, fields: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    if kind == "text":
        if not isinstance(fields.get("Content"), str):
            raise Unreadable("Content is missing")
        return "text", {
            "text": clean(fields["Content"])[: TEXT_LIMIT + 1],
            "menu": optional(fields, "bizmsgmenuid"),
        }
    if kind == "voice":
        return "voice", _voice(fields)
    if kind == "location":
        return "location", _location(fields)
    return "own", {"say": CANNED.get(kind, "unknown"), "shown": kind}


def _voice(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The 16-kHz recording where there is one. `Recognition` is being withdrawn and is not read."""
    plain = text(fields, "MediaId")
    better = optional(fields, "MediaId16K")
    form = optional(fields, "Format").lower() or "amr"
    return {"media": better or plain, "mime": f"audio/{form if _ID.fullmatch(form) else 'amr'}"}


def _location(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Location_X is the latitude; Tencent's maps give GCJ-02."""
    latitude, longitude = number(fields, "Location_X"), number(fields, "Location_Y")
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise Unreadable("no place on earth")
    place = {"latitude": round(latitude, 6), "longitude": round(longitude, 6)}
    return {**place, "payload": "/share_location" + json.dumps(place), "text": say("location")}


def _event(fields: Mapping[str, Any], user: str, account: str, made: str) -> Arrival:
    event = text(fields, "Event")
    event_key = optional(fields, "EventKey")
    more = optional(fields, "MsgID") or optional(fields, "MsgId")
    # Two events of one second differ in their kind or key; job ends also in their message.
    message_id = hashlib.sha256("\n".join((user, made, event, event_key, more)).encode()).hexdigest()
    kind, content, acted = _EVENTS.get(event.lower(), _nothing)(fields)
    return Arrival(user, account, f"event:{message_id}", kind, content, acted=acted)


Read = tuple[str, dict[str, Any], bool]


def _nothing(_fields: Mapping[str, Any]) -> Read:
    return "none", {}, False


def _follow(fields: Mapping[str, Any]) -> Read:
    return "follow", {"scene": optional(fields, "EventKey").removeprefix("qrscene_")}, True


def _leave(_fields: Mapping[str, Any]) -> Read:
    return "leave", {}, False


def _scan(fields: Mapping[str, Any]) -> Read:
    return "scan", {"scene": optional(fields, "EventKey").removeprefix("qrscene_")}, True


def _click(fields: Mapping[str, Any]) -> Read:
    """A menu key is a payload of ours, or words a reader might say."""
    key = optional(fields, "EventKey")
    if valid_payload(key):
        return "choice", {"payload": key}, True
    if key and not key.isascii():
        return "text", {"text": clean(key)[:TEXT_LIMIT]}, True
    return "own", {"say": "back", "shown": "unknown"}, True


def _scancode(fields: Mapping[str, Any]) -> Read:
    """The menu's scanner: a book's barcode is its ISBN, a locker's QR code that locker."""
    inside = fields.get("ScanCodeInfo")
    result = optional(inside, "ScanResult") if isinstance(inside, Mapping) else ""
    if (payload := locker(result)) is not None:
        return "choice", {"payload": payload}, True
    digits = result.rpartition(",")[2].replace("-", "").strip()
    if _ISBN.fullmatch(digits):
        return "text", {"text": digits}, True
    return "own", {"say": "link", "shown": "scan"}, True


def _place(fields: Mapping[str, Any]) -> Read:
    """Sources disagree on its coordinates (GPS or GCJ-02): kept as they come, for nobody to act on."""
    raw = {name.lower(): optional(fields, name) for name in ("Latitude", "Longitude", "Precision")}
    return "place", {**raw, "crs": "undeclared"}, False


def _job(fields: Mapping[str, Any]) -> Read:
    status = optional(fields, "Status").lower()
    state = "success" if status == "success" else "blocked" if "user" in status else "failed"
    return "job", {"msg_id": optional(fields, "MsgID") or optional(fields, "MsgId"), "state": state}, False


def _consents(fields: Mapping[str, Any]) -> Read:
    """`List` is one element or several, and some senders leave the outer element out."""
    outer: Any = next((fields[name] for name in _CONSENTS if name in fields), fields)
    listed: Any = outer.get("List") if isinstance(outer, Mapping) else None
    items = listed if isinstance(listed, list) else [listed]
    changes = [
        (one["TemplateId"].strip(), one.get("SubscribeStatusString") == "accept")
        for one in items
        if isinstance(one, Mapping) and isinstance(one.get("TemplateId"), str)
    ]
    return "consent", {"changes": [change for change in changes if 0 < len(change[0]) <= 64]}, False


_EVENTS: dict[str, Callable[[Mapping[str, Any]], Read]] = {
    "subscribe": _follow,
    "unsubscribe": _leave,
    "scan": _scan,
    "click": _click,
    "scancode_push": _scancode,
    "scancode_waitmsg": _scancode,
    "location": _place,
    "templatesendjobfinish": _job,
    "subscribe_msg_popup_event": _consents,
    "subscribe_msg_change_event": _consents,
}
"""By name in lower case. Others (VIEW, view_miniprogram, pic_*, …) are acknowledged and no more."""


def locker(scene: str) -> str | None:
    """The payload that chooses a locker, when the scene is a locker's."""
    place = scene.removeprefix(LOCKER)
    if place == scene or not _ID.fullmatch(place):
        return None
    return "/choose_point" + json.dumps({"point": place})
