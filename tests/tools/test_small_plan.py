"""Ten requests a minute: what matters most is read first, and nothing that was not read is asserted."""

import pytest

from tests.support.world import World, call, demo_world

pytestmark = pytest.mark.anyio


def running_now(world: World) -> set[str]:
    """The short ids of what runs in the demo."""
    assert world.demo is not None
    data = world.demo.world
    jobs = [job for one in data.own_connections() for job in data.jobs_of(one.id)]
    return {job.id[:8] for job in jobs if job.status == "running"}


async def test_the_first_question_for_what_runs_reads_the_busy_connections_first() -> None:
    world = demo_world(rate_limit=10)
    async with world.client() as client:
        answer = await call(client, "list_sync_jobs", status="running")

    assert answer["coverage"]["connections_scanned"] < 10
    assert {job["job"] for job in answer["jobs"]} == running_now(world) != set()
