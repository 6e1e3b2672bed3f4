"""Entries, keys and replicas for the tests of the store."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from airweave_sync_mcp.history.memory import Entry
from airweave_sync_mcp.history.model import ConnectionHistory, SyncJob
from airweave_sync_mcp.hosting.store import SharedStore, StoreKeys, StoreSettings, build_store

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KEY = "f2c91d0b5a7e48639c1fd0a6b4e87235d95c3a61e07f4b28ac6d19f3528e70b4"
OTHER_KEY = "0d7a3be1946f5c28b8e2407d1fa95c63724be80c9d15f6a3e8b7042c6d91fa5e"
ALICE = "a11ce0000000000000000000000000000"
MALLORY = "3a1107000000000000000000000000000"
SECRET = "postgres://finance:hunter2@db.internal refused"


@dataclass
class Clock:
    """Wall clock and monotonic clock in one; only tests move it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return (self.now - NOW).total_seconds() + 1_000

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Hurried(Clock):
    """The clocks of this machine, of which the monotonic one can be put forward."""

    ahead_s: float = 0.0

    def __call__(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead_s

    def forward(self, seconds: float) -> None:
        self.ahead_s += seconds


@dataclass
class Replicas:
    """Replicas before one store, with one clock unless one of them is given its own. A busy machine may be slow."""

    url: str
    key: str = KEY
    clock: Clock = field(default_factory=Clock)

    @asynccontextmanager
    async def one(
        self, *, key: str | None = None, clock: Clock | None = None, **options: Any
    ) -> AsyncIterator[SharedStore]:
        clock = clock or self.clock
        settings = StoreSettings(url=self.url, keys=StoreKeys.parse(key or self.key), **({"timeout_s": 5.0} | options))
        store = build_store(settings, clock=clock, monotonic=clock.monotonic)
        async with store.open():
            yield store


async def load(store: SharedStore, name: str, tenant: str = ALICE) -> Entry | None:
    return (await store.memory.load(tenant, [name])).get(name)


def job(number: int, **facts: Any) -> SyncJob:
    usual: dict[str, Any] = {"id": str(uuid5(NAMESPACE_OID, str(number))), "status": "failed", "started_at": NOW}
    return SyncJob(**(usual | {"error": SECRET} | facts))


def history(
    *, at: datetime = NOW, jobs: int = 2, connection: str = "c0ffee00-0000-4000-8000-000000000000"
) -> ConnectionHistory:
    return ConnectionHistory(
        connection_id=connection,
        jobs=tuple(job(number, connection_id=connection) for number in range(jobs)),
        fetched_at=at,
    )
