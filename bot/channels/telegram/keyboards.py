"""Keyboards: buttons that refer to what they send, and the one that shares a location."""

from collections.abc import Sequence
from typing import Any

from aiogram.types import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from bot.channels.telegram.split import units
from bot.channels.telegram.words import in_script, say
from bot.replies import Choice

ROW_UNITS = 14
"""Short titles share a row, as long as together they are no longer than this."""
ROW_BUTTONS = 4


def inline(
    choices: Sequence[Choice], references: Sequence[str], link: tuple[str, str] | None
) -> InlineKeyboardMarkup | None:
    """The choices, each sending its reference, and the link below them."""
    rows: list[list[InlineKeyboardButton]] = []
    wide = ROW_UNITS + 1
    for choice, reference in zip(choices, references, strict=True):
        button = InlineKeyboardButton(text=choice.title, callback_data=reference)
        if wide + units(choice.title) <= ROW_UNITS and len(rows[-1]) < ROW_BUTTONS:
            rows[-1].append(button)
            wide += units(choice.title)
        else:
            rows.append([button])
            wide = units(choice.title)
    if link is not None:
        rows.append([InlineKeyboardButton(text=link[0], url=link[1])])
    return InlineKeyboardMarkup(inline_keyboard=rows) if rows else None


def location(script: Any) -> ReplyKeyboardMarkup:
    """One button that shares where the reader is; Telegram allows it in private chats only."""
    button = KeyboardButton(text=in_script(say("location_button"), script), request_location=True)
    return ReplyKeyboardMarkup(
        keyboard=[[button]], resize_keyboard=True, one_time_keyboard=True, is_persistent=False
    )


def gone() -> ReplyKeyboardRemove:
    """Takes the location keyboard away."""
    return ReplyKeyboardRemove()
