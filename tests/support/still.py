"""The demo's world for tests that only read, under a clock that never moves: made once, as that takes a while."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import anyio

from airweave_sync_mcp.demo import DEMO_API_KEY, DemoAirweave, DemoOptions, Generation, build_demo
from airweave_sync_mcp.history.memory import LocalMemory
from airweave_sync_mcp.history.view import Need
from tests.support.world import NOW, Clock, World, app_core, usual_data


def still_world(*, core: dict[str, Any] | None = None, **options: Any) -> World:
    """As `demo_world`; nothing may be written to it, and its clock must not be moved."""
    clock = Clock()
    demo = still_demo(clock=clock, **options)
    return World(clock=clock, core=app_core(demo.app, clock, **(core or {})), demo=demo)


def still_demo(**options: Any) -> DemoAirweave:
    """The embedded Airweave alone, with the same data."""
    return build_demo(DemoOptions(**{"clock": Clock(), "api_key": DEMO_API_KEY, **options}), world=usual_data())


def known_world(generation: Generation = Generation.CURRENT, *, core: dict[str, Any] | None = None) -> World:
    """A still world whose jobs of a day were just read: for tests of answers, not of how they are got."""
    return still_world(generation=generation, core={"memory": known_jobs(generation), **(core or {})})


def known_jobs(generation: Generation = Generation.CURRENT) -> LocalMemory:
    """A memory that begins with the jobs of a day, all read at `NOW`."""
    read = _read(generation)
    return replace(read, _entries=read._entries.copy())


@cache
def _read(generation: Generation) -> LocalMemory:
    world, memory = still_world(generation=generation), LocalMemory()

    async def read() -> None:
        async with replace(world.core, memory=memory).open() as snapshot:
            for each in (False, True):
                await snapshot.view(world.credential, Need(depth=NOW - timedelta(days=1), by_connection=each))

    with ThreadPoolExecutor(1) as thread:  # whoever asks may have an event loop of his own
        thread.submit(anyio.run, read).result()
    return memory
