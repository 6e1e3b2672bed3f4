"""The secret that all replicas share, and what comes of it: sealed values, and names that tell nothing."""

import os
import re
import zlib
from base64 import b64decode
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE: Final = 12
"""Bytes a sealed value begins with. They are random, so that they also tell one version of a value from another."""

_LEAST: Final = 32
_MOST: Final = 1024
_FEWEST_CHARACTERS: Final = 16
"""Different ones in base64: 32 random bytes have about 31, and as good as never less than this or one case only."""

HOW_TO_MAKE_ONE: Final = 'python -c "import secrets; print(secrets.token_hex(32))" makes one.'
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})+")
_TO_STANDARD: Final = str.maketrans("-_", "+/")


class UnreadableError(Exception):
    """A value that was not sealed for this tenant, this name and with one of our keys."""


@dataclass(frozen=True, slots=True)
class StoreKeys:
    """One key, or several while they are exchanged: the first one seals, all of them open.

    The last one gives callers and entries their names. So a new key is put in front, and when the old one is taken
    away after the lifetime of the values, replicas start with an empty memory.
    """

    keys: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "StoreKeys":
        """Keys in base64 or hexadecimal digits, with commas between them.

        Raises:
            ValueError: A sentence that does not repeat the text.
        """
        keys = tuple(_key(part.strip()) for part in text.split(","))
        if len(set(keys)) < len(keys):
            raise ValueError("it holds the same key twice.")
        return cls(keys)

    def derive(self, purpose: str) -> tuple[bytes, ...]:
        """32 bytes of each key for one purpose, which tell nothing of those for another."""
        return tuple(
            HKDF(algorithm=SHA256(), length=32, salt=None, info=f"airweave-sync-mcp {purpose}".encode()).derive(key)
            for key in self.keys
        )

    @property
    def pepper(self) -> bytes:
        """What makes all replicas know a caller by the same name."""
        return self.derive("callers")[-1]

    def box(self, tenant: str) -> "Box":
        """What seals the values of one tenant, with keys that no other tenant has."""
        return Box(tenant, tuple(AESGCM(key) for key in self.derive(f"values of {tenant}")))

    def names(self, schema: str) -> "Names":
        return Names(self.derive("names")[-1], schema)


@dataclass(frozen=True, slots=True)
class Box:
    """Seals the values of one tenant: whoever moves, changes or exchanges one makes it unreadable."""

    tenant: str
    ciphers: tuple[AESGCM, ...] = field(repr=False)

    def seal(self, name: str, value: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + self.ciphers[0].encrypt(nonce, value, self._bound_to(name))

    def open(self, name: str, sealed: bytes) -> bytes:
        """The value.

        Raises:
            UnreadableError: It is not one sealed for this tenant and name.
        """
        for cipher in self.ciphers:
            try:
                return cipher.decrypt(sealed[:NONCE], sealed[NONCE:], self._bound_to(name))
            except (InvalidTag, ValueError):  # a ValueError for a nonce too short
                continue
        raise UnreadableError

    def _bound_to(self, name: str) -> bytes:
        return _joined(self.tenant, name)


@dataclass(frozen=True, slots=True)
class Names:
    """What things are called in the store. All names of a tenant fall into one slot of a cluster.

    Of another `schema` entries have other names, so that two versions of this program can share a store.
    """

    key: bytes = field(repr=False)
    schema: str

    def entry(self, tenant: str, name: str) -> str:
        return f"{self._of(tenant)}:{self._hash(self.schema, tenant, name)}"

    def lock(self, tenant: str, name: str) -> str:
        return f"{self._of(tenant)}:lock:{self._hash(tenant, name)}"

    def rate(self, tenant: str) -> tuple[str, str]:
        """Where what is known of the rate limit stands, and where when we sent."""
        return f"{self._of(tenant)}:rate", f"{self._of(tenant)}:sent"

    def claim(self, name: str) -> str:
        return f"aws1:claim:{self._hash(name)}"

    def _of(self, tenant: str) -> str:
        return f"aws1:{{{self._hash(tenant)}}}"

    def _hash(self, *parts: str) -> str:
        return blake2b(_joined(*parts), key=self.key, digest_size=16).hexdigest()


def _joined(*parts: str) -> bytes:
    """The parts in such a way that no other parts give the same."""
    encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def _key(text: str) -> bytes:
    if not text:
        raise ValueError(f"it is empty, or there is a comma too many. {HOW_TO_MAKE_ONE}")
    key = _decode(text)
    if not key:
        raise ValueError(f"it is neither base64 nor hexadecimal digits. {HOW_TO_MAKE_ONE}")
    if not _LEAST <= len(key) <= _MOST:
        raise ValueError(
            f"a key has to be at least {_LEAST} random bytes long; this one has {len(key)}. {HOW_TO_MAKE_ONE}"
        )
    if _is_made_up(text, key):
        raise ValueError(f"a key has to be random bytes; this one looks like text or a pattern. {HOW_TO_MAKE_ONE}")
    return key


def _decode(text: str) -> bytes:
    if _HEX.fullmatch(text):  # base64 too, but it is not meant so
        return bytes.fromhex(text)
    bare = text.translate(_TO_STANDARD).rstrip("=")
    try:
        return b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except ValueError:
        return b""


def _is_made_up(text: str, key: bytes) -> bool:
    """Whether somebody typed it. A passphrase that hides better than this is not found out."""
    if key.isascii() or len(zlib.compress(key, 9)) < len(key):
        return True
    return not _HEX.fullmatch(text) and (len(set(text)) < _FEWEST_CHARACTERS or text in (text.lower(), text.upper()))
