"""Locks across replicas, so that of all that want the same at once one asks the API."""

import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import anyio
from redis.asyncio import Redis

from airweave_sync_mcp.history.locks import LocalLocks
from airweave_sync_mcp.hosting.store.keys import Names
from airweave_sync_mcp.hosting.store.link import Link, StoreAwayError
from airweave_sync_mcp.hosting.store.scripts import load_script

LIFETIME_S: Final = 5.0
"""How long the lock of a process that died is still respected. One that lives renews it."""

PATIENCE_S: Final = 10.0
"""After this somebody who waits goes ahead without the lock: asking twice is better than not at all."""

_FIRST_PAUSE_S: Final = 0.02
_LONGEST_PAUSE_S: Final = 0.2


class SharedLocks:
    """Implements `history.locks.Locks`. With the store away they are locks of this process."""

    def __init__(
        self,
        redis: Redis,
        link: Link,
        names: Names,
        *,
        lifetime_s: float = LIFETIME_S,
        patience_s: float = PATIENCE_S,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._link = link
        self._names = names
        self._local = LocalLocks()
        self._lifetime_s = lifetime_s
        self._patience_s = patience_s
        self._sleep = sleep
        self._jitter = jitter
        self._hold = load_script(redis, "hold")
        self._release = load_script(redis, "release")

    @asynccontextmanager
    async def hold(self, key: tuple[str, str]) -> AsyncIterator[None]:
        async with self._local.hold(key):
            name, holder = self._names.lock(*key), secrets.token_hex(16)
            try:
                if await self._wait_for(name, holder):
                    async with self._renewing(name, holder):
                        yield
                else:
                    yield
            finally:
                await self._give_back(name, holder)

    async def _wait_for(self, name: str, holder: str) -> bool:
        """Whether we have the lock. False if the store is away, or another replica has it for too long."""
        for attempt, pause in enumerate(self._pauses()):
            try:
                if await self._take(name, holder):
                    return True
            except StoreAwayError:
                return False
            if attempt == 0:
                self._link.health.lock_waits += 1
            await self._sleep(pause)
        return False

    def _pauses(self) -> Iterator[float]:
        """Growing, and never the same for two replicas, until they are as long as our patience."""
        waited, longest = 0.0, _FIRST_PAUSE_S
        while waited < self._patience_s:
            pause = self._jitter(longest / 2, longest)
            yield pause
            waited += pause
            longest = min(longest * 1.5, _LONGEST_PAUSE_S)

    async def _take(self, name: str, holder: str) -> bool:
        arguments = (holder, round(self._lifetime_s * 1000))
        return bool(await self._link.ask(lambda: self._hold(keys=(name,), args=arguments)))

    async def _give_back(self, name: str, holder: str) -> None:
        """Also where the answer to taking it was lost."""
        with anyio.CancelScope(shield=True), suppress(StoreAwayError):
            await self._link.ask(lambda: self._release(keys=(name,), args=(holder,)))

    @asynccontextmanager
    async def _renewing(self, name: str, holder: str) -> AsyncIterator[None]:
        failure: Exception | None = None
        async with anyio.create_task_group() as group:
            group.start_soon(self._renew, name, holder)
            try:
                yield
            except Exception as error:  # noqa: BLE001 - raised again below: the group would wrap it into another
                failure = error
            group.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def _renew(self, name: str, holder: str) -> None:
        """Hold it for as long as this runs. If it was lost after all, going on costs a request at most."""
        while True:
            await self._sleep(self._lifetime_s / 3)
            with suppress(StoreAwayError):
                await self._take(name, holder)
