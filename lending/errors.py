"""One error tree. A code says which rule refused; the facts say the reader's own figures.

Codes become words in two places only: `domain/refusals.yml` for the talk (`utter_refused_<code>`), and
`bot/channels/web/errors.py` for HTTP. A test holds both against this enum.
"""

from enum import StrEnum
from typing import Any


class Code(StrEnum):
    """Why the library said no."""

    # readers
    CARD_REFUSED = "card_refused"
    """Card and PIN do not belong together, or the card is not known."""
    PIN_LOCKED = "pin_locked"
    """Too many wrong PINs. Facts: retry_after_seconds."""
    CARD_NEEDED = "card_needed"
    """Only a bound reader may do this."""
    CHILD_NEEDS_GUARDIAN = "child_needs_guardian"
    """A young reader is bound by a guardian (6.1.4). Facts: age."""
    SUSPENDED = "suspended"
    """Online ordering is suspended. Facts: until."""
    ADDRESS_NOT_FOUND = "address_not_found"
    """No such address, or another reader's."""
    BAD_ADDRESS = "bad_address"
    """The address form is incomplete. Facts: field."""
    HELPER_CODE_REFUSED = "helper_code_refused"
    """No such invitation to help, or it was used or is over."""
    HELPER_CODE_LOCKED = "helper_code_locked"
    """Too many wrong invitation codes. Facts: retry_after_seconds."""
    OWN_HELPER = "own_helper"
    """A reader can't help themselves."""
    TOO_MANY_HELPERS = "too_many_helpers"
    """Enough helpers already. Facts: limit."""

    # catalogue
    UNKNOWN_TITLE = "unknown_title"
    """No title with this id."""
    ADULT_ONLY = "adult_only"
    """The title is not lent to children (6.1.4). Facts: titles."""

    # basket and order
    ALREADY_IN_BASKET = "already_in_basket"
    """The title lies in the basket already. Facts: title."""
    BASKET_FULL = "basket_full"
    """No more volumes fit. Facts: limit."""
    BASKET_EMPTY = "basket_empty"
    """Nothing to order."""
    BASKET_CHANGED = "basket_changed"
    """The basket is not the one whose summary was confirmed."""
    NOT_IN_BASKET = "not_in_basket"
    """The title named is not in the basket."""
    PICKUP_MISSING = "pickup_missing"
    """No pickup chosen yet."""
    UNKNOWN_POINT = "unknown_point"
    """No such locker or branch."""
    LOCKER_FULL = "locker_full"
    """No free cell. Facts: name."""
    POINT_CLOSED = "point_closed"
    """The locker or branch is out of service. Facts: name."""
    OVER_CARD_LIMIT = "over_card_limit"
    """More volumes than the card allows. Facts: limit, held, wanted."""
    FEES_OWED = "fees_owed"
    """Owed fees are over the limit. Facts: owed_fen, limit_fen."""
    NOTHING_OBTAINABLE = "nothing_obtainable"
    """Every title of the basket is out. Facts: titles, alternatives."""
    ORDER_NOT_FOUND = "order_not_found"
    """No such order of this reader (another reader's order answers the same)."""
    TOO_LATE_TO_CANCEL = "too_late_to_cancel"
    """The order is packed or later. Facts: state."""
    TOO_LATE_TO_CHANGE = "too_late_to_change"
    """The order is packed or later. Facts: state."""
    NOT_AVAILABLE_YET = "not_available_yet"
    """No pickup code before the order lies ready. Facts: state, promised_by."""
    CODE_REFUSED = "code_refused"
    """The pickup code is wrong, used or expired."""
    DOOR_STUCK = "door_stuck"
    """A cell's door did not open; the code stays valid. Facts: point_id, cell."""
    LINE_NOT_FOUND = "line_not_found"
    """The order has no such line."""
    LINES_OPEN = "lines_open"
    """A book is still being looked for. Facts: number, titles."""
    ILLEGAL_MOVE = "illegal_move"
    """The transition table has no such move. Facts: state, event."""

    # loans
    COPY_LENT = "copy_lent"
    """The library system has the copy out to another card. Facts: copy_id."""
    LOAN_NOT_FOUND = "loan_not_found"
    """No such loan of this reader."""
    RENEWAL_USED = "renewal_used"
    """Every renewal is used. Facts: limit, due."""
    RESERVED_BY_OTHER = "reserved_by_other"
    """Another reader waits for it. Facts: due."""
    OVERDUE = "overdue"
    """Overdue loans are not renewed. Facts: days."""
    BEING_RETURNED = "being_returned"
    """The loan is on its way back. Facts: number."""
    RETURN_NOT_FOUND = "return_not_found"
    """No such return of this reader."""
    NOTHING_TO_RETURN = "nothing_to_return"
    """No loan to give back."""

    # reservations
    ALREADY_RESERVED = "already_reserved"
    """The reader is in the queue already. Facts: position."""
    COPY_AVAILABLE = "copy_available"
    """A copy is on the shelf: order it. Facts: title."""
    ALREADY_ON_LOAN = "already_on_loan"
    """The reader has it at home. Facts: due."""
    RESERVATION_NOT_FOUND = "reservation_not_found"
    """No such reservation of this reader."""
    RESERVATION_LIMIT = "reservation_limit"
    """As many reservations as the policy allows. Facts: limit."""
    NO_COPIES = "no_copies"
    """The library has no copy in use: no queue would ever move. Ways on: another library, a purchase."""

    # cases and surveys
    CASE_NOT_FOUND = "case_not_found"
    """No case with this number."""
    CASE_TEXT_EMPTY = "case_text_empty"
    """A case without words."""
    SURVEY_DONE = "survey_done"
    """One answer a reader and year. Facts: year."""
    SURVEY_ANSWER_UNKNOWN = "survey_answer_unknown"
    """The answer is none of the grades."""


class LendingError(Exception):
    """The library says no. `code` names the rule, `facts` the figures that a refusal must show."""

    def __init__(self, code: Code, **facts: Any) -> None:
        super().__init__(f"{code}: {facts}" if facts else str(code))
        self.code = code
        self.facts = facts


class PolicyError(Exception):
    """A policy file that cannot be used: one sentence naming the file, the key and what is wanted."""
