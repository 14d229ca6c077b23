"""Queue for a title whose copies are all out."""

import re

from actions._base import LibraryAction
from actions._figures import day
from actions._named import titles_named
from actions._talk import Talk, choice
from actions.basket import chosen, put_in_basket
from actions.search_books import WEAK, search
from lending.catalogue.model import Title
from lending.catalogue.picking import picked
from lending.errors import Code, LendingError
from lending.loans.model import Reservation

GIVE_UP = re.compile(r"取消|不约|不排|不等|退")
"""The reader does not want to wait any longer."""


class ReserveTitle(LibraryAction):
    """“帮我预约这本”."""

    action_name = "action_reserve_title"

    def act(self, talk: Talk) -> None:
        title = _title(talk)
        if title is None:
            talk.say("utter_reserve_which")
            return
        reader = talk.need_reader()
        try:
            reservation = talk.library.reservations.reserve(reader, title.id)
        except LendingError as error:
            if error.code is not Code.COPY_AVAILABLE:
                raise
            talk.say("utter_refused_copy_available", title=title.title)
            put_in_basket(talk, [title])
            return
        talk.say("utter_reserved", title=reservation.title, position=reservation.position)


class NoReservation(LibraryAction):
    """No to the offered reservation."""

    action_name = "action_no_reservation"

    def act(self, talk: Talk) -> None:
        talk.say("utter_no_reservation")


class ReservationStatus(LibraryAction):
    """“我预约的书排到第几了”."""

    step = False
    action_name = "action_reservation_status"

    def act(self, talk: Talk) -> None:
        reservations = talk.library.reservations.of(talk.need_reader())
        if not reservations:
            talk.say("utter_no_reservations")
        elif GIVE_UP.search(talk.text) or talk.number("reservation") is not None:
            _give_up(talk, reservations)
        else:
            self._tell(talk, reservations)

    def _tell(self, talk: Talk, reservations: list[Reservation]) -> None:
        for reservation in reservations:
            if reservation.ready_until:
                talk.say(
                    "utter_reservation_ready", title=reservation.title, until=day(reservation.ready_until)
                )
            else:
                talk.say(
                    "utter_reservation_waiting",
                    title=reservation.title,
                    position=reservation.position,
                    reservation=reservation.id,
                )


def _give_up(talk: Talk, reservations: list[Reservation]) -> None:
    """“取消预约”: the one named or pressed, the only one, or ask which."""
    wanted = talk.number("reservation")
    names = [(reservation.title,) for reservation in reservations]
    places = picked(talk.text, names, talk.library.fold) if talk.text else []
    if wanted is None and not places and len(reservations) > 1:
        choices = [choice(one.title, "reservation_status", reservation=one.id) for one in reservations]
        talk.say("utter_give_up_which", choices=choices)
        return
    given_up = [reservations[place].id for place in places or (0,)] if wanted is None else [wanted]
    for reservation_id in given_up:
        gone = talk.library.reservations.cancel(talk.need_reader(), reservation_id)
        talk.say("utter_reservation_given_up", title=gone.title)


def _title(talk: Talk) -> Title | None:
    if talk.awaiting == "reserve" and not talk.entity("title"):
        return talk.library.catalogue.title(int(talk.about["title"]))
    if titles := chosen(talk):
        return titles[0]
    page = search(talk, talk.text) if talk.text else None
    if page and page.hits and page.confidence >= WEAK:
        return page.hits[0].title
    return next(iter(titles_named(talk, talk.text)), None) if talk.text else None
