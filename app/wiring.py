"""The only place that picks adapters: settings in, a wired library and gateway out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from app.demo.seed import is_seeded
from app.settings import ROOT, Settings
from integrations.calendar.chinesecalendar_days import ChineseCalendarDays
from integrations.circulation.local import LocalCirculation
from integrations.lockers.simulated import SimulatedLockers
from integrations.logistics.local import LocalCourier
from integrations.pins.argon2_hasher import Argon2Pins
from integrations.search.tantivy_index.folding import fold
from integrations.search.tantivy_index.index import TantivyIndex
from integrations.search.tantivy_index.phonetics import syllables
from integrations.sms.file import FileSms
from integrations.vault.fernet import FernetVault
from lending.calendar import WorkingCalendar
from lending.cases import Cases
from lending.catalogue.service import Catalogue
from lending.library import Library
from lending.loans.closing import Closing
from lending.loans.handover import Handover
from lending.loans.queue import Queue
from lending.loans.reservations import Reservations
from lending.loans.returning import Returns
from lending.loans.service import Loans
from lending.loans.telling import Teller
from lending.notices.announcements import Announcements
from lending.notices.runner import TimerRunner
from lending.notices.settings import NoticeSettings
from lending.notices.texting import Texting
from lending.orders.basket import Baskets
from lending.orders.fulfilment import Fulfilment
from lending.orders.needs import Needs
from lending.orders.service import Orders
from lending.pickup.points import Points
from lending.policy import Policy
from lending.ports import Circulation, Clock, LockerBank, Vault
from lending.readers.audit import Audit
from lending.readers.register import Register
from lending.readers.service import Readers
from lending.storage.base import Database
from lending.storage.calendar import StoredOverrides
from lending.surveys import Profile, Surveys

SURVEY_PROFILE = ROOT / "app" / "demo" / "survey.toml"


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """An aware UTC datetime."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Wired:
    """A library with the adapters beside it that processes need by themselves.

    minutely: calls for adapters that timers may not make (free cells, tell the library system).
    """

    library: Library
    vault: Vault
    courier: LocalCourier
    timers: TimerRunner
    minutely: tuple[Callable[[], object], ...]


def build_library(settings: Settings) -> Library:
    """The library of these settings."""
    return build(settings).library


def build(settings: Settings, database: Database | None = None, clock: Clock | None = None) -> Wired:
    """Wire everything. `database` and `clock` may be given by tests."""
    database = database or Database(settings.database)
    clock = clock or SystemClock()
    policy = Policy.load(settings.policy_file)
    days = StoredOverrides(database, clock)
    calendar = WorkingCalendar(ChineseCalendarDays(), days)
    vault = FernetVault(settings.secret)
    audit = Audit(database, clock)
    register = Register(database, clock, policy, vault, Argon2Pins(), audit)
    circulation = LocalCirculation(database, clock, register)
    readers = Readers(database, clock, policy, vault, circulation, register, audit)
    lockers, courier = SimulatedLockers(database, clock), LocalCourier(database, clock)
    points = Points(database, lockers, fold, sound)
    lending = _lend(database, clock, policy, calendar, circulation, lockers, courier, points, readers)
    library = Library(
        database=database,
        clock=clock,
        policy=policy,
        calendar=calendar,
        fold=fold,
        catalogue=Catalogue(database, TantivyIndex(settings.index_dir)),
        readers=readers,
        points=points,
        baskets=Baskets(lending.needs),
        orders=Orders(lending.needs),
        fulfilment=lending.fulfilment,
        loans=lending.loans,
        returns=lending.returns,
        reservations=lending.reservations,
        cases=Cases(database, clock, vault, calendar, policy),
        surveys=Surveys(database, clock, survey_profile(), policy.survey_target),
        notice_settings=NoticeSettings(database, clock),
        announcements=Announcements(database, clock, policy, days),
    )
    minutely = (lending.fulfilment.free_cells, lending.returns.sweep, lending.teller.try_to_tell)
    return Wired(library, vault, courier, _timers(database, clock, lending), minutely)


@contextmanager
def open_library(settings: Settings) -> Iterator[Library]:
    """The library for one command; its connections are closed afterwards."""
    library = build_library(settings)
    try:
        yield library
    finally:
        library.database.dispose()


@dataclass(frozen=True, slots=True)
class _Lending:
    """Orders and loans, which know each other."""

    needs: Needs
    fulfilment: Fulfilment
    loans: Loans
    returns: Returns
    reservations: Reservations
    teller: Teller


def _lend(
    database: Database,
    clock: Clock,
    policy: Policy,
    calendar: WorkingCalendar,
    circulation: Circulation,
    lockers: LockerBank,
    courier: LocalCourier,
    points: Points,
    readers: Readers,
) -> _Lending:
    queue, teller = Queue(policy, calendar), Teller(database, clock, circulation)
    closing = Closing(policy, queue)
    loans = Loans(database, clock, policy, calendar, circulation, queue, closing, teller)
    needs = Needs(database, clock, policy, calendar, points, lockers, courier, loans, readers)
    fulfilment = Fulfilment(needs)
    closing.on_order_back = fulfilment.order_back
    handover = Handover(database, clock, policy, points, lockers, courier, readers)
    return _Lending(
        needs=needs,
        fulfilment=fulfilment,
        loans=loans,
        returns=Returns(database, clock, points, loans, closing, handover, teller),
        reservations=Reservations(database, clock, policy, queue),
        teller=teller,
    )


def _timers(database: Database, clock: Clock, lending: _Lending) -> TimerRunner:
    handlers = {
        **lending.fulfilment.handlers(),
        **lending.loans.handlers(),
        **lending.reservations.handlers(),
    }
    return TimerRunner(database, clock, handlers)


def texting(settings: Settings, wired: Wired) -> Texting | None:
    """How short messages go out, None when they do not."""
    library = wired.library
    if (settings.sms or ("file" if is_seeded(library.database) else "none")) == "none":
        return None
    sms = FileSms(settings.data_dir / "sms.jsonl", library.clock)
    return Texting(library.database, library.clock, wired.vault, library.readers.register.phone, sms)


@cache
def survey_profile() -> Profile:
    """The survey asked this year."""
    return Profile.load(SURVEY_PROFILE)


def sound(text: str) -> str:
    """Pinyin syllables parted by spaces, for places that a speech recogniser misspells."""
    return " ".join(syllables(fold(text)))
