"""Signatures and envelopes of callbacks.

Source: developers.weixin.qq.com/doc/oplatform/developers/dev/push/encryption.md. The cipher is wechatpy's;
comparing is ours, because wechatpy's takes longer the more of a forged signature is right.
"""

import binascii
import hashlib
import hmac
import secrets
from base64 import b64decode

from wechatpy.crypto import PrpCrypto
from wechatpy.exceptions import InvalidAppIdException

KEY_LENGTH = 32
BLOCK = 32
"""PKCS#7 pads to 32 bytes here, not to AES's 16."""
HEAD = 20
"""16 random bytes and the message's length."""


class Forged(Exception):
    """A signature, an envelope or its AppID is not right."""


def signature(*parts: str) -> str:
    """sha1 over the sorted parts: (token, timestamp, nonce) and, in safe mode, Encrypt."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def same(given: str, wanted: str) -> bool:
    """Whether two signatures are equal, in a time that tells nothing."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


class Envelopes:
    """Opens what WeChat sealed and seals the answer (AES-256-CBC). ValueError for a broken key."""

    def __init__(self, token: str, aes_key: str, app_id: str) -> None:
        self._token = token
        self._app_id = app_id
        self._cipher = PrpCrypto(_key(aes_key)) if aes_key else None

    def open(self, encrypted: str, msg_signature: str, timestamp: str, nonce: str) -> str:
        """The message inside. Raises `Forged`."""
        if self._cipher is None:
            raise Forged("no key")
        if not same(msg_signature, signature(self._token, timestamp, nonce, encrypted)):
            raise Forged("msg_signature")
        try:
            raw = b64decode(encrypted, validate=True)
            if len(raw) < 2 * BLOCK or len(raw) % BLOCK:
                raise Forged("length")
            return str(self._cipher.decrypt(encrypted, self._app_id))
        except InvalidAppIdException:
            raise Forged("appid") from None
        except (binascii.Error, ValueError, IndexError, UnicodeError, OverflowError):
            raise Forged("envelope") from None
        except Exception as error:  # noqa: BLE001 - struct.error and whatever a broken plaintext leads to
            raise Forged(type(error).__name__) from None

    def seal(self, message: str, timestamp: str) -> str:
        """The XML of an encrypted answer."""
        if self._cipher is None:
            raise Forged("no key")
        nonce = str(secrets.randbelow(10**10))
        encrypted = self._cipher.encrypt(message, self._app_id).decode()
        signed = signature(self._token, timestamp, nonce, encrypted)
        return (
            f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt>"
            f"<MsgSignature><![CDATA[{signed}]]></MsgSignature>"
            f"<TimeStamp>{timestamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
        )


def _key(aes_key: str) -> bytes:
    try:
        key = b64decode(aes_key + "=")
    except binascii.Error:
        key = b""
    if len(key) != KEY_LENGTH or len(aes_key) != 43:
        raise ValueError("EncodingAESKey must be the 43 characters of the console")
    return key
