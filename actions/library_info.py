"""Answers about the library (7.2.1), all from live data and policy."""

from typing import Any

from actions._base import LibraryAction
from actions._figures import day, moment, money
from actions._pickup import BRANCH, named_points, point_data, show_points
from actions._talk import Talk
from lending.pickup.model import PickupPoint
from lending.readers.model import ReaderKind


class OpeningHours(LibraryAction):
    """“几点开门”: one place when it is named, else every branch; open now or when next."""

    step = False
    action_name = "action_opening_hours"

    def act(self, talk: Talk) -> None:
        points = named_points(talk)
        if len(points) == 1:
            tell_hours(talk, points[0])
            return
        branches = points or talk.library.points.all("branch")
        talk.say(
            "utter_opening_hours",
            kind="pickup_points",
            data={"points": [point_data(point) for point in branches]},
        )


class NearbyLockers(LibraryAction):
    """“附近的自助柜”, “有哪些分馆”."""

    step = False
    action_name = "action_nearby_lockers"

    def act(self, talk: Talk) -> None:
        named = named_points(talk)
        if named:
            show_points(talk, "utter_points_named", named)
            return
        kind = "branch" if talk.text and BRANCH.search(talk.text) and "柜" not in talk.text else "locker"
        place = talk.slot("place")
        if isinstance(place, dict):
            near = talk.library.points.near(place["latitude"], place["longitude"], kind=kind, limit=3)
            show_points(talk, "utter_lockers_near", near)
        elif kind == "branch":
            show_points(talk, "utter_branches", talk.library.points.all("branch"))
        else:
            show_points(talk, "utter_all_lockers", talk.library.points.all("locker"))


class AskFees(LibraryAction):
    """Delivery, overdue, and what the reader owes."""

    step = False
    action_name = "action_ask_fees"

    def act(self, talk: Talk) -> None:
        reader = talk.reader()
        if reader is None:
            talk.say("utter_fees", **_fee_facts(talk))
            return
        fees = talk.library.loans.fees(reader)
        total = fees.overdue_fen + fees.owed_fen
        free = "_door_free" if talk.library.policy.for_kind(reader.kind).door_free else ""
        response = ("utter_fees_own" if total else "utter_fees_none") + free
        talk.say(response, owed=money(total), **_fee_facts(talk))


class AskLimits(LibraryAction):
    """“能借几本, 借多久, 能续几次”, by the reader's kind when bound."""

    step = False
    action_name = "action_ask_limits"

    def act(self, talk: Talk) -> None:
        policy = talk.library.policy
        reader = talk.reader()
        kind = policy.for_kind(reader.kind if reader else ReaderKind.ADULT)
        facts: dict[str, Any] = {
            "card_limit": kind.card_limit,
            "loan_days": kind.loan_days,
            "renewals": kind.renewals,
            "renewal_days": kind.renewal_days,
            "parcel": policy.parcel_volumes,
            "hold_locker": kind.hold_open_days_locker,
            "hold_branch": kind.hold_days_branch,
        }
        if reader:
            held = len(talk.library.loans.of(reader))
            talk.say("utter_limits_own", held=held, left=max(0, kind.card_limit - held), **facts)
        else:
            talk.say("utter_limits", **facts)


def tell_process(talk: Talk) -> None:
    """From finding to giving back, with the limits of the policy."""
    policy = talk.library.policy
    talk.say(
        "utter_process",
        processing=policy.processing_working_days,
        acquisition=policy.acquisition_working_days,
        lockers=len(talk.library.points.all("locker")),
        branches=len(talk.library.points.all("branch")),
    )


class AskProcess(LibraryAction):
    """How online lending goes (7.2.1)."""

    step = False
    action_name = "action_ask_process"

    def act(self, talk: Talk) -> None:
        tell_process(talk)


class ContactPhone(LibraryAction):
    """The phone of the library, and of the branches."""

    step = False
    action_name = "action_contact_phone"

    def act(self, talk: Talk) -> None:
        library = talk.library.policy.library
        talk.say("utter_phone", phone=library.phone, supervision=library.supervision_phone)


def tell_hours(talk: Talk, point: PickupPoint) -> None:
    """One place: open now until when, or closed until when."""
    library = talk.library
    now = library.clock.now()
    facts: dict[str, Any] = {"name": point.name, "hours": point.open_hours, "address": point.address}
    data = {"points": [point_data(point)]}
    if library.calendar.is_open(point.hours, now):
        until = library.calendar.end_of_open_day(point.hours, now)
        talk.say("utter_open_now", kind="pickup_points", data=data, until=moment(until), **facts)
    else:
        opens = library.calendar.next_open(point.hours, now)
        talk.say(
            "utter_closed_now", kind="pickup_points", data=data, opens=moment(opens), day=day(opens), **facts
        )


def _fee_facts(talk: Talk) -> dict[str, Any]:
    policy = talk.library.policy
    return {
        "delivery": money(policy.delivery.base_fen),
        "delivery_volumes": policy.delivery.base_volumes,
        "delivery_more": money(policy.delivery.extra_fen),
        "overdue_day": money(policy.overdue.fen_per_day),
        "overdue_most": money(policy.overdue.most_fen),
    }
