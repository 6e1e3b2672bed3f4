"""Ten requests a minute: what matters most is read first, and nothing that was not read is asserted."""

import pytest

from airweave_sync_mcp.demo import Generation
from airweave_sync_mcp.history.snapshot import SnapshotOptions
from tests.history.kit import LIMITED, Airweave, Reply, ago, organization, told
from tests.support.world import World, call, demo_world, text_of

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


@pytest.mark.parametrize("generation", [Generation.MARCH_2026, Generation.DOCUMENTED])
async def test_what_runs_is_not_said_to_be_nothing_before_the_busy_connections_were_read(
    generation: Generation,
) -> None:
    world = demo_world(generation=generation, rate_limit=10)
    answers = []
    async with world.client() as client:
        for _ in range(3):
            answers.append(await call(client, "list_sync_jobs", status="running"))
            world.clock.forward(60)

    for answer in answers:
        told_of = {job["job"] for job in answer["jobs"]}
        assert answer["coverage"]["complete"] is (told_of == running_now(world)), answer
        if not answer["coverage"]["complete"]:
            assert answer["total_is_lower_bound"]
            assert "rate_limit" in [one["code"] for one in answer["coverage"]["problems"]]
    assert answers[-1]["coverage"]["complete"]


async def test_what_runs_is_not_said_to_be_nothing_where_time_ended_before_the_busy_connections_were_read() -> None:
    air = organization(2, 5)
    slow = air.add("slow", [told("going", ago(days=5), "running")], status="syncing")
    air.faults[f"/source-connections/{slow}/jobs"] = Reply(hang=True)
    async with air.world(options=SnapshotOptions(deadline_s=0.3)).client() as client:
        answer = await client.call_tool("list_sync_jobs", {"status": "running"})
        air.faults.clear()
        found = await call(client, "list_sync_jobs", status="running")

    assert answer.structured_content is not None
    assert answer.structured_content["coverage"]["complete"] is False
    assert [one["code"] for one in answer.structured_content["coverage"]["problems"]] == ["deadline"]
    assert text_of(answer).startswith("No sync job so far, as far as is known.")
    assert [job["connection"] for job in found["jobs"]] == ["slow"]
    assert found["coverage"]["complete"]


@pytest.mark.parametrize("with_list", [True, False])
async def test_what_began_since_its_connection_was_read_is_said_to_be_missing(with_list: bool) -> None:
    air = organization(2, 5) if with_list else Airweave()
    one = air.add("one", [told("before", ago(hours=5))])
    world = air.world()
    async with world.client() as client:
        await call(client, "get_connection_jobs", connection="one")
        air.jobs[one].insert(0, told("going", ago(seconds=-10), "running"))
        air.connections[-1]["status"] = "syncing"
        air.faults[f"/source-connections/{one}/jobs"] = LIMITED
        world.clock.forward(30)
        answer = await call(client, "list_sync_jobs", status="running")
        air.faults.clear()
        world.clock.forward(61)
        found = await call(client, "list_sync_jobs", status="running")

    assert (answer["jobs"], answer["coverage"]["complete"]) == ([], False)
    assert "1 of" in answer["coverage"]["problems"][0]["message"]
    assert [job["connection"] for job in found["jobs"]] == ["one"]
    assert found["coverage"]["complete"]
