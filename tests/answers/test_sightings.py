"""What only a memory can tell: how long a job has been waiting, and how many entities there were before."""

from dataclasses import replace

import pytest

from airweave_sync_mcp.demo import DemoAirweave
from tests.support.world import World, call, demo_world

pytestmark = pytest.mark.anyio

PENDING = "Sales Pipedrive"
HEALTHY = "Support Zendesk"


def connection_id(demo: DemoAirweave, name: str) -> str:
    return next(one.id for one in demo.world.connections.values() if one.name == name)


async def test_a_job_that_was_seen_waiting_for_long_is_stuck() -> None:
    world = demo_world()
    async with world.client() as client:
        first = await call(client, "diagnose_sync", connection=PENDING)
        assert first["job_status"] == "pending"
        assert "findings" not in first  # it may have been made this second
        world.clock.forward(11 * 60)
        later = await call(client, "diagnose_sync", connection=PENDING)
        assert [one["kind"] for one in later["findings"]] == ["stuck_pending"]
        assert later["findings"][0]["since"] == "2026-11-21T12:00:00Z"
        assert later["state"] == "stuck"


async def counts(world: World, *readings: int) -> list[str]:
    """The findings of a healthy connection whose entity count is read as these numbers, ten minutes apart."""
    assert world.demo is not None
    one_id = connection_id(world.demo, HEALTHY)
    found: list[str] = []
    async with world.client() as client:
        for reading in readings:
            one = world.demo.world.connections[one_id]
            world.demo.world.connections[one_id] = replace(one, entity_count=reading)
            row = (await call(client, "list_connections", search=HEALTHY))["connections"][0]
            assert row["entity_count"] == reading
            found = row.get("findings", [])
            world.clock.forward(600)
    return found


async def test_an_entity_count_that_fell_is_found() -> None:
    assert await counts(demo_world(), 9000, 8990, 900) == ["entity_count_fell"]


async def test_an_entity_count_that_moves_a_little_is_not() -> None:
    assert await counts(demo_world(), 9000, 8990, 8890) == []


async def test_a_passing_cause_that_does_not_pass_needs_somebody() -> None:
    """Three failures in a row of the same kind are no passing trouble; one is."""
    async with demo_world().client() as client:
        lasting = await call(client, "diagnose_sync", connection="Clinical Trials Postgres")
        assert (lasting["transient"], lasting["consecutive_failures"]) == (True, 5)
        assert (lasting["retry"]["useful"], lasting["who"]) == (False, "operator")
        assert lasting["next_steps"][0].startswith("operator: ")
        passing = await call(client, "diagnose_sync", connection="Ops Notion")
        assert (passing["transient"], passing["consecutive_failures"]) == (True, 1)
        assert (passing["retry"]["useful"], passing["who"]) == (True, "nobody")
