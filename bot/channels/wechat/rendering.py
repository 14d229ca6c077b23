"""Replies as WeChat shows them: text with numbered choices, a menu that can be tapped, a QR picture."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.channels.base import Delivery, Parcel
from bot.channels.wechat.splitting import TEXT_LIMIT, harmless, size, split
from bot.channels.wechat.words import say
from bot.replies import Choice, Reply

MENU_ITEMS = 10
MENU_ITEM_BYTES = 120
"""Above these the choices go as numbered lines; WeChat's own bound is not written down (45098)."""
_CODES = ("order_available", "pickup_reminder")
_OWN_NUMBER = re.compile(r"\d{1,2}(?:[\s.、:：分)）]|$)")


@dataclass(frozen=True, slots=True)
class Letter:
    """What one call to the platform carries.

    text: at most 2,048 bytes. menu: (head, ((id, words), …)) to be tried instead of the text. picture: the
    code whose QR picture goes out. notice: the reply, when a template may carry it. speech: the reply to say.
    """

    text: str = ""
    menu: tuple[str, tuple[tuple[str, str], ...]] | None = None
    picture: str = ""
    notice: Reply | None = None
    delivery_id: int = 0
    speech: Reply | None = None


def told(reply: Reply, *, numbered: bool) -> str:
    """The whole reply in words, with its choices."""
    lines = [reply.text.strip()]
    if reply.choices and numbered:
        lines += _numbered(reply)
    elif reply.choices:
        lines.append(say("say_one", titles=[choice.title for choice in reply.choices[:MENU_ITEMS]]))
    return harmless("\n".join(line for line in lines if line))


def _numbered(reply: Reply) -> list[str]:
    """The choices that the text does not show with their numbers already."""
    own = any(_OWN_NUMBER.match(choice.title) for choice in reply.choices)
    listed = [
        choice.title if own else f"{place}. {choice.title}"
        for place, choice in enumerate(reply.choices, 1)
        if own or not _shown(reply.text, place, choice)
    ]
    return [say("choose"), *listed] if listed else []


def _shown(text: str, place: int, choice: Choice) -> bool:
    return any(line.strip().startswith(f"{place}.") and choice.title in line for line in text.splitlines())


def texts(batch: Sequence[Delivery]) -> list[tuple[Delivery, str]]:
    """Each delivery in words. Only the last list that is no notice's is numbered: numbers answer that one."""
    last = next((one.id for one in reversed(batch) if one.reply.choices and not one.notice), None)
    return [(one, told(one.reply, numbered=one.id == last)) for one in batch]


def picture_of(reply: Reply) -> str:
    """The pickup code that the reply tells, to be shown as a picture too; or nothing."""
    data = reply.data or {}
    code = data.get("pickup_code") or (data.get("code") if data.get("notice") in _CODES else None)
    told = isinstance(code, str | int) and str(code) and str(code) in reply.text.replace(" ", "")
    return str(code) if told else ""


def extras(one: Delivery) -> list[Letter]:
    """What comes after the words: the QR picture, the spoken reply."""
    letters = []
    if code := picture_of(one.reply):
        letters.append(Letter(picture=code, delivery_id=one.id))
    if (one.reply.data or {}).get("speech"):
        letters.append(Letter(speech=one.reply, delivery_id=one.id))
    return letters


def parcels(batch: Sequence[Delivery], by_template: frozenset[str]) -> list[Parcel]:
    """Texts joined as long as they fit, split where they don't; parts sent before are left out.

    A notice that a template may carry stays alone: when no message is left, it goes that way.
    """
    made: list[Parcel] = []
    group: list[tuple[Delivery, str]] = []
    for one, text in texts(batch):
        alone = one.notice in by_template or bool(extras(one)) or one.parts > 0
        if group and (alone or size(_joined([*group, (one, text)])) > TEXT_LIMIT):
            made.append(_together(group))
            group = []
        if alone or size(text) > TEXT_LIMIT:
            made += _apart(one, text, one.notice in by_template)
        else:
            group.append((one, text))
    if group:
        made.append(_together(group))
    return made


def _joined(group: Sequence[tuple[Delivery, str]]) -> str:
    return "\n\n".join(text for _, text in group if text)


def _together(group: Sequence[tuple[Delivery, str]]) -> Parcel:
    progress = tuple((one.id, 1, True) for one, _ in group)
    return Parcel(Letter(_joined(group), _menu(group), delivery_id=group[-1][0].id), progress)


def _apart(one: Delivery, text: str, template: bool) -> list[Parcel]:
    """One delivery in parts: pieces of its text, then what comes after the words."""
    pieces = split(text)
    letters = [Letter(piece, delivery_id=one.id) for piece in pieces]
    if len(letters) == 1:
        menu = _menu([(one, text)])
        letters = [Letter(text, menu, notice=one.reply if template else None, delivery_id=one.id)]
    letters += extras(one)
    return [
        Parcel(letter, ((one.id, part, part == len(letters)),))
        for part, letter in enumerate(letters, 1)
        if part > one.parts
    ]


def _menu(group: Sequence[tuple[Delivery, str]]) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """The last reply's choices to be tapped. Their ids name the delivery, so an old menu still works."""
    one = group[-1][0]
    choices = one.reply.choices
    if not choices or any(other.reply.choices for other, _ in group[:-1]):
        return None
    if len(choices) > MENU_ITEMS or any(size(choice.title) > MENU_ITEM_BYTES for choice in choices):
        return None
    own = any(_OWN_NUMBER.match(choice.title) for choice in choices)
    items = tuple(
        (f"{one.id}.{place}", choice.title if own or one.notice else f"{place}. {choice.title}")
        for place, choice in enumerate(choices, 1)
    )
    head = "\n\n".join(part for part in (*(text for _, text in group[:-1]), one.reply.text.strip()) if part)
    whole = size(head) + sum(size(words) for _, words in items)
    return (harmless(head), items) if head and whole <= TEXT_LIMIT else None


@dataclass(frozen=True, slots=True)
class Passive:
    """The passive answer: its text, what of the deliveries it carries, and what follows at once."""

    text: str
    deliveries: tuple[Delivery, ...]
    progress: tuple[tuple[int, int, bool], ...]


def passive(collected: Sequence[Delivery]) -> Passive:
    """As many whole deliveries as fit in one text; of a first one that is too long, its first piece.

    What comes after the words (a picture) is left to be pushed.
    """
    group: list[tuple[Delivery, str]] = []
    for one, text in texts(collected):
        if one.parts or size(_joined([*group, (one, text)])) > TEXT_LIMIT:
            break
        group.append((one, text))
        if extras(one):
            break
    if not group:
        return _first_piece(collected[0])
    done = [(one.id, 1, not extras(one)) for one, _ in group]
    return Passive(_joined(group), tuple(one for one, _ in group), tuple(done))


def _first_piece(one: Delivery) -> Passive:
    """One part of a reply that is too long, or whose first parts were sent."""
    parts = [parcel for parcel in parcels([one], frozenset()) if parcel.body.text]
    if not parts:
        return Passive("", (), ())
    return Passive(parts[0].body.text, (one,), parts[0].progress)
