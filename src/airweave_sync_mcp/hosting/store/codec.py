"""Entries as bytes and back: JSON without what is at its default, compressed."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import blake2b
from typing import Any, Final, TypeAlias, get_args

from pydantic import TypeAdapter, ValidationError

from airweave_sync_mcp.history.memory import Entry
from airweave_sync_mcp.hosting.store.keys import UnreadableError


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """In place of an entry: there was one, and what was read before this moment is not to be believed."""

    fetched_at: datetime


Value: TypeAlias = Entry | Forgotten

MOST_PLAIN: Final = 64 << 20
"""A value is never unpacked to more bytes than this, nor packed if it has more."""

_LEVEL: Final = 1
"""Of zlib: the higher ones take twice as long and save a tenth."""


class TooLargeError(ValueError):
    """A value of more than `MOST_PLAIN` bytes."""


class Codec:
    """Knows all kinds of entries. `schema` changes whenever one of them does."""

    def __init__(self) -> None:
        self._adapters, self.schema = _described(get_args(Value))

    def encode(self, value: Value) -> bytes:
        """The value as bytes.

        Raises:
            TooLargeError: It is beyond all measure.
            ValueError: It holds something that JSON cannot.
        """
        kind = type(value).__name__
        plain = self._adapters[kind].dump_json(value, exclude_defaults=True)
        if len(plain) > MOST_PLAIN:
            raise TooLargeError
        return zlib.compress(kind.encode() + b"\n" + plain, _LEVEL)

    def decode(self, packed: bytes) -> Value:
        """The value again.

        Raises:
            UnreadableError: It is none.
        """
        unpacker = zlib.decompressobj()
        try:
            plain = unpacker.decompress(packed, MOST_PLAIN + 64)
            kind, _, document = plain.partition(b"\n")
            value: Value = self._adapters[kind.decode()].validate_json(document)
        except (zlib.error, UnicodeDecodeError, KeyError, ValidationError):
            raise UnreadableError from None
        if not unpacker.eof:
            raise UnreadableError  # there is more of it, or its end is missing
        return value


@cache
def _described(kinds: tuple[type, ...]) -> tuple[Mapping[str, TypeAdapter[Any]], str]:
    """What reads and writes each kind, and a name for them all. Made once a process: it takes a while."""
    adapters: Mapping[str, TypeAdapter[Any]] = {kind.__name__: TypeAdapter(kind) for kind in kinds}
    shape = {name: adapter.json_schema() for name, adapter in adapters.items()}
    return adapters, blake2b(json.dumps(shape, sort_keys=True).encode(), digest_size=8).hexdigest()
