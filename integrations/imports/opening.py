"""Opens an import file: gzipped or not, in an encoding told or found out."""

import codecs
import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from integrations.imports.model import ImportRefused

SAMPLE_BYTES = 1 << 20
_GZIP = b"\x1f\x8b"
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
CANDIDATES = ("utf-8", "gb18030")
"""Tried in this order: text in GBK is hardly ever valid UTF-8, but the other way round is common."""


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The bytes of the file, unpacked. ImportRefused when it is missing, a folder, unreadable or empty."""
    try:
        raw = path.open("rb")
    except FileNotFoundError:
        raise ImportRefused(f"There is no file {path}.") from None
    except OSError as error:
        raise ImportRefused(f"{path} cannot be read: {error.strerror}.") from None
    with raw:
        packed = raw.read(2) == _GZIP
        raw.seek(0)
        stream = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if packed else raw
        try:
            empty = not stream.read(1)
        except (OSError, EOFError):
            raise ImportRefused(f"{path} is a damaged gzip file.") from None
        if empty:
            raise ImportRefused(f"{path} is empty.")
        stream.seek(0)
        yield stream


def sample(path: Path) -> bytes:
    """The first megabyte, unpacked."""
    with opened(path) as stream:
        return stream.read(SAMPLE_BYTES)


def count(path: Path, mark: bytes) -> int:
    """How often a byte stands in the file: about how many records there are."""
    with opened(path) as stream:
        return sum(block.count(mark) for block in iter(lambda: stream.read(1 << 20), b""))


def known_encoding(name: str) -> str:
    """The encoding's own name; ImportRefused when Python has none of that name."""
    try:
        found = codecs.lookup(name).name
    except LookupError:
        raise ImportRefused(f"There is no encoding called {name!r}; use for example utf-8 or gbk.") from None
    return "gb18030" if found in {"gbk", "gb2312"} else found


def detect(head: bytes, path: Path) -> str:
    """The encoding of a text file from its first bytes; ImportRefused when it is none that we know."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    for encoding in CANDIDATES:
        if decodes(head, encoding):
            return encoding
    raise ImportRefused(f"{path} is neither UTF-8 nor GBK: tell its encoding with --encoding.")


def decodes(head: bytes, encoding: str) -> bool:
    """Does the sample decode? A character cut off at its end does not count."""
    if b"\x00" in head and not encoding.startswith("utf-16"):
        return False
    try:
        codecs.getincrementaldecoder(encoding)().decode(head, final=len(head) < SAMPLE_BYTES)
    except UnicodeDecodeError:
        return False
    return True


def as_text(stream: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """Text with the line ends as they are; what cannot be decoded becomes U+FFFD, which readers look for."""
    return io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="")
