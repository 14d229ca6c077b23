"""A whole library, wired: every service that the dialogue, the gateway and the desk call."""

from collections.abc import Callable
from dataclasses import dataclass

from lending.calendar import WorkingCalendar
from lending.cases.service import Cases
from lending.catalogue.service import Catalogue
from lending.loans.reservations import Reservations
from lending.loans.returning import Returns
from lending.loans.service import Loans
from lending.notices.announcements import Announcements
from lending.notices.settings import NoticeSettings
from lending.orders.basket import Baskets
from lending.orders.fulfilment import Fulfilment
from lending.orders.service import Orders
from lending.pickup.points import Points
from lending.policy import Policy
from lending.ports import Clock
from lending.readers.service import Readers
from lending.storage.base import Database
from lending.surveys.service import Surveys


@dataclass(frozen=True, slots=True)
class Library:
    """Made once by the wiring of a process. `fold` evens out width, case and script, for comparing names."""

    database: Database
    clock: Clock
    policy: Policy
    calendar: WorkingCalendar
    fold: Callable[[str], str]
    catalogue: Catalogue
    readers: Readers
    points: Points
    baskets: Baskets
    orders: Orders
    fulfilment: Fulfilment
    loans: Loans
    returns: Returns
    reservations: Reservations
    cases: Cases
    surveys: Surveys
    notice_settings: NoticeSettings
    announcements: Announcements
