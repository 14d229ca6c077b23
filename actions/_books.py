"""Lists of books: how hits become the data and the choices of a reply."""

from collections.abc import Iterable
from typing import Any

from actions._talk import Choice, Talk, choice
from lending.catalogue.model import Filters, Hit, SearchPage, Title

PAGE_SIZE = 5
ELDER_PAGE_SIZE = 3


def book_data(title: Title, available: int) -> dict[str, Any]:
    """One book as the data of a reply (DESIGN 7): id as text, available as a number of copies."""
    return {
        "id": str(title.id),
        "title": title.title,
        "author": title.author,
        "publisher": title.publisher,
        "year": title.year,
        "available": available,
    }


def book_choice(title: Title) -> Choice:
    """The choice that picks this title."""
    return choice(title.title, "select_item", title=title.id)


def show_books(
    talk: Talk, response: str, page: SearchPage, /, *, filters: Filters, text: str, **facts: Any
) -> None:
    """Tell one page of hits and remember it, so that “第二本” and “更多” have something to stand on."""
    first = (page.page - 1) * page_size(talk)
    more = page.total > first + len(page.hits)
    choices = [book_choice(hit.title) for hit in page.hits]
    talk.set(
        shown=[hit.title.id for hit in page.hits],
        focus=page.hits[0].title.id if len(page.hits) == 1 else None,
        listing={"text": text, "page": page.page, "filters": pack(filters)},
    )
    talk.say(
        response + ("_more" if more else ""),
        kind="books",
        data={"total": page.total, "books": books(page.hits)},
        choices=choices,
        total=page.total,
        shown=len(page.hits),
        left=page.total - first - len(page.hits),
        **facts,
    )


def page_size(talk: Talk) -> int:
    """How many books stand on a page: fewer in elderly mode."""
    return ELDER_PAGE_SIZE if talk.elder else PAGE_SIZE


def books(hits: Iterable[Hit]) -> list[dict[str, Any]]:
    """Hits as data."""
    return [book_data(hit.title, hit.available) for hit in hits]


def may_see_adult(talk: Talk) -> bool:
    """Adult-only titles are hidden from children (6.1.4)."""
    reader = talk.reader()
    return reader is None or talk.library.policy.for_kind(reader.kind).adult_titles


def pack(filters: Filters) -> dict[str, Any]:
    """Filters as a slot."""
    return {
        "available_now": filters.available_now,
        "branch_id": filters.branch_id,
        "large_print": filters.large_print,
        "children": filters.children,
    }


def unpack(kept: Any) -> Filters:
    """The filters of a slot; none when the slot is empty."""
    return Filters(**kept) if isinstance(kept, dict) else Filters()
