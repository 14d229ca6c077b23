"""Recall and latency of search, by kind of query, beside SQLite FTS5 with trigrams in the same run.

    python -m tests.load.search_bench [--synthetic 1000000] [--each 300]

The catalogue is `SHUDI_BENCH_CATALOGUE`, or `../shared/catalogue/titles.tsv.gz` beside the repository.
Without it there is nothing to measure. Prints Markdown. CPU is the searching thread's own time: on a busy
machine the difference to the wall clock is waiting for a core.
"""

import argparse
import csv
import gc
import gzip
import os
import random
import resource
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from integrations.search.tantivy_index import TantivyIndex
from integrations.search.tantivy_index.folding import HAN, fold
from lending.catalogue.isbn import find_isbns
from lending.ports import IndexedTitle
from tests.load.search_queries import Query, QueryMaker, isbn_of

TOP = 5
MOST_FOR_FTS5 = 40
"""Queries of a kind that FTS5 is asked: at a million titles it takes seconds for one."""
WARM_UP = 100
LIMIT = 200
"""Hits the catalogue asks the index for (`lending.catalogue.service.MOST_HITS`)."""
Search = Callable[[str], Sequence[int]]


def catalogue_file() -> Path:
    """Where the titles to measure on lie."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "catalogue" / "titles.tsv.gz"
    return Path(os.environ.get("SHUDI_BENCH_CATALOGUE", beside))


def real_titles(path: Path) -> list[IndexedTitle]:
    """The catalogue's titles, numbered, each with an invented ISBN."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [
            IndexedTitle(number, row["title"], row["author"], isbn13=isbn_of(number), available=number % 3)
            for number, row in enumerate(rows, start=1)
        ]


def synthetic_titles(real: Sequence[IndexedTitle], count: int) -> Iterator[IndexedTitle]:
    """Titles of two halves of real ones, by authors of two halves of real names."""
    chance = random.Random(11)
    halves = [
        (text[: len(text) // 2], text[len(text) // 2 :])
        for text in (fold(one.title) for one in real)
        if 4 <= len(text) <= 14 and HAN.match(text)
    ]
    names = [one.author for one in real if 2 <= len(one.author) <= 3 and HAN.match(one.author)]
    for number in range(1, count + 1):
        title = chance.choice(halves)[0] + chance.choice(halves)[1]
        author = chance.choice(names)[0] + chance.choice(names)[1:]
        yield IndexedTitle(number, title, author, isbn13=isbn_of(number), available=number % 3)


class Fts5:
    """SQLite's own full-text search with its trigram tokenizer: the yardstick."""

    def __init__(self, file: Path, titles: Iterable[IndexedTitle]) -> None:
        self._db = sqlite3.connect(file)
        self._db.execute("CREATE VIRTUAL TABLE books USING fts5(title, author, isbn, tokenize='trigram')")
        rows = ((one.id, one.title, one.author, one.isbn13) for one in titles)
        self._db.executemany("INSERT INTO books(rowid, title, author, isbn) VALUES (?, ?, ?, ?)", rows)
        self._db.commit()

    def search(self, text: str) -> list[int]:
        """Any of the message's trigrams, ranked by BM25."""
        asked = next(iter(find_isbns(text)), fold(text))
        grams = dict.fromkeys(asked[at : at + 3] for at in range(len(asked) - 2))
        if not grams:
            found = self._db.execute("SELECT rowid FROM books WHERE title = ? LIMIT 5", (text,))
        else:
            match = " OR ".join(f'"{gram}"' for gram in grams)
            query = "SELECT rowid FROM books WHERE books MATCH ? ORDER BY rank LIMIT 5"
            found = self._db.execute(query, (match,))
        return [int(row[0]) for row in found]


def some_of_each(queries: Sequence[Query], most: int) -> list[Query]:
    """The first queries of every kind."""
    kept: dict[str, list[Query]] = defaultdict(list)
    for query in queries:
        if len(kept[query.kind]) < most:
            kept[query.kind].append(query)
    return [query for chosen in kept.values() for query in chosen]


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measure(search: Search, queries: Sequence[Query], by_id: dict[int, IndexedTitle]) -> dict[str, list[str]]:
    """For each kind: recall@5, and milliseconds p50, p99 on the wall clock and p99 of CPU."""
    for query in queries[:: max(1, len(queries) // WARM_UP)]:
        search(query.text)
    found: dict[str, list[tuple[bool, float, float]]] = defaultdict(list)
    for query in queries:
        wall, cpu = time.perf_counter(), time.thread_time()
        ids = search(query.text)
        spent = (time.perf_counter() - wall) * 1e3, (time.thread_time() - cpu) * 1e3
        hit = any(query.is_found(by_id[number]) for number in ids[:TOP])
        found[query.kind].append((hit, *spent))
        if not hit and "--misses" in sys.argv:
            print(f"missed {query.kind}: {query.text} {[by_id[n].title for n in ids[:3]]}", file=sys.stderr)
    return {kind: _figures(rows) for kind, rows in found.items()}


def _figures(rows: Sequence[tuple[bool, float, float]]) -> list[str]:
    recall = sum(row[0] for row in rows) / len(rows)
    walls, cpus = [row[1] for row in rows], [row[2] for row in rows]
    spent = (percentile(walls, 0.5), percentile(walls, 0.99), percentile(cpus, 0.99))
    return [f"{recall:.3f}", *(f"{value:.1f}" for value in spent)]


def compare(name: str, titles: Sequence[IndexedTitle], each: int) -> None:
    """Build both, ask both, print one table."""
    folder = Path(tempfile.mkdtemp(prefix="search-bench-"))
    try:
        began, cpu = time.perf_counter(), time.process_time()
        index = TantivyIndex(folder / "index")
        index.rebuild(titles)
        built, spent = time.perf_counter() - began, time.process_time() - cpu
        began = time.perf_counter()
        fts5 = Fts5(folder / "fts5.db", titles)
        other = time.perf_counter() - began
        queries = list(QueryMaker(titles).make(each))
        by_id = {one.id: one for one in titles}
        gc.freeze()  # these lists are the benchmark's: searching must not pay for looking through them
        ours = measure(lambda text: _ids(index, text), queries, by_id)
        theirs = measure(fts5.search, some_of_each(queries, MOST_FOR_FTS5), by_id)
        _print(name, len(titles), ours, theirs)
        size = sum(
            file.stat().st_size for file in folder.rglob("*") if file.is_file() and "index" in file.parts
        )
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"\nIndexed in {built:.0f} s ({spent:.0f} s CPU), {size / 1e6:.0f} MB; FTS5 in {other:.0f} s. "
            f"{each} queries a kind; memory of this run at most {memory:.0f} MB.\n"
        )
    finally:
        shutil.rmtree(folder)


def _ids(index: TantivyIndex, text: str) -> list[int]:
    return [hit.title_id for hit in index.search(text, limit=LIMIT).hits]


def _print(name: str, count: int, ours: dict[str, list[str]], theirs: dict[str, list[str]]) -> None:
    head = (
        "query",
        "recall@5",
        "p50 ms",
        "p99 ms",
        "p99 CPU ms",
        "FTS5 recall@5",
        "FTS5 p50 ms",
        "FTS5 p99 ms",
    )
    print(f"### {name}: {count:,} titles\n\n| {' | '.join(head)} |\n|{' --- |' * len(head)}")
    for kind, figures in ours.items():
        print(f"| {kind} | {' | '.join(figures)} | {' | '.join(theirs[kind][:3])} |")


def main() -> None:
    """Measure on the real catalogue, and on as many synthetic titles as asked for."""
    parser = argparse.ArgumentParser(description="Recall and latency of search.")
    parser.add_argument("--synthetic", type=int, default=1_000_000, help="synthetic titles (0: none)")
    parser.add_argument("--each", type=int, default=300, help="queries of each kind")
    parser.add_argument("--misses", action="store_true", help="name on stderr what was not found")
    options = parser.parse_args()
    path = catalogue_file()
    if not path.is_file():
        print(f"There is no catalogue at {path}: nothing measured. Set SHUDI_BENCH_CATALOGUE.")
        return
    real = real_titles(path)
    compare("Real catalogue", real, options.each)
    if options.synthetic:
        compare("Synthetic catalogue", list(synthetic_titles(real, options.synthetic)), options.each)


if __name__ == "__main__":
    main()
