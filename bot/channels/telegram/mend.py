"""An update as aiogram's type, also when a field is missing that we don't need.

Telegram's servers, test servers and aiogram know different versions of the Bot API: aiogram 3.31 insists, for
instance, on `can_send_welcome_messages`, which older servers don't send. What is missing is filled in empty.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from aiogram import Bot
from aiogram.types import Update
from pydantic import ValidationError

TRIES = 12
_EMPTY = {"missing": 0, "string_type": "", "bool_type": False, "dict_type": {}, "list_type": []}


def read(raw: Mapping[str, Any], bot: Bot) -> Update | None:
    """The update, mended where it must be; None when it can't be."""
    body: Any = raw
    for tried in range(TRIES):
        try:
            return Update.model_validate(body, context={"bot": bot})
        except ValidationError as error:
            body = deepcopy(dict(raw)) if tried == 0 else body
            mended = [_mend(body, problem["loc"], problem["type"]) for problem in error.errors()]
            if not any(mended):
                return None
    return None


def _mend(body: Any, place: tuple[int | str, ...], problem: str) -> bool:
    """Fill in one field by what the type asks for; whether there was a way."""
    if problem not in _EMPTY:
        return False
    for name in place[:-1]:
        body = _inside(body, name)
    if not isinstance(body, dict):
        return False
    body[place[-1]] = _EMPTY[problem]
    return True


def _inside(body: Any, name: int | str) -> Any:
    """One step down; names that only say which type of a union was tried are no step."""
    if isinstance(body, list) and isinstance(name, int) and name < len(body):
        return body[name]
    if isinstance(body, dict) and name in body:
        return body[name]
    return body
