"""All that replicas share, on one pool of connections."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Self

import anyio
from redis.asyncio import Redis

from airweave_sync_mcp.airweave.budget import MemoryRateBudget, RateBudget
from airweave_sync_mcp.answers.acting.claims import Claims
from airweave_sync_mcp.core import Core
from airweave_sync_mcp.history.locks import Locks
from airweave_sync_mcp.history.memory import Memory
from airweave_sync_mcp.hosting.store.budget import SharedRateBudget
from airweave_sync_mcp.hosting.store.claims import SharedClaims
from airweave_sync_mcp.hosting.store.codec import Codec
from airweave_sync_mcp.hosting.store.copies import Copies
from airweave_sync_mcp.hosting.store.health import StoreHealth
from airweave_sync_mcp.hosting.store.link import Link, StoreAwayError, connect
from airweave_sync_mcp.hosting.store.locks import SharedLocks
from airweave_sync_mcp.hosting.store.memory import SharedMemory
from airweave_sync_mcp.hosting.store.settings import StoreSettings


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedStore:
    """A store that replicas share. It need not be there: what it cannot do is done in this process alone."""

    memory: Memory
    budget: RateBudget
    locks: Locks
    claims: Claims
    pepper: bytes = field(repr=False)
    health: StoreHealth
    link: Link = field(repr=False)
    redis: Redis = field(repr=False)

    def behind(self, core: Core) -> Core:
        """The core, sharing with other replicas what this store holds."""
        return replace(
            core, memory=self.memory, budget=self.budget, locks=self.locks, claims=self.claims, pepper=self.pepper
        )

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Self]:
        """Ask the store whether it is there, so that the log tells at once, and close all connections in the end."""
        with suppress(StoreAwayError):
            await self.link.ask(self.redis.ping)
        try:
            yield self
        finally:
            with anyio.CancelScope(shield=True):
                await self.redis.aclose()


def build_store(
    settings: StoreSettings,
    *,
    reserve_share: float = 0.2,
    clock: Callable[[], datetime] = utc_now,
    monotonic: Callable[[], float] = time.monotonic,
    copies: Copies | None = None,
) -> SharedStore:
    """The store, not yet connected. `reserve_share` is the share of the rate limit left for the user's own traffic."""
    redis = connect(settings.url, password=settings.password, timeout_s=settings.timeout_s)
    health = StoreHealth()
    link = Link(health, monotonic, settings.timeout_s)
    codec = Codec()
    names = settings.keys.names(codec.schema)
    local = MemoryRateBudget(monotonic, reserve_share=reserve_share)
    return SharedStore(
        memory=SharedMemory(
            redis, link, settings.keys, codec, clock=clock, lifetime=settings.lifetime, copies=copies or Copies()
        ),
        budget=SharedRateBudget(redis, link, names, local, reserve_share=reserve_share),
        locks=SharedLocks(redis, link, names),
        claims=SharedClaims(redis, link, names),
        pepper=settings.keys.pepper,
        health=health,
        link=link,
        redis=redis,
    )


@asynccontextmanager
async def open_store(
    settings: StoreSettings,
    *,
    reserve_share: float = 0.2,
    clock: Callable[[], datetime] = utc_now,
    monotonic: Callable[[], float] = time.monotonic,
) -> AsyncIterator[SharedStore]:
    """The store, open within `async with`."""
    store = build_store(settings, reserve_share=reserve_share, clock=clock, monotonic=monotonic)
    async with store.open():
        yield store
