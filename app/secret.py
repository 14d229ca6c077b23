"""The signing key that a loopback installation makes for itself and keeps."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from app.errors import StartupError

SECRET_LENGTH = 32
"""Characters that a signing key must have at least."""


def kept_secret(path: Path) -> str:
    """The key in the file; made (0600) when there is none; StartupError when it can't be."""
    try:
        if not path.exists():
            _write_once(path, secrets.token_hex(SECRET_LENGTH))
        kept = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StartupError(f"The secret key {path} can be neither read nor made: {error}.") from error
    if len(kept) < SECRET_LENGTH:
        raise StartupError(
            f"The secret key {path} is damaged: put the old one back, or set SHUDI_SECRET_KEY."
        )
    return kept


def _write_once(path: Path, text: str) -> None:
    """Write whole or not at all; of two writers the first wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as handle:
            handle.write(text + "\n")
            handle.flush()
            os.fsync(handle.fileno())
        with suppress(FileExistsError):  # another process made it first: its key is the key
            os.link(draft, path)
    finally:
        draft.unlink()
