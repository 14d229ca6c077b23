"""Give back: which books, how (door, locker, branch), and what happens to the overdue clock."""

import re
from datetime import date
from typing import Any

from actions._base import LibraryAction
from actions._figures import day, money
from actions._pickup import HOME, lockers_near, named_method, named_points, point_data, show_points
from actions._questions import question
from actions._talk import Talk, choice
from actions.cancel_return import takes_back
from actions.my_loans import loans_data, loans_named
from lending.catalogue.picking import ALL
from lending.errors import Code, LendingError
from lending.loans.model import LoanView, ReturnView
from lending.orders.model import Method

COLLECT = re.compile(r"上门|来[取拿收]|取件|快递|" + HOME.pattern)


class ReturnBooks(LibraryAction):
    """“我要还书”."""

    action_name = "action_return_books"

    def act(self, talk: Talk) -> None:
        if takes_back(talk):
            return
        loans = _returnable(talk)
        picked = _picked(talk, loans)
        if not picked:
            choices = [choice(loan.title, "return_these", loans=loan.id) for loan in loans]
            talk.say(
                "utter_return_which", kind="loans", data=loans_data(loans), choices=choices, count=len(loans)
            )
            talk.expect("return_pick", method=_method_word(talk))
            return
        _ask_or_start(talk, picked, keep_method=talk.awaiting == "return_pick")


class AllReturns(LibraryAction):
    """“都还”, yes to giving all back."""

    action_name = "action_return_all"

    def act(self, talk: Talk) -> None:
        _ask_or_start(talk, _returnable(talk), keep_method=True)


def choose_return_method(talk: Talk) -> None:
    """The reader has named how to give back (and the loans are settled, or it is all of them)."""
    loans = _returnable(talk)
    wanted = {int(item) for item in talk.about.get("loans") or ()}
    picked = [loan for loan in loans if loan.id in wanted] if wanted else _picked(talk, loans) or loans
    _ask_or_start(talk, picked, keep_method=False)


def _returnable(talk: Talk) -> list[LoanView]:
    loans = [loan for loan in talk.library.loans.of(talk.need_reader()) if not loan.returning]
    if not loans:
        raise LendingError(Code.NOTHING_TO_RETURN)
    return loans


def _picked(talk: Talk, loans: list[LoanView]) -> list[LoanView]:
    if (value := talk.entity("loans")) is not None:
        wanted = set(value.split(","))
        chosen = [loan for loan in loans if value == "all" or str(loan.id) in wanted]
        if not chosen:
            raise LendingError(Code.LOAN_NOT_FOUND)
        return chosen
    if len(loans) == 1 or (talk.text and ALL.search(talk.text)):
        return loans
    return loans_named(talk, loans)


def _method_word(talk: Talk) -> str | None:
    if talk.number("address") is not None or (talk.text and COLLECT.search(talk.text)):
        return Method.HOME.value
    method = named_method(talk)
    return method.value if method else None


def _ask_or_start(talk: Talk, loans: list[LoanView], *, keep_method: bool) -> None:
    word = _method_word(talk) or (talk.about.get("method") if keep_method else None)
    points = named_points(talk)
    if points:
        _start(talk, loans, Method(points[0].kind), point_id=points[0].id)
    elif word == Method.HOME.value:
        _start_from_home(talk, loans)
    elif word == Method.LOCKER.value:
        show_points(talk, "utter_return_which_locker", lockers_near(talk)[:3])
        talk.expect("return_method", loans=[loan.id for loan in loans])
    elif word == Method.BRANCH.value:
        show_points(talk, "utter_return_which_branch", talk.library.points.all("branch"))
        talk.expect("return_method", loans=[loan.id for loan in loans])
    else:
        _ask_method(talk, loans)


def _ask_method(talk: Talk, loans: list[LoanView]) -> None:
    names = "".join(f"《{loan.title}》" for loan in loans)
    talk.say("utter_ask_return_method", titles=names, count=len(loans))
    talk.expect("return_method", loans=[loan.id for loan in loans])


def _start_from_home(talk: Talk, loans: list[LoanView]) -> None:
    addresses = talk.library.readers.addresses(talk.need_reader().id)
    wanted = talk.number("address")
    if wanted is not None and all(address.id != wanted for address in addresses):
        raise LendingError(Code.ADDRESS_NOT_FOUND)
    about = {"loans": [loan.id for loan in loans], "method": Method.HOME.value}
    if not addresses:
        from actions.bind_card import ask_for_address

        talk.expect("return_method", **about)
        ask_for_address(talk)
    elif wanted is None and len(addresses) > 1:
        choices = [choice(address.label, "use_address", address=address.id) for address in addresses]
        talk.say("utter_return_which_address", choices=choices)
        talk.expect("return_method", **about)
    else:
        chosen = wanted if wanted is not None else addresses[0].id
        _start(talk, loans, Method.HOME, address_id=chosen)


def _start(
    talk: Talk,
    loans: list[LoanView],
    method: Method,
    *,
    point_id: str | None = None,
    address_id: int | None = None,
) -> None:
    view = talk.library.returns.start(
        talk.need_reader(),
        [loan.id for loan in loans],
        method,
        point_id=point_id,
        address_id=address_id,
        nonce=talk.message_id,
    )
    _tell_started(talk, view)


def _tell_started(talk: Talk, view: ReturnView) -> None:
    data = {"points": [point_data(view.point)]} if view.point else {}
    response = f"utter_return_{view.method}" + ("_fee" if view.fee_fen else "")
    talk.say(
        response,
        kind="pickup_points" if view.point else None,
        data=data,
        number=view.number,
        titles="".join(f"《{loan.title}》" for loan in view.loans),
        where=view.point.name if view.point else "",
        hours=view.point.open_hours if view.point else "",
        window=_window(view.window),
        code=" ".join(view.code or ""),
        fee=money(view.fee_fen),
    )


def _window(window: str | None) -> str:
    """ "2025-03-04 14:00-18:00" as 3月4日（周二）14:00-18:00."""
    date_part, _, hours = (window or "").partition(" ")
    return f"{day(date.fromisoformat(date_part))}{hours}" if hours else window or ""


@question("return_method")
def _ask_method_again(talk: Talk, about: dict[str, Any]) -> None:
    wanted = {int(item) for item in about.get("loans") or ()}
    loans = [loan for loan in talk.library.loans.of(talk.need_reader()) if loan.id in wanted]
    if loans:
        _ask_method(talk, loans)


@question("return_pick")
def _ask_pick_again(talk: Talk, about: dict[str, Any]) -> None:
    loans = [loan for loan in talk.library.loans.of(talk.need_reader()) if not loan.returning]
    choices = [choice(loan.title, "return_these", loans=loan.id) for loan in loans]
    talk.say("utter_return_which", kind="loans", data=loans_data(loans), choices=choices, count=len(loans))
    talk.expect("return_pick", **about)
