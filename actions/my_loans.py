"""Loans of the bound reader: list, renew."""

from typing import Any

from actions._base import LibraryAction
from actions._figures import day, iso, money, spoken
from actions._questions import question
from actions._talk import Talk, choice
from lending.catalogue.picking import ALL, picked
from lending.errors import Code, LendingError
from lending.loans.model import LoanView

TOLD_BY_TITLE = {Code.OVERDUE, Code.RENEWAL_USED, Code.RESERVED_BY_OTHER, Code.BEING_RETURNED}
"""Refusals that name the book they are about."""


class MyLoans(LibraryAction):
    """“我借了哪些书”."""

    step = False
    action_name = "action_my_loans"

    def act(self, talk: Talk) -> None:
        loans = talk.library.loans.of(talk.need_reader())
        if not loans:
            talk.say("utter_no_loans")
            return
        late = [loan for loan in loans if loan.overdue_days > 0]
        if late:
            owed = sum(loan.overdue_fen for loan in late)
            show_loans(talk, "utter_loans_overdue", loans, late=len(late), owed=money(owed))
        else:
            show_loans(talk, "utter_loans", loans, due=day(min(loan.due for loan in loans)))


class RenewLoan(LibraryAction):
    """Renew one or all; each refusal with its reason."""

    action_name = "action_renew_loan"

    def act(self, talk: Talk) -> None:
        reader = talk.need_reader()
        loans = talk.library.loans.of(reader)
        if (loan_id := talk.number("loan")) is not None:
            _renew_pressed(talk, loans, loan_id)
        elif not loans:
            talk.say("utter_no_loans")
        elif talk.entity("all") or (talk.text and ALL.search(talk.text)):
            _renew_all(talk)
        elif picks := loans_named(talk, loans):
            for loan in picks:
                _renew_one(talk, loan)
        elif len(loans) == 1:
            _renew_one(talk, loans[0])
        else:
            show_loans(talk, "utter_renew_which", loans)
            talk.expect("renew_pick", loans=[loan.id for loan in loans])


def loans_data(loans: list[LoanView]) -> dict[str, Any]:
    """Loans as the data of a reply (DESIGN 7)."""
    return {"loans": [_loan_data(loan) for loan in loans]}


def _loan_data(loan: LoanView) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": str(loan.id),
        "title": loan.title,
        "due": iso(loan.due),
        "renewable": loan.renewable,
    }
    if loan.why_not:
        data["why_not"] = str(loan.why_not)
    if loan.overdue_days:
        data |= {"overdue_days": loan.overdue_days, "overdue_fen": loan.overdue_fen}
    return data


def show_loans(talk: Talk, response: str, loans: list[LoanView], **facts: Any) -> None:
    """One reply that lists loans; a loan picked from it is renewed, or told why not."""
    choices = [choice(loan.title, "renew_this", loan=loan.id) for loan in loans]
    talk.say(response, kind="loans", data=loans_data(loans), choices=choices, count=len(loans), **facts)


def loans_named(talk: Talk, loans: list[LoanView]) -> list[LoanView]:
    """The loans that the message picks by position or title."""
    return [loans[place] for place in picked(talk.text, [(loan.title,) for loan in loans], talk.library.fold)]


def tell_renewed(talk: Talk, loan: LoanView) -> None:
    """One renewal done."""
    talk.say("utter_renewed", title=loan.title, due=day(loan.due))


def _renew_pressed(talk: Talk, loans: list[LoanView], loan_id: int) -> None:
    loan = next((loan for loan in loans if loan.id == loan_id), None)
    if loan is None:
        raise LendingError(Code.LOAN_NOT_FOUND)
    _renew_one(talk, loan)


def _renew_one(talk: Talk, loan: LoanView) -> None:
    try:
        tell_renewed(talk, talk.library.loans.renew(talk.need_reader(), loan.id))
    except LendingError as error:
        tell_not_renewed(talk, loan, error)


def tell_not_renewed(talk: Talk, loan: LoanView, error: LendingError) -> None:
    """One renewal refused in one reply: the rule, the reader's figure, the way out."""
    if error.code in TOLD_BY_TITLE:
        facts = {"days": loan.overdue_days, **error.facts, "due": day(loan.due)}
        talk.say(f"utter_not_renewed_{error.code}", title=loan.title, **facts)
    else:
        talk.say(f"utter_refused_{error.code}", **spoken({"due": loan.due, **error.facts}))


def _renew_all(talk: Talk) -> None:
    results = talk.library.loans.renew_all(talk.need_reader())
    done = [loan for loan, code in results if code is None]
    kept = [(loan, code) for loan, code in results if code is not None]
    if done:
        names = "".join(f"《{loan.title}》" for loan in done)
        show_loans(talk, "utter_renewed_all", done, titles=names, due=day(min(loan.due for loan in done)))
    for loan, code in kept:
        tell_not_renewed(talk, loan, LendingError(Code(code), **_limit(talk)))


def _limit(talk: Talk) -> dict[str, int]:
    return {"limit": talk.library.policy.for_kind(talk.need_reader().kind).renewals}


@question("renew_pick")
def _ask_renew_again(talk: Talk, about: dict[str, Any]) -> None:
    show_loans(talk, "utter_renew_which", talk.library.loans.of(talk.need_reader()))
    talk.expect("renew_pick", **about)
