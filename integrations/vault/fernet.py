"""The `Vault` on cryptography's Fernet (AES-128-CBC with HMAC-SHA256, a fresh IV each time)."""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class FernetVault:
    """Keys are derived from the secret (HKDF-SHA256, one for sealing and one for fingerprints).

    Rotation: put the new secret first and keep the old ones in `former`; everything opens, what is sealed
    from now on uses the new one, `reseal` brings a field over. Fingerprints use `fingerprint_secret` (by
    default the oldest secret), because they must stay what they were.
    """

    def __init__(
        self, secret: str, former: Sequence[str] = (), fingerprint_secret: str | None = None
    ) -> None:
        if len(secret) < 16:
            raise ValueError("the secret key needs at least 16 characters")
        secrets = [secret, *former]
        self._sealer = MultiFernet(
            [Fernet(base64.urlsafe_b64encode(_derive(one, b"seal"))) for one in secrets]
        )
        self._print_key = _derive(fingerprint_secret or secrets[-1], b"fingerprint")

    def seal(self, plain: str) -> str:
        """Cipher text, different each time."""
        return self._sealer.encrypt(plain.encode()).decode()

    def open(self, sealed: str) -> str:
        """The plain text; ValueError when no key fits or the text was changed."""
        try:
            return self._sealer.decrypt(sealed.encode()).decode()
        except InvalidToken as misfit:
            raise ValueError("sealed under another key, or damaged") from misfit

    def reseal(self, sealed: str) -> str:
        """The same plain text under the newest key; ValueError as `open`."""
        return self.seal(self.open(sealed))

    def fingerprint(self, plain: str) -> str:
        """64 hex digits, the same each time, useless without the key."""
        return hmac.new(self._print_key, plain.encode(), hashlib.sha256).hexdigest()


def _derive(secret: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"shudi vault " + purpose).derive(
        secret.encode()
    )
