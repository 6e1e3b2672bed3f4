"""A memory that all replicas share: one sealed value for each entry, and a copy of it in every process that used it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, Final, TypeVar

import anyio.lowlevel
import anyio.to_thread
from redis.asyncio import Redis
from redis.exceptions import InvalidResponse

from airweave_sync_mcp.history.memory import Entry
from airweave_sync_mcp.hosting.store.codec import Codec, Forgotten, Value
from airweave_sync_mcp.hosting.store.copies import UNWRITTEN, Copies, Copy, weigh
from airweave_sync_mcp.hosting.store.health import Trouble
from airweave_sync_mcp.hosting.store.keys import NONCE, Box, StoreKeys, UnreadableError
from airweave_sync_mcp.hosting.store.link import Link, StoreAwayError
from airweave_sync_mcp.hosting.store.scripts import load_script

T = TypeVar("T")

MOST_BYTES: Final = 4 << 20
"""The largest value the store is given: a list of about 40,000 jobs."""

_AT_ONCE: Final = 200
"""Values asked for in one question."""

_ROOM: Final = 4 << 20
"""Bytes after which an answer says that the rest has to be asked for again."""

_LARGE_BYTES: Final = 64 << 10
_LARGE_WEIGHT: Final = 1_000
"""From here on, packing and unpacking would keep other callers waiting, and is done in a thread."""

_MOST_REPAIRS: Final = 100
"""Values the store has lost that one question brings back."""

_SKEW: Final = timedelta(seconds=10)
"""How much the clocks of replicas may differ."""

_SAME, _LATER = 1, 2  # as read.lua answers


class SharedMemory:
    """Implements `history.memory.Memory`. With the store away it is a memory of this process.

    Of two values the store keeps what was written last. A process prefers its own reading only as long as it could
    not write it and it is the newer one.
    """

    def __init__(
        self,
        redis: Redis,
        link: Link,
        keys: StoreKeys,
        codec: Codec,
        *,
        clock: Callable[[], datetime],
        lifetime: timedelta,
        copies: Copies,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._redis = redis
        self._link = link
        self._health = link.health
        self._keys = keys
        self._clock = clock
        self._lifetime = lifetime
        self._copies = copies
        self._most_bytes = most_bytes
        self._codec = codec
        self._names = keys.names(codec.schema)
        self._read = load_script(redis, "read")

    async def load(self, tenant: str, names: Iterable[str]) -> Mapping[str, Entry]:
        wanted = list(dict.fromkeys(names))
        found = self._copies.find(tenant, wanted)
        lost: dict[str, Value] = {}
        box = self._keys.box(tenant)
        with suppress(StoreAwayError):
            for some in _groups(wanted, _AT_ONCE):
                await self._refresh(box, some, found, lost)
            await self._write(tenant, dict(islice(lost.items(), _MOST_REPAIRS)))
        return {
            name: copy.value
            for name, copy in found.items()
            if not isinstance(copy.value, Forgotten) and self._left(copy.value) > timedelta()
        }

    async def save(self, tenant: str, name: str, entry: Entry) -> None:
        await self._keep(tenant, name, entry)

    async def forget(self, tenant: str, name: str) -> None:
        await self._keep(tenant, name, Forgotten(fetched_at=self._clock()))

    async def _keep(self, tenant: str, name: str, value: Value) -> None:
        self._copies.put(tenant, name, Copy(value))
        with suppress(StoreAwayError):
            await self._write(tenant, {name: value})

    def _left(self, value: Value) -> timedelta:
        """How long a value is still kept: its lifetime counts from its reading, whoever writes it again."""
        return value.fetched_at + self._lifetime - self._clock()

    # Reading

    async def _refresh(self, box: Box, names: Sequence[str], found: dict[str, Copy], lost: dict[str, Value]) -> None:
        """Bring `found` up to date. What only we still have goes to `lost`."""
        while names:
            answers = await self._ask(box.tenant, names, found)
            for name, answer in zip(names, answers, strict=True):
                if answer == _SAME:
                    self._health.hits += 1
                elif isinstance(answer, bytes):
                    await self._take_in(box, name, answer, found, lost)
                elif answer is None:
                    self._health.misses += 1
                    if name in found and not found[name].private:
                        lost[name] = found[name].value
            names = [name for name, answer in zip(names, answers, strict=True) if answer == _LATER]

    async def _ask(self, tenant: str, names: Sequence[str], found: Mapping[str, Copy]) -> list[Any]:
        keys = [self._names.entry(tenant, name) for name in names]
        versions = [found[name].version if name in found else UNWRITTEN for name in names]

        async def question() -> list[Any]:
            answers = await self._read(keys=keys, args=[_ROOM, *versions])
            if not isinstance(answers, list) or len(answers) != len(keys):
                raise InvalidResponse
            return answers

        return await self._link.ask(question)

    async def _take_in(
        self, box: Box, name: str, sealed: bytes, found: dict[str, Copy], lost: dict[str, Value]
    ) -> None:
        try:
            value = await _call(partial(self._open, box, name, sealed), in_thread=len(sealed) > _LARGE_BYTES)
        except UnreadableError:
            return self._unusable(Trouble.UNREADABLE)
        if value.fetched_at > self._clock() + _SKEW:
            return self._unusable(Trouble.FROM_FUTURE)
        self._health.hits += 1
        ours = self._copies.find(box.tenant, [name]).get(name)
        if ours is not None and ours.version == UNWRITTEN and ours.value.fetched_at > value.fetched_at:
            found[name] = ours
            if not ours.private:
                lost[name] = ours.value
        else:
            found[name] = Copy(value, sealed[:NONCE])
            self._copies.put(box.tenant, name, found[name])
        return None

    def _open(self, box: Box, name: str, sealed: bytes) -> Value:
        return self._codec.decode(box.open(name, sealed))

    def _unusable(self, trouble: Trouble) -> None:
        self._health.misses += 1
        self._health.troubles[trouble] += 1

    # Writing

    async def _write(self, tenant: str, values: Mapping[str, Value]) -> None:
        self._link.expect()
        box = self._keys.box(tenant)
        pipeline = self._redis.pipeline(transaction=False)
        written: dict[str, Copy] = {}
        for name, value in values.items():
            left = self._left(value)
            if left <= timedelta():
                continue
            key = self._names.entry(tenant, name)
            sealed = await _call(partial(self._seal, box, name, value), in_thread=weigh(value) > _LARGE_WEIGHT)
            if sealed is None:
                self._health.troubles[Trouble.TOO_LARGE] += 1
                written[name] = Copy(value, private=True)
                pipeline.delete(key)  # rather none than an older one
            else:
                written[name] = Copy(value, sealed[:NONCE])
                pipeline.set(key, sealed, px=left)
        if written:
            await self._link.ask(pipeline.execute)
        for name, copy in written.items():
            self._copies.replace(tenant, name, copy)

    def _seal(self, box: Box, name: str, value: Value) -> bytes | None:
        """The value for the store; None if it does not fit in there."""
        try:
            packed = self._codec.encode(value)
        except ValueError:  # a TooLargeError, or text that JSON cannot hold
            return None
        return box.seal(name, packed) if len(packed) <= self._most_bytes else None


async def _call(function: Callable[[], T], *, in_thread: bool) -> T:
    """Call what takes a while: in a thread, or here, letting others do something before."""
    if in_thread:
        return await anyio.to_thread.run_sync(function)
    await anyio.lowlevel.checkpoint()
    return function()


def _groups(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]
