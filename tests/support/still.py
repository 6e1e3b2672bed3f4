"""The demo's world for tests that only read, under a clock that never moves: made once, as that takes a while."""

from typing import Any

from airweave_sync_mcp.demo import DEMO_API_KEY, DemoAirweave, DemoOptions, build_demo
from tests.support.world import Clock, World, app_core, usual_data


def still_world(*, core: dict[str, Any] | None = None, **options: Any) -> World:
    """As `demo_world`; nothing may be written to it, and its clock must not be moved."""
    clock = Clock()
    demo = still_demo(clock=clock, **options)
    return World(clock=clock, core=app_core(demo.app, clock, **(core or {})), demo=demo)


def still_demo(**options: Any) -> DemoAirweave:
    """The embedded Airweave alone, with the same data."""
    return build_demo(DemoOptions(**{"clock": Clock(), "api_key": DEMO_API_KEY, **options}), world=usual_data())
