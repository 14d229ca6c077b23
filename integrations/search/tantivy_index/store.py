"""Where the index lies: generations in a directory, one of them current; many readers, one writer at a time.

    DIR/CURRENT           the name of the generation in force, replaced atomically
    DIR/<generation>/     a tantivy index
    DIR/writer.lock       held by the one process that writes

A reader looks at two file times before each search and reloads when another process has committed or swapped.
"""

import fcntl
import os
import shutil
import threading
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import tantivy

from integrations.search.tantivy_index.documents import VERSION, schema, to_document
from lending.ports import IndexedTitle

_HEAP_BYTES = 64_000_000
_WRITER_THREADS = 1
_OPEN_ATTEMPTS = 5


Stamp = tuple[int, int, int]


def _stamp(path: Path) -> Stamp:
    """Tells one version of a replaced file from the next, even within one tick of the file system's clock."""
    found = path.stat()
    return found.st_mtime_ns, found.st_ino, found.st_size


class Generation:
    """One opened tantivy index and the searcher over its last seen commit."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.index = tantivy.Index(schema(), str(path), reuse=True)
        _register(self.index)
        self.index.config_reader("manual", 0)
        self._seen: Stamp | None = None
        self.searcher = self.index.searcher()
        self.refresh()

    def refresh(self) -> None:
        """See what was committed since, by this process or another one."""
        stamp = _stamp(self.path / "meta.json")
        if stamp != self._seen:
            self.index.reload()
            self.searcher = self.index.searcher()
            self._seen = stamp


class Store:
    """The directory of generations."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._pointer = directory / "CURRENT"
        self._generation: Generation | None = None
        self._pointer_seen: Stamp | None = None
        self._opening = threading.Lock()

    def searcher(self) -> tantivy.Searcher | None:
        """A searcher over the newest commit, or None when nothing of this format has been indexed yet."""
        for attempt in range(_OPEN_ATTEMPTS):
            try:
                with self._opening:
                    generation = self._current()
                    if generation is None:
                        return None
                    generation.refresh()
                    return generation.searcher
            except (OSError, ValueError):
                self._generation = None  # swapped away between two steps: look again
                if attempt == _OPEN_ATTEMPTS - 1:
                    raise
        return None

    def extend(self, titles: Iterable[IndexedTitle]) -> int:
        """Add or replace titles in the current generation."""
        with self._writing():
            generation = self._current()
            if generation is None:
                return self._new_generation(titles)
            written = _write(generation.index, titles, replacing=True)
            generation.refresh()
            return written

    def rebuild(self, titles: Iterable[IndexedTitle]) -> int:
        """Write a new generation beside the current one, then point to it."""
        with self._writing():
            return self._new_generation(titles)

    def _new_generation(self, titles: Iterable[IndexedTitle]) -> int:
        name = f"v{VERSION}-{uuid.uuid4().hex[:12]}"
        path = self._directory / name
        path.mkdir(parents=True)
        try:
            index = tantivy.Index(schema(), str(path), reuse=True)
            _register(index)
            written = _write(index, titles, replacing=False)
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise
        previous = self._name()
        fresh = self._directory / f"CURRENT.{name}"
        fresh.write_text(name, encoding="ascii")
        os.replace(fresh, self._pointer)
        self._sweep(keep={name, previous})
        return written

    def _sweep(self, keep: set[str]) -> None:
        """Remove generations nobody can still be opening: all but the current and the one before."""
        for path in self._directory.iterdir():
            if path.is_dir() and path.name not in keep:
                shutil.rmtree(path, ignore_errors=True)

    def _name(self) -> str:
        try:
            return self._pointer.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return ""

    def _current(self) -> Generation | None:
        try:
            stamp = _stamp(self._pointer)
        except FileNotFoundError:
            return None
        if self._generation is None or stamp != self._pointer_seen:
            name = self._name()
            if not name.startswith(f"v{VERSION}-"):
                return None
            self._generation = Generation(self._directory / name)
            self._pointer_seen = stamp
        return self._generation

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Wait until no other process or thread writes."""
        self._directory.mkdir(parents=True, exist_ok=True)
        with (self._directory / "writer.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(lock, fcntl.LOCK_UN)


def _register(index: tantivy.Index) -> None:
    analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer("whitespace", analyzer)


def _write(index: tantivy.Index, titles: Iterable[IndexedTitle], *, replacing: bool) -> int:
    writer = index.writer(_HEAP_BYTES, _WRITER_THREADS)
    written = 0
    try:
        for entry in titles:
            if replacing:
                writer.delete_documents_by_term("id", entry.id)
            writer.add_document(to_document(entry))
            written += 1
        writer.commit()
    except BaseException:
        writer.rollback()
        raise
    finally:
        writer.wait_merging_threads()
    return written
