"""What a client sends, checked: JSON or multipart in, one `Inbound` out."""

import base64
import json
from typing import Annotated, Any, Literal

from coord_convert.transform import wgs2gcj
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from bot.channels.web.errors import Refused
from bot.cleaning import TEXT_LIMIT, clean
from bot.inbound import Inbound
from bot.replies import valid_payload
from bot.store.voices import RECORDING

BODY_LIMIT = 64 * 1024
VOICE_LIMIT = 2 * 1024 * 1024
KEPT_TEXT = TEXT_LIMIT + 1
"""Longer texts are only told to be too long: no more than this is kept of them."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class _Message(_Strict):
    id: Annotated[
        str,
        Field(
            min_length=1,
            max_length=100,
            description="Unique per session; the same id again gets the same answer.",
        ),
    ]

    @field_validator("id")
    @classmethod
    def _storable(cls, value: str) -> str:
        if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
            raise ValueError("not storable")
        return value


class TextMessage(_Message):
    """Words."""

    type: Literal["text"]
    text: str


class ChoiceMessage(_Message):
    """A pressed choice."""

    type: Literal["choice"]
    payload: str


class LocationMessage(_Message):
    """Where the reader is."""

    type: Literal["location"]
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    crs: Literal["gcj02", "wgs84"] = "gcj02"


Message = Annotated[TextMessage | ChoiceMessage | LocationMessage, Field(discriminator="type")]
MESSAGE: TypeAdapter[TextMessage | ChoiceMessage | LocationMessage] = TypeAdapter(Message)


class Card(_Strict):
    """A library card and its PIN."""

    card: Annotated[str, Field(min_length=1, max_length=40)]
    pin: Annotated[str, Field(min_length=1, max_length=40)]


async def read_message(
    request: Request, conversation_id: str, location_words: str, voice_words: str
) -> Inbound:
    """The message of a request. Raises `Refused`."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await _voice(request, conversation_id, voice_words)
    body = await read_json(request)
    try:
        message = MESSAGE.validate_python(body)
    except ValidationError as error:
        place = any(part["loc"] and part["loc"][-1] in ("latitude", "longitude") for part in error.errors())
        raise Refused("bad_location" if place else "invalid") from None
    return Inbound(conversation_id, "web", message.id, message.type, _content(message, location_words))


async def read_json(request: Request) -> dict[str, Any]:
    """The JSON object of a request, at most 64 KiB."""
    raw = await _limited(request, BODY_LIMIT)
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise Refused("bad_body") from None
    if not isinstance(body, dict):
        raise Refused("bad_body")
    return body


async def _limited(request: Request, limit: int) -> bytes:
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > limit:
        raise Refused("too_large")
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise Refused("too_large")
        parts.append(part)
    return b"".join(parts)


async def _voice(request: Request, conversation_id: str, words: str) -> Inbound:
    """A recording in a form of the fields id, type=voice and file; kept sealed until it is answered."""
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > VOICE_LIMIT + BODY_LIMIT:
        raise Refused("too_large")
    try:
        async with request.form(max_files=1, max_fields=8) as form:
            file, message_id = form.get("file"), form.get("id")
            if form.get("type") != "voice" or not isinstance(file, UploadFile):
                raise Refused("invalid")
            content = await _recording(file)
    except (HTTPException, ValueError):
        raise Refused("bad_body") from None
    try:
        name = _Message.model_validate({"id": message_id}).id
    except ValidationError:
        raise Refused("invalid") from None
    return Inbound(conversation_id, "web", name, "voice", content | {"text": words})


async def _recording(file: UploadFile) -> dict[str, Any]:
    sound = await file.read(VOICE_LIMIT + 1)
    if len(sound) > VOICE_LIMIT:
        raise Refused("too_large")
    return {RECORDING: base64.b64encode(sound).decode(), "mime": (file.content_type or "")[:80]}


def _content(message: TextMessage | ChoiceMessage | LocationMessage, location_words: str) -> dict[str, Any]:
    if isinstance(message, TextMessage):
        return {"text": clean(message.text)[:KEPT_TEXT]}
    if isinstance(message, ChoiceMessage):
        if not valid_payload(message.payload):
            raise Refused("bad_payload")
        return {"payload": message.payload}
    place = _gcj02(message)
    payload = "/share_location" + json.dumps({"latitude": place[1], "longitude": place[0]})
    return {"payload": payload, "text": location_words}


def _gcj02(message: LocationMessage) -> tuple[float, float]:
    """(longitude, latitude) in GCJ-02. The converter takes longitude first; outside China nothing changes."""
    place = (message.longitude, message.latitude)
    if message.crs == "wgs84":
        place = wgs2gcj(*place)
    return round(float(place[0]), 6), round(float(place[1]), 6)
