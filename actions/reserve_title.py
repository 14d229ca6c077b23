"""Queue for a title whose copies are all out."""

from actions._base import LibraryAction
from actions._figures import day
from actions._talk import Talk
from actions.basket import chosen, put_in_basket
from actions.search_books import WEAK, search
from lending.catalogue.model import Title
from lending.errors import Code, LendingError


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
            return
        for reservation in reservations:
            if reservation.ready_until:
                talk.say(
                    "utter_reservation_ready", title=reservation.title, until=day(reservation.ready_until)
                )
            else:
                talk.say("utter_reservation_waiting", title=reservation.title, position=reservation.position)


def _title(talk: Talk) -> Title | None:
    if talk.awaiting == "reserve" and not talk.entity("title"):
        return talk.library.catalogue.title(int(talk.about["title"]))
    if titles := chosen(talk):
        return titles[0]
    page = search(talk, talk.text) if talk.text else None
    return page.hits[0].title if page and page.hits and page.confidence >= WEAK else None
