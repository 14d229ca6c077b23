"""What readers send: words, voice, places, and the things that we can't read."""

import json
from collections.abc import Mapping
from types import MappingProxyType

from aiogram import F, Router
from aiogram.enums import ContentType
from aiogram.types import Audio, Message, Voice
from coord_convert.transform import wgs2gcj

from bot.channels.telegram.addressed import words_of
from bot.channels.telegram.desk import Desk
from bot.cleaning import TEXT_LIMIT, clean

LONGEST_VOICE_SECONDS = 60
BIGGEST_FILE = 20 * 1024 * 1024

ANSWERS: Mapping[str, str] = MappingProxyType(
    {
        ContentType.ANIMATION: "video",
        ContentType.VIDEO: "video",
        ContentType.VIDEO_NOTE: "video",
        ContentType.PHOTO: "photo",
        ContentType.STICKER: "sticker",
        ContentType.CONTACT: "contact",
        ContentType.DOCUMENT: "document",
        ContentType.POLL: "poll",
        ContentType.DICE: "dice",
        ContentType.STORY: "other",
        ContentType.GAME: "other",
        ContentType.INVOICE: "other",
        ContentType.PAID_MEDIA: "other",
        ContentType.UNKNOWN: "other",
    }
)
"""Our sentence for each kind; kinds of service messages (members, pins, titles) are not here and get none."""


Sound = Voice | Audio


def router() -> Router:
    """The messages' router; commands were picked before."""
    made = Router(name="messages")
    made.message.register(_forwarded, F.forward_origin)
    made.message.register(_place, F.location)
    made.message.register(_words, F.text)
    made.message.register(_voice, F.voice | F.audio)
    made.message.register(_other)
    made.edited_message.register(_edited)
    return made


async def _words(message: Message, desk: Desk) -> None:
    conversation_id = await desk.here(message)
    text = clean(words_of(message, desk.username))[: TEXT_LIMIT + 1]
    await desk.take(conversation_id, message.chat, f"m{message.message_id}", "text", {"text": text})


async def _place(message: Message, desk: Desk) -> None:
    """A location or a venue; Telegram's are WGS-84, the library's GCJ-02."""
    if message.location is None:
        return
    spot = wgs2gcj(message.location.longitude, message.location.latitude)
    place = {"latitude": round(float(spot[1]), 6), "longitude": round(float(spot[0]), 6)}
    conversation_id = await desk.here(message, facts={"located": True})
    content = {
        **place,
        "payload": f"/share_location{json.dumps(place)}",
        "text": desk.gate.teller.say("location"),
    }
    await desk.take(conversation_id, message.chat, f"m{message.message_id}", "location", content)


async def _voice(message: Message, desk: Desk) -> None:
    """A voice message, or a short sound file that may be one."""
    sound: Sound | None = message.voice or message.audio
    if sound is None:
        return
    if sound.duration > LONGEST_VOICE_SECONDS:
        await desk.say(message, "voice_long")
    elif (sound.file_size or 0) > BIGGEST_FILE:
        await desk.say(message, "voice_big")
    else:
        content = {
            "media": sound.file_id,
            "mime": sound.mime_type or "audio/ogg",
            "seconds": float(sound.duration),
        }
        conversation_id = await desk.here(message)
        await desk.take(conversation_id, message.chat, f"m{message.message_id}", "voice", content)


async def _forwarded(message: Message, desk: Desk) -> None:
    """Somebody else's words: never acted upon."""
    await desk.say(message, "forwarded", _album(message))


async def _other(message: Message, desk: Desk) -> None:
    name = ANSWERS.get(message.content_type)
    if name is not None:
        await desk.say(message, name, _album(message))


async def _edited(message: Message, desk: Desk) -> None:
    """Told once a message; a live location that moves is no edit."""
    if message.location is None:
        await desk.say(message, "edited", f"e{message.message_id}.{message.edit_date or 0}")


def _album(message: Message) -> str:
    """Pictures sent together are answered together."""
    return f"a{message.media_group_id}" if message.media_group_id else ""
