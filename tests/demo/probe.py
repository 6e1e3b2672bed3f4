"""A demo with a clock in the hand, and a client to ask it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx

from airweave_sync_mcp.demo import DemoAirweave, DemoOptions, Generation, build_demo
from airweave_sync_mcp.demo.build import build_world
from airweave_sync_mcp.demo.world import Job, World

NOW = datetime(2026, 11, 21, 18, 30, 7, 250_000, tzinfo=UTC)
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


class FakeClock:
    """A clock that moves only when told."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


class Probe:
    """Asks a demo in process."""

    def __init__(self, demo: DemoAirweave, clock: FakeClock, client: httpx.AsyncClient) -> None:
        self.demo = demo
        self.clock = clock
        self.client = client
        self.world = demo.world

    def id(self, name: str, collection: str | None = None) -> str:
        return self.world.named(name, collection).id

    def newest(self, name: str) -> Job:
        job = self.world.newest_job(self.id(name))
        assert job is not None
        return job

    async def get(self, path: str, status: int = 200, headers: dict[str, str] | None = None) -> Any:
        """The JSON of a GET, whose status is checked."""
        return await self._ask("GET", path, status, headers)

    async def post(self, path: str, status: int = 200, headers: dict[str, str] | None = None) -> Any:
        return await self._ask("POST", path, status, headers)

    async def jobs(self, name: str, limit: int = 100) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.get(f"/source-connections/{self.id(name)}/jobs?limit={limit}")
        return found

    async def run(self, name: str, status: int = 200, *, full: bool = False) -> Any:
        query = "?force_full_sync=true" if full else ""
        return await self.post(f"/source-connections/{self.id(name)}/run{query}", status)

    async def cancel(self, name: str, job_id: str, status: int = 200) -> Any:
        return await self.post(f"/source-connections/{self.id(name)}/jobs/{job_id}/cancel", status)

    async def _ask(self, method: str, path: str, status: int, headers: dict[str, str] | None) -> Any:
        response = await self.client.request(method, path, headers=headers)
        assert response.status_code == status, response.text
        return response.json()


@cache
def world_at_now() -> World:
    """Building takes longer than everything else in a test."""
    return build_world(NOW)


@asynccontextmanager
async def asking(demo: DemoAirweave, clock: FakeClock) -> AsyncIterator[Probe]:
    transport = httpx.ASGITransport(app=demo.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://demo.invalid") as client:
        yield Probe(demo, clock, client)


@asynccontextmanager
async def probe(
    generation: Generation = Generation.CURRENT, options: DemoOptions | None = None, **more: Any
) -> AsyncIterator[Probe]:
    """A fresh demo, as if built at `NOW`."""
    clock = FakeClock()
    chosen = replace(options or DemoOptions(), generation=generation, clock=clock, **more)
    async with asking(build_demo(chosen, world_at_now().copy()), clock) as it:
        yield it
