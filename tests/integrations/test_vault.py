"""What is sealed opens again, with the right key only."""

import pytest
from cryptography.fernet import Fernet
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.pins.argon2_hasher import Argon2Pins
from integrations.vault.fernet import FernetVault

SECRET = "a secret of the library, long enough"
VAULT = FernetVault(SECRET)


@given(st.text())
@settings(max_examples=50)
def test_whatever_is_sealed_opens(plain: str) -> None:
    assert VAULT.open(VAULT.seal(plain)) == plain
    assert FernetVault(SECRET).fingerprint(plain) == VAULT.fingerprint(plain)


def test_a_seal_is_different_each_time_and_shows_nothing() -> None:
    once, again = VAULT.seal("王小明"), VAULT.seal("王小明")
    assert once != again
    assert "王" not in once


@pytest.mark.parametrize("sealed", ["", "no seal", Fernet(Fernet.generate_key()).encrypt(b"x").decode()])
def test_another_key_or_a_broken_seal_is_a_value_error(sealed: str) -> None:
    with pytest.raises(ValueError, match="another key"):
        VAULT.open(sealed)


def test_a_changed_seal_does_not_open() -> None:
    sealed = VAULT.seal("王小明")
    with pytest.raises(ValueError, match="damaged"):
        VAULT.open(sealed[:-4] + ("AAA=" if not sealed.endswith("AAA=") else "BBB="))


def test_rotation_keeps_old_seals_and_fingerprints() -> None:
    newer = FernetVault("another secret of the library", former=[SECRET])
    sealed = VAULT.seal("13800000000")
    assert newer.open(sealed) == "13800000000"
    assert newer.fingerprint("D0001") == VAULT.fingerprint("D0001")
    brought_over = newer.reseal(sealed)
    assert FernetVault("another secret of the library").open(brought_over) == "13800000000"
    with pytest.raises(ValueError, match="another key"):
        VAULT.open(brought_over)


def test_a_fingerprint_needs_the_key() -> None:
    assert VAULT.fingerprint("D0001") != FernetVault("another secret of the library").fingerprint("D0001")
    assert VAULT.fingerprint("D0001") != VAULT.fingerprint("D0002")


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="16 characters"):
        FernetVault("short")


def test_pins_are_hashed_with_salt() -> None:
    pins = Argon2Pins(memory_kib=64, passes=1)
    hashed = pins.hash("1234")
    assert hashed != pins.hash("1234")
    assert pins.verify(hashed, "1234")
    assert not pins.verify(hashed, "1235")
    assert not pins.verify("no hash", "1234")
