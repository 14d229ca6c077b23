"""The shapes of the chat API's answers, for OpenAPI."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class ChoiceShape(BaseModel):
    """A button."""

    title: str
    payload: str


class ReplyShape(BaseModel):
    """One message of the library; `text` is always the whole message in words."""

    kind: str
    text: str
    choices: list[ChoiceShape] | None = None
    data: dict[str, Any] | None = None


class Session(BaseModel):
    """A new session."""

    session: str = Field(description="The secret: send it as Authorization: Bearer.")


class Replies(BaseModel):
    """Replies, and the cursor to go on from."""

    replies: list[ReplyShape]
    cursor: int
    heard: str | None = None


class Said(BaseModel):
    """One message of the history."""

    model_config = ConfigDict(populate_by_name=True)
    cursor: int
    sender: Literal["reader", "library", "staff"] = Field(alias="from")
    at: str
    text: str
    reply: ReplyShape | None = None


class History(BaseModel):
    """The last messages of both sides, oldest first."""

    messages: list[Said]
    cursor: int


class ReaderShape(BaseModel):
    """What a client learns of a bound reader."""

    kind: str
    display_name: str


class Bound(BaseModel):
    """The card is bound."""

    reader: ReaderShape


class ErrorShape(BaseModel):
    """What went wrong and what to do."""

    code: str
    message: str


class Failure(BaseModel):
    """Every error looks like this."""

    error: ErrorShape


def failures(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route."""
    retry = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return {
        status: {"model": Failure, **({"headers": retry} if status in (429, 503) else {})}
        for status in statuses
    }
