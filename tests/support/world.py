"""A server under test: the embedded Airweave, or any other, under a clock that only tests move."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Literal

from mcp import Client
from mcp.types import CallToolResult

from airweave_sync_mcp.airweave.credential import Credential
from airweave_sync_mcp.airweave.retrying import RetryPolicy
from airweave_sync_mcp.answers.ask import Ask
from airweave_sync_mcp.answers.judge import Judge
from airweave_sync_mcp.core import Core
from airweave_sync_mcp.demo import DEMO_API_KEY, DemoAirweave, DemoOptions, build_demo
from airweave_sync_mcp.demo.build import build_world
from airweave_sync_mcp.demo.world import World as DemoData
from airweave_sync_mcp.history.snapshot import Snapshot
from airweave_sync_mcp.safety import Cleaner
from airweave_sync_mcp.server import build_server

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@dataclass
class Clock:
    """Wall clock and monotonic clock in one. Sleeping moves it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return (self.now - NOW).total_seconds() + 1_000

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        self.forward(seconds)


@dataclass
class World:
    """An Airweave and our server before it."""

    clock: Clock
    core: Core
    demo: DemoAirweave | None = None
    credential: Credential = field(default_factory=lambda: Credential.parse(DEMO_API_KEY))

    @asynccontextmanager
    async def client(self, mode: Literal["auto", "legacy"] = "auto", **options: Any) -> AsyncIterator[Client]:
        """An MCP client in memory: of 2026-07-28, or with `legacy` of 2025-11-25."""
        server = build_server(self.core, lambda _: self.credential)
        async with Client(server, mode=mode, raise_exceptions=True, **options) as client:
            yield client

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[Callable[[], Ask]]:
        """Questions without a protocol in between."""
        async with self.core.open() as snapshot:
            yield lambda: Ask(snapshot=snapshot, credential=self.credential, now=self.clock(), judge=self.core.judge)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        async with self.core.open() as snapshot:
            yield snapshot

    def requests(self, ending: str = "") -> list[str]:
        """The paths that were asked, with their queries."""
        assert self.demo is not None
        asked = [f"{one.path}?{one.query}" if one.query else one.path for one in self.demo.requests]
        return [one for one in asked if one.split("?")[0].endswith(ending)]


@cache
def usual_data() -> DemoData:
    """The demo's data at `NOW`: made once, as that takes a while. To be copied before anything may be written."""
    return build_world(NOW)


def demo_world(*, core: dict[str, Any] | None = None, **options: Any) -> World:
    """The embedded Airweave, with the options of the demo and of the core."""
    clock = Clock()
    demo = build_demo(DemoOptions(clock=clock, **{"api_key": DEMO_API_KEY, **options}), usual_data().copy())
    return World(clock=clock, core=app_core(demo.app, clock, **(core or {})), demo=demo)


@cache
def _minds() -> dict[str, Any]:
    """What says why jobs failed and what keeps secrets in, for all: callers share them, and so may tests."""
    return {"judge": Judge(), "cleaner": Cleaner()}


def app_core(app: Any, clock: Clock, **options: Any) -> Core:
    """A core before any Airweave in this process."""
    retry = RetryPolicy(sleep=clock.sleep, random=lambda low, _: low)
    usual = {"base_url": "http://airweave.test", "clock": clock, "monotonic": clock.monotonic, "retry": retry}
    return Core(**{**usual, **_minds(), "app": app, **options})


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The structure of a good answer."""
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, answer.content
    structure: dict[str, Any] | None = answer.structured_content
    assert structure is not None
    return structure


def text_of(answer: CallToolResult) -> str:
    return "".join(getattr(part, "text", "") for part in answer.content)
