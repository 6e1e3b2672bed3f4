"""Very many connections. `benchmarks/many_connections.py` measures 1,000 of them."""

import pytest

from airweave_sync_mcp.answers.failed import list_failed_jobs
from airweave_sync_mcp.answers.jobs import list_jobs
from tests.answers.kit import query
from tests.support.many import EVERY, ManyAirweave, fails
from tests.support.world import Clock, World, app_core

pytestmark = pytest.mark.anyio


async def test_100_connections_are_answered_completely_with_bounded_requests() -> None:
    airweave, clock = ManyAirweave(100, 60), Clock()
    world = World(clock=clock, core=app_core(airweave, clock))
    async with world.asking() as ask:
        failed = await list_failed_jobs(ask(), query(statuses={"failed"}, since="4h", limit=20))
        assert airweave.requests == 1 + 2 + 100  # the list, two probes, each connection
        jobs = await list_jobs(ask(), query(since="30d", limit=100))
        assert airweave.requests == 103 + 100
    assert failed.page.coverage.complete
    assert failed.page.total == sum(fails(number, 0) for number in range(100))
    assert failed.failing_before == ()
    assert (jobs.coverage.connections_scanned, jobs.coverage.complete) == (100, True)
    assert (jobs.total, jobs.total_is_lower_bound) == (100 * 60, False)
    assert jobs.rows[0].job.at is not None
    assert len(jobs.rows) == 100
    assert EVERY.total_seconds() == 4 * 3600
