"""What to offer for a title that cannot be had now: queue, another edition, another library, purchase
(5.3)."""

from collections.abc import Iterable

from lending.orders.model import Alternatives, BasketLine, QuoteLine, Refusal
from lending.orders.needs import LoanBook
from lending.storage import promises
from lending.storage.base import Connection
from lending.storage.orders import Row

MOST_EDITIONS = 3


def alternatives(conn: Connection, loans: LoanBook, title: Row) -> Alternatives:
    """`title` has title_id, title, author."""
    owned = bool(promises.stacks(conn, title["title_id"]))
    editions = promises.free_editions(conn, title["title_id"], MOST_EDITIONS)
    return Alternatives(
        title_id=title["title_id"],
        title=title["title"],
        reserve=owned,
        waiting=loans.waiting(conn, title["title_id"]) if owned else 0,
        editions=tuple(BasketLine(row["id"], row["title"], row["author"]) for row in editions),
        interlibrary=not owned,
    )


def refused_line(conn: Connection, loans: LoanBook, title: Row, reason: str | None = None) -> QuoteLine:
    """A line that cannot be had, with its reason and the ways on."""
    ways = alternatives(conn, loans, title)
    why = reason or (Refusal.ALL_OUT if ways.reserve else Refusal.NO_COPY)
    return QuoteLine(title["title_id"], title["title"], obtainable=False, reason=why, alternatives=ways)


def as_facts(lines: Iterable[QuoteLine]) -> list[dict[str, object]]:
    """Refused lines as plain JSON: title_id, title, reason, reserve, waiting, editions [{title_id, title}],
    interlibrary."""
    return [_facts(line) for line in lines]


def _facts(line: QuoteLine) -> dict[str, object]:
    facts: dict[str, object] = {"title_id": line.title_id, "title": line.title, "reason": str(line.reason)}
    if line.alternatives is None:
        return facts
    ways = line.alternatives
    editions = [{"title_id": other.title_id, "title": other.title} for other in ways.editions]
    more = {
        "reserve": ways.reserve,
        "waiting": ways.waiting,
        "editions": editions,
        "interlibrary": ways.interlibrary,
    }
    return facts | more
