"""The catalogue as the dialogue uses it: the index finds, the database says what is free now."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from lending.catalogue.model import Availability, BranchShelf, Filters, Hit, SearchPage, Title
from lending.errors import Code, LendingError
from lending.ports import CatalogueIndex, IndexAnswer, IndexedTitle, IndexHit, Match, Spotted
from lending.storage import catalogue as rows
from lending.storage.base import Database

PAGE_SIZE = 5
MOST_HITS = 200
"""Nobody leafs further through a chat; `total` never says more."""
TELL_EVERY = 500
"""Titles indexed between two reports of progress."""
SAME_RANK = 20
"""Scores are compared in twentieths; among equals, what can be lent now comes first."""


class Catalogue:
    """Search, titles, and how many copies are free."""

    def __init__(self, database: Database, index: CatalogueIndex) -> None:
        self._database = database
        self._index = index

    def search(
        self,
        text: str,
        *,
        page: int = 1,
        page_size: int = PAGE_SIZE,
        filters: Filters = Filters(),  # noqa: B008 (frozen)
        include_adult: bool = True,
    ) -> SearchPage:
        """Titles for what a reader wrote or said, best first; pages count from 1.

        Exact titles come first, then the author's, then what can be lent now. `confidence` does not depend on
        the filters: it says whether a book was asked for, not whether it is there.
        """
        answer = self._answer(text, filters, include_adult, narrowed=False)
        hits = self._checked(answer, filters, include_adult)
        if len(hits) < page * page_size and answer.total >= MOST_HITS and filters != Filters():
            narrowed = self._answer(text, filters, include_adult, narrowed=True)
            hits = self._checked(_joined(answer, narrowed), filters, include_adult)
        start = (max(page, 1) - 1) * page_size
        best = hits[0].match if hits else Match.NONE
        return SearchPage(
            tuple(hits[start : start + page_size]), len(hits), max(page, 1), best, answer.confidence
        )

    def spot(self, text: str) -> Spotted:
        """Is the whole message a title, an author or an ISBN of ours? Under 2 ms."""
        return self._index.spot(text)

    def title(self, title_id: int) -> Title:
        """One title; LendingError unknown_title."""
        found = self.titles([title_id])
        if not found:
            raise LendingError(Code.UNKNOWN_TITLE, title_id=title_id)
        return found[0]

    def titles(self, ids: Iterable[int]) -> list[Title]:
        """Titles in the order of the ids; those that are gone are left out."""
        wanted = list(dict.fromkeys(ids))
        with self._database.read() as conn:
            found = rows.titles_by_id(conn, wanted)
        return [_title(found[title_id]) for title_id in wanted if title_id in found]

    def newest(
        self,
        page: int = 1,
        page_size: int = PAGE_SIZE,
        filters: Filters = Filters(),  # noqa: B008 (frozen)
        include_adult: bool = True,
    ) -> SearchPage:
        """Titles last added first."""
        start = (max(page, 1) - 1) * page_size
        with self._database.read() as conn:
            ids, total = rows.newest(
                conn,
                limit=page_size,
                offset=start,
                available_now=filters.available_now,
                branch_id=filters.branch_id,
                large_print=filters.large_print,
                children=filters.children,
                include_adult=include_adult,
            )
            found = rows.titles_by_id(conn, ids)
            free = rows.free_counts(conn, ids, filters.branch_id)
        hits = tuple(
            Hit(_title(found[id_]), free.get(id_, 0), 1.0, Match.NONE) for id_ in ids if id_ in found
        )
        return SearchPage(hits, total, max(page, 1), Match.NONE, 1.0 if hits else 0.0)

    def availability(self, title_id: int) -> Availability:
        """Copies of a title by branch, and how many readers wait; LendingError unknown_title."""
        with self._database.read() as conn:
            if title_id not in rows.titles_by_id(conn, [title_id]):
                raise LendingError(Code.UNKNOWN_TITLE, title_id=title_id)
            shelves = rows.shelves(conn, title_id)
            waiting = rows.waiting(conn, title_id)
        by_branch = tuple(
            BranchShelf(row["branch_id"], row["branch_name"], row["on_shelf"]) for row in shelves
        )
        total = sum(row["total"] for row in shelves)
        return Availability(total, sum(shelf.on_shelf for shelf in by_branch), by_branch, waiting)

    def reindex(self, ids: Iterable[int] | None = None, progress: Callable[[int], None] | None = None) -> int:
        """Bring the index up to date with the database: the titles with these ids, or all. Titles written.

        Search goes on meanwhile. `progress` is told now and then how many titles are done.
        """
        wanted = None if ids is None else list(ids)
        with self._database.read() as conn:
            entries = _told((_entry(*row) for row in rows.rows_to_index(conn, wanted)), progress)
            return self._index.rebuild(entries) if wanted is None else self._index.extend(entries)

    def indexed(self) -> int:
        """Titles in the index."""
        return self._index.count()

    def held(self) -> int:
        """Titles in the database."""
        with self._database.read() as conn:
            return rows.count_titles(conn)

    def _answer(self, text: str, filters: Filters, include_adult: bool, *, narrowed: bool) -> IndexAnswer:
        """What the index finds. Its own idea of what is free may be old: it filters only when it must."""
        return self._index.search(
            text,
            limit=MOST_HITS,
            available_now=narrowed and filters.available_now,
            branch_id=filters.branch_id if narrowed else None,
            large_print=narrowed and filters.large_print,
            children=narrowed and filters.children,
            include_adult=include_adult,
        )

    def _checked(self, answer: IndexAnswer, filters: Filters, include_adult: bool) -> list[Hit]:
        """The hits as the database knows them now, filtered and ranked."""
        ids = [hit.title_id for hit in answer.hits]
        with self._database.read() as conn:
            found = rows.titles_by_id(conn, ids)
            free = rows.free_counts(conn, ids, filters.branch_id)
            held = rows.held_in_branch(conn, ids, filters.branch_id) if filters.branch_id else set(ids)
        hits = [_hit(hit, found[hit.title_id], free) for hit in answer.hits if hit.title_id in found]
        kept = [hit for hit in hits if hit.title.id in held and _fits(hit, filters, include_adult)]
        return sorted(kept, key=_rank)


def _told(entries: Iterable[IndexedTitle], progress: Callable[[int], None] | None) -> Iterator[IndexedTitle]:
    for done, entry in enumerate(entries, start=1):
        yield entry
        if progress is not None and done % TELL_EVERY == 0:
            progress(done)


def _hit(hit: IndexHit, row: rows.Row, free: dict[int, int]) -> Hit:
    return Hit(_title(row), free.get(hit.title_id, 0), hit.score, hit.match)


def _fits(hit: Hit, filters: Filters, include_adult: bool) -> bool:
    return (
        (hit.available > 0 or not filters.available_now)
        and (hit.title.large_print or not filters.large_print)
        and (hit.title.children or not filters.children)
        and (include_adult or not hit.title.adult_only)
    )


def _rank(hit: Hit) -> tuple[int, bool]:
    return -round(hit.score * SAME_RANK), hit.available == 0


def _joined(first: IndexAnswer, second: IndexAnswer) -> IndexAnswer:
    hits = {hit.title_id: hit for hit in (*first.hits, *second.hits)}
    return IndexAnswer(tuple(hits.values()), len(hits), first.confidence)


def _title(row: rows.Row) -> Title:
    return Title(**row)


def _entry(row: rows.Row, available: int, branches: Sequence[str]) -> IndexedTitle:
    return IndexedTitle(
        id=row["id"],
        title=row["title"],
        author=row["author"],
        publisher=row["publisher"],
        year=row["year"],
        isbn13=row["isbn13"] or "",
        subjects=row["subjects"],
        available=available,
        large_print=row["large_print"],
        children=row["children"],
        adult_only=row["adult_only"],
        branches=tuple(branches),
    )
