"""The `PinHasher` on argon2id, with OWASP's figures: 19 MiB, two passes, one lane (about 20 ms)."""

import argon2
from argon2.exceptions import Argon2Error, InvalidHashError


class Argon2Pins:
    """A PIN is short: the hash slows a thief of the database, the lock after wrong PINs stops a guesser."""

    def __init__(self, memory_kib: int = 19_456, passes: int = 2) -> None:
        self._hasher = argon2.PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)

    def hash(self, pin: str) -> str:
        """An encoded argon2id hash with its own salt."""
        return self._hasher.hash(pin)

    def verify(self, hashed: str, pin: str) -> bool:
        """False for a wrong PIN and for a hash that cannot be read."""
        try:
            return self._hasher.verify(hashed, pin)
        except (Argon2Error, InvalidHashError):
            return False
