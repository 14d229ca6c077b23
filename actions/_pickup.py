"""Where to take an order: the points offered, the question, and the place a message names."""

import re
from collections.abc import Sequence
from typing import Any

from actions._questions import question
from actions._talk import Choice, Talk, choice
from lending.orders.model import Method
from lending.pickup.model import PickupPoint

OFFERED = 3
"""How many lockers are offered at once."""

HOME = re.compile(
    r"(?<![一哪那这几两别大])家里?(?!图书|具)|上门|门口|送货|快递到|送到?我这|住处|小区|宿舍|单位|公司|地址"
)
LOCKER = re.compile(r"柜")
BRANCH = re.compile(r"分馆|总馆|图书馆|馆里|到馆|去馆|馆")
REFUSED = re.compile(r"(?:不是|不要|别|不去|不送|不想)[^，,。；;\s]*[，,。；;\s]+")
"""“不要自助柜了，送到家”: the place that is not wanted any more."""
OTHER = re.compile(r"换|改|别的|其他|其它|另")


def point_data(point: PickupPoint) -> dict[str, Any]:
    """A pickup point as the data of a reply (DESIGN 7)."""
    data: dict[str, Any] = {
        "id": point.id,
        "kind": str(point.kind),
        "name": point.name,
        "address": point.address,
        "open_hours": point.open_hours,
    }
    if point.distance_km is not None:
        data["distance_km"] = round(point.distance_km, 1)
    if point.free_cells is not None:
        data["free_cells"] = point.free_cells
    return data


def point_choice(point: PickupPoint, order: str | None = None) -> Choice:
    """The choice that picks this point: for the basket, or for an order already placed."""
    return choice(point.name, "choose_point", point=point.id, order=order)


def usable(points: Sequence[PickupPoint]) -> list[PickupPoint]:
    """Points that can be offered: a full or closed locker is never offered."""
    return [point for point in points if not point.closed and point.free_cells != 0]


def lockers_near(talk: Talk) -> list[PickupPoint]:
    """Usable lockers, nearest first when a location was shared, the one used last first otherwise."""
    place = talk.slot("place")
    points = talk.library.points
    if isinstance(place, dict):
        return usable(
            points.near(float(place["latitude"]), float(place["longitude"]), kind="locker", limit=99)
        )
    lockers = usable(points.all("locker"))
    reader = talk.reader()
    last = points.last_used(reader.id) if reader else None
    return sorted(lockers, key=lambda point: last is None or point.id != last.id)


def show_points(
    talk: Talk, response: str, points: Sequence[PickupPoint], *, order: str | None = None, **facts: Any
) -> None:
    """One reply that lists points, each a choice (for `order` when one is being changed)."""
    talk.say(
        response,
        kind="pickup_points",
        data={"points": [point_data(point) for point in points]},
        choices=[point_choice(point, order) for point in points],
        count=len(points),
        **facts,
    )


def ask_pickup(talk: Talk, response: str = "utter_ask_pickup", *, skip: int = 0, **facts: Any) -> None:
    """Ask where to take the order: up to three lockers, and branch and door beside them (5.1)."""
    lockers = lockers_near(talk)
    shown = lockers[skip : skip + OFFERED] or lockers[:OFFERED]
    show_points(talk, response, shown, **facts)
    talk.expect("pickup", skip=skip)


@question("pickup")
def _ask_pickup_again(talk: Talk, about: dict[str, Any]) -> None:
    ask_pickup(talk, "utter_resume_pickup", skip=int(about.get("skip") or 0))


def named_points(talk: Talk) -> list[PickupPoint]:
    """The points that the message or payload names; none when it only says what kind (see `named_method`)."""
    if (point := talk.entity("point")) is not None:
        return [talk.library.points.get(point)]
    text = REFUSED.sub("", talk.text)
    found = list(talk.library.points.named(text)) if text else []
    kinds = {named.kind for named in found}
    whole = len(kinds) == 1 and len(found) == len(talk.library.points.all(kinds.copy().pop()))
    return [] if whole and len(found) > 1 else found


def named_method(talk: Talk) -> Method | None:
    """The way of taking that the message names without naming a place."""
    if (word := talk.entity("method")) is not None:
        return Method(word) if word in {method.value for method in Method} else None
    text = REFUSED.sub("", talk.text)
    for method, pattern in ((Method.LOCKER, LOCKER), (Method.HOME, HOME), (Method.BRANCH, BRANCH)):
        if pattern.search(text):
            return method
    return None
