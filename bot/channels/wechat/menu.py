"""The menu under the chat, from its file to the platform's form (POST /cgi-bin/menu/create)."""

from pathlib import Path
from typing import Any

import yaml

from bot.channels.wechat.splitting import size
from bot.replies import valid_payload

TOP, BELOW = 3, 5
TOP_NAME, BELOW_NAME = 16, 60
KEY, URL = 128, 1024
"""Bytes and counts that the platform takes (40016, 40018, 40019, 40020)."""


class MenuRefused(ValueError):
    """The file is no menu; one sentence says where."""


def load(path: Path) -> dict[str, Any]:
    """The body of menu/create. Raises `MenuRefused`."""
    try:
        loaded: Any = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise MenuRefused(f"{path.name} can't be read: {type(error).__name__}") from None
    if not isinstance(loaded, list) or not 1 <= len(loaded) <= TOP:
        raise MenuRefused(f"a menu has 1 to {TOP} buttons")
    return {"button": [_top(one) for one in loaded]}


def _top(one: Any) -> dict[str, Any]:
    if not isinstance(one, dict) or "below" not in one:
        return _button(one, TOP_NAME)
    below = one["below"]
    if not isinstance(below, list) or not 1 <= len(below) <= BELOW:
        raise MenuRefused(f"{one.get('name')}: 1 to {BELOW} buttons below it")
    return {"name": _name(one, TOP_NAME), "sub_button": [_button(each, BELOW_NAME) for each in below]}


def _name(one: dict[str, Any], limit: int) -> str:
    name = str(one.get("name") or "")
    if not 0 < size(name) <= limit:
        raise MenuRefused(f"{name or 'a button'}: the name must have 1 to {limit} bytes")
    return name


def _button(one: Any, limit: int) -> dict[str, Any]:
    if not isinstance(one, dict):
        raise MenuRefused("a button must name what it does")
    name = _name(one, limit)
    if "url" in one:
        return {"type": "view", "name": name, "url": _short(name, str(one["url"]), URL)}
    if "payload" in one:
        payload = str(one["payload"])
        if not valid_payload(payload):
            raise MenuRefused(f"{name}: {payload} is no payload")
        return {"type": "click", "name": name, "key": _short(name, payload, KEY)}
    kind = str(one.get("type") or "")
    if kind not in ("scancode_waitmsg", "scancode_push", "location_select"):
        raise MenuRefused(f"{name}: needs payload, url or a type")
    return {"type": kind, "name": name, "key": _short(name, str(one.get("key") or kind), KEY)}


def _short(name: str, value: str, limit: int) -> str:
    if size(value) > limit:
        raise MenuRefused(f"{name}: longer than {limit} bytes")
    return value
