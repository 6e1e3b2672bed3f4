"""What the server and the command line have in common: a client, a memory, a clock, and what keeps secrets in."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import anyio
from starlette.types import ASGIApp

from airweave_sync_mcp.airweave.budget import MemoryRateBudget, RateBudget
from airweave_sync_mcp.airweave.client import AirweaveClient, Watch, ignore
from airweave_sync_mcp.airweave.credential import Credential
from airweave_sync_mcp.airweave.errors import AirweaveError
from airweave_sync_mcp.airweave.in_process import in_process
from airweave_sync_mcp.airweave.retrying import RetryPolicy
from airweave_sync_mcp.answers.acting.claims import Claims, LocalClaims
from airweave_sync_mcp.answers.judge import Judge
from airweave_sync_mcp.demo import DEMO_API_KEY, DemoOptions, build_demo
from airweave_sync_mcp.history.locks import LocalLocks, Locks
from airweave_sync_mcp.history.memory import LocalMemory, Memory
from airweave_sync_mcp.history.readings import Feed, Readings
from airweave_sync_mcp.history.snapshot import Snapshot, SnapshotOptions
from airweave_sync_mcp.safety import Cleaner, new_nonce
from airweave_sync_mcp.settings import Settings
from airweave_sync_mcp.version import package_version


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """Everything needed to answer, not yet connected. `app` is an Airweave in this process, in place of the network."""

    base_url: str
    feed: Feed = Feed.AUTO
    options: SnapshotOptions = field(default_factory=SnapshotOptions)
    reserve: float = 0.2
    budget: RateBudget | None = None
    """One that processes share; None for one of this process."""
    locks: Locks = field(default_factory=LocalLocks)
    pepper: bytes | None = None
    """A secret with which processes that share a memory know a caller by the same name."""
    connections: int = 100
    """To Airweave, at the same time."""
    watch: Watch = ignore
    """Told how every request to Airweave ended."""
    app: ASGIApp | None = None
    memory: Memory = field(default_factory=LocalMemory)
    cleaner: Cleaner = field(default_factory=Cleaner)
    judge: Judge = field(default_factory=Judge)
    nonce: Callable[[], str] = new_nonce
    clock: Callable[[], datetime] = utc_now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    retry: RetryPolicy | None = None
    allow_writes: bool = False
    claims: Claims = field(default_factory=LocalClaims)

    def client(self) -> AirweaveClient:
        """A client; open it with `async with`."""
        return AirweaveClient(
            self.base_url,
            budget=self.budget or MemoryRateBudget(self.monotonic, reserve_share=self.reserve),
            max_connections=self.connections,
            watch=self.watch,
            call_timeout_s=self.options.deadline_s,
            transport=in_process(self.app) if self.app is not None else None,
            client_version=package_version(),
            retry=self.retry,
            now=self.clock,
            pepper=self.pepper,
        )

    def credential(self, settings: Settings) -> Credential:
        """Who asks where nobody brings a key of his own: the demo, or the settings.

        Raises:
            AirweaveError: `no_key` or `bad_key`.
        """
        return Credential.parse(DEMO_API_KEY) if settings.demo else settings.credential()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Snapshot]:
        """A snapshot on an open connection."""
        async with self.client() as client:
            readings = Readings(client=client, memory=self.memory, clock=self.clock, feed=self.feed, locks=self.locks)
            yield Snapshot(readings=readings, clock=self.clock, options=self.options)


def core_of(settings: Settings) -> Core:
    """The core that settings describe. In demo mode Airweave is embedded."""
    secrets = () if settings.demo else _secrets(settings)
    return Core(
        base_url="http://demo.invalid" if settings.demo else settings.endpoint.base_url,
        feed=Feed(settings.feed),
        options=SnapshotOptions(concurrency=settings.concurrency, deadline_s=settings.deadline_s),
        reserve=settings.reserve,
        app=build_demo(DemoOptions(api_key=DEMO_API_KEY)).app if settings.demo else None,
        cleaner=Cleaner(secrets),
        allow_writes=settings.allow_writes,
    )


def _secrets(settings: Settings) -> tuple[str, ...]:
    try:
        return (settings.credential().secret,)
    except AirweaveError:
        return ()
