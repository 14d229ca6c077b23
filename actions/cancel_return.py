"""Take a booked return back: the books stay with the reader, nobody comes, no cell waits."""

import re

from actions._base import LibraryAction
from actions._figures import day
from actions._talk import Talk, choice
from lending.catalogue.picking import picked
from lending.errors import Code, LendingError
from lending.loans.model import ReturnState, ReturnView

TAKES_BACK = re.compile(
    r"不还了|(?:先|暂时)不还|取消[^，,。]{0,6}还书|还书[^，,。]{0,8}取消|(?:不用|不要|别)(?:上门)?来?(?:取|拿|收)书?了?$"
)
"""“先不还了”, however the message was understood."""
EVERY = re.compile(r"都|全")
OPEN = ("return_pick", "return_method", "return_confirmation")
"""Questions of a return that is not agreed yet."""


class CancelReturn(LibraryAction):
    """“不还了”, “取消还书”."""

    action_name = "action_cancel_return"

    def act(self, talk: Talk) -> None:
        cancel_return(talk)


def cancel_return(talk: Talk) -> None:
    """Take back the return named or pressed, the only one, or ask which."""
    if talk.awaiting in OPEN and talk.entity("return") is None:
        talk.say("utter_return_not_booked")
        return
    reader = talk.need_reader()
    under_way = talk.library.returns.of(reader)
    if not under_way:
        talk.say("utter_no_return")
        return
    chosen = _chosen(talk, under_way)
    if not chosen:
        choices = [choice(_titles(one), "cancel_return", **{"return": one.number}) for one in under_way]
        talk.say("utter_cancel_return_which", choices=choices)
    for view in chosen:
        _take_back(talk, view)


def takes_back(talk: Talk) -> bool:
    """A message that was understood as something near, and takes a return back."""
    if not (talk.text and TAKES_BACK.search(talk.text)):
        return False
    cancel_return(talk)
    return True


def _chosen(talk: Talk, under_way: list[ReturnView]) -> list[ReturnView]:
    if (number := talk.entity("return")) is not None:
        return [talk.library.returns.get(talk.need_reader(), number)]
    if len(under_way) == 1 or EVERY.search(talk.text):
        return under_way
    names = [tuple(loan.title for loan in view.loans) for view in under_way]
    return [under_way[place] for place in picked(talk.text, names, talk.library.fold)]


def _take_back(talk: Talk, view: ReturnView) -> None:
    titles = _titles(view)
    try:
        kept = talk.library.returns.cancel(talk.need_reader(), view.number)
    except LendingError as error:
        if error.code is not Code.TOO_LATE_TO_CANCEL:
            raise
        response = "received" if error.facts.get("state") == ReturnState.RECEIVED else "handed_over"
        talk.say(f"utter_return_too_late_{response}", titles=titles, number=view.number)
        return
    late = max((loan.overdue_days for loan in kept.loans), default=0)
    due = day(min(loan.due for loan in kept.loans))
    response = "utter_return_cancelled_overdue" if late else "utter_return_cancelled"
    talk.say(response, number=kept.number, titles=titles, due=due, days=late)


def _titles(view: ReturnView) -> str:
    return "".join(f"《{loan.title}》" for loan in view.loans)
