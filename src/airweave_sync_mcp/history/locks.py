"""Who may read what now: of several that want the same at once, one asks the API and the others take its reading."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

import anyio


class Locks(Protocol):
    """Locks by tenant and name. Whoever gets one looks at the memory again before asking the API."""

    def hold(self, key: tuple[str, str]) -> AbstractAsyncContextManager[None]:
        """Wait for the lock and hold it within `async with`."""
        ...


@dataclass(slots=True)
class LocalLocks:
    """Locks in this process, each kept only while somebody holds or awaits it."""

    _locks: dict[tuple[str, str], tuple[anyio.Lock, int]] = field(default_factory=dict)

    @asynccontextmanager
    async def hold(self, key: tuple[str, str]) -> AsyncIterator[None]:
        lock, users = self._locks.get(key) or (anyio.Lock(), 0)
        self._locks[key] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            _, users = self._locks[key]
            if users == 1:
                del self._locks[key]
            else:
                self._locks[key] = (lock, users - 1)
