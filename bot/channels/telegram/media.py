"""A voice message's bytes: getFile, then the download; at most 20 MB."""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramBadRequest, TelegramEntityTooLarge
from aiohttp import ClientError, ClientResponseError

from bot.channels.base import MediaGone, MediaLater
from bot.channels.telegram.api import field
from bot.channels.telegram.messages import BIGGEST_FILE
from bot.voice.audio import Audio

FETCH_SECONDS = 30.0


async def fetch(bot: Bot, content: Mapping[str, Any]) -> Audio:
    """The recording that an inbound of kind “voice” names. Raises MediaGone, MediaLater."""
    try:
        async with asyncio.timeout(FETCH_SECONDS):
            data = await _download(bot, await _path(bot, str(content["media"])))
    except (TelegramBadRequest, TelegramEntityTooLarge) as error:
        raise MediaGone(type(error).__name__) from None
    except ClientResponseError as error:
        raise (MediaGone if error.status in (400, 404, 410) else MediaLater)(str(error.status)) from None
    except (TelegramAPIError, ClientError, TimeoutError, OSError) as error:
        raise MediaLater(type(error).__name__) from None
    return Audio(data, str(content.get("mime") or "audio/ogg"), float(content.get("seconds") or 0))


async def _path(bot: Bot, file_id: str) -> str:
    path = field(await bot.get_file(file_id), "file_path")
    if not path:
        raise MediaGone("no path")
    return path


async def _download(bot: Bot, path: str) -> bytes:
    parts, size = [], 0
    url = bot.session.api.file_url(bot.token, path)
    async for part in bot.session.stream_content(url, timeout=int(FETCH_SECONDS), raise_for_status=True):
        size += len(part)
        if size > BIGGEST_FILE:
            raise MediaGone("too big")
        parts.append(part)
    return b"".join(parts)
