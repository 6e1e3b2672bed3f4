"""Ten requests a minute: what matters most is read first, and nothing that was not read is asserted."""

import pytest

from airweave_sync_mcp.demo import Generation
from airweave_sync_mcp.history.snapshot import SnapshotOptions
from tests.history.kit import LIMITED, Airweave, Reply, ago, hourly, organization, told
from tests.support.world import World, call, demo_world, text_of
from tests.tools.kit import check_error

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


@pytest.mark.parametrize("group", [True, False])
async def test_what_was_not_read_is_not_said_to_fail_since_before(group: bool) -> None:
    """Nor does it push out what is known."""
    air = Airweave()
    air.add("known", [told("old", ago(days=9), "failed", error="x")], status="error")
    for number in range(9):
        air.add(f"unread {number}", status="needs_reauth")
    world = air.world()
    async with world.client() as client:
        await call(client, "get_connection_jobs", connection="known")
        air.faults["/source-connections/"] = LIMITED
        world.clock.forward(61)
        answer = await client.call_tool("list_failed_jobs", {"group": group})

    structure, text = answer.structured_content or {}, text_of(answer)
    assert [one["connection"] for one in structure["failing_since_before"]] == ["known"]
    assert structure["not_read_yet"] == [{"connection": f"unread {number}"} for number in range(8)]
    assert structure["not_read_yet_total"] == 9
    assert "- known: unknown" in text.partition("with no good run since:\n")[2]
    assert "Failing now; since when and why was not read yet (8 of 9): unread 0, unread 1, " in text
    assert not structure["coverage"]["complete"]


@pytest.mark.parametrize(
    ("arguments", "code"), [({"job": "abcdef12"}, "job_not_found"), ({"job": "latest_failed"}, "no_jobs")]
)
async def test_what_was_not_looked_for_everywhere_is_worth_another_call(arguments: dict[str, str], code: str) -> None:
    air = Airweave()
    for number in range(20):
        air.add(f"c{number}", hourly(f"c{number}", 2))
    world = air.world()
    async with world.client() as client:
        await call(client, "list_connections", limit=3)
        air.faults["/source-connections/"] = LIMITED
        partial = await client.call_tool("get_sync_job", arguments)
        air.faults.clear()
        world.clock.forward(61)
        whole = await client.call_tool("get_sync_job", arguments)

    error = check_error(partial, code=code)
    assert error["retryable"]
    assert 0 < error["retry_after_s"] <= 60
    assert "17 of 20 connections were not read yet" in error["hint"]
    assert "The same call can help in 60 s." in text_of(partial)
    assert "does not help" not in text_of(partial)
    assert check_error(whole, code=code)["retryable"] is False
    assert "does not help" in text_of(whole)


async def test_a_connection_not_read_to_its_end_is_not_said_to_lack_a_job() -> None:
    air = Airweave()
    one = air.add("one", hourly("one", 200))
    wanted = air.jobs[one][150]["id"]

    async def once(path: str, query: dict[str, list[str]]) -> None:
        air.faults = {"/source-connections/": LIMITED} if query.get("limit", ["50"]) != ["50"] else {}

    air.before = once
    world = air.world()
    async with world.client() as client:
        partial = await client.call_tool("get_sync_job", {"job": wanted, "connection": "one"})
        air.before = None
        air.faults.clear()
        world.clock.forward(61)
        found = await call(client, "get_sync_job", job=wanted, connection="one")

    error = check_error(partial, code="job_not_found")
    assert error["retryable"]
    assert "among the 50 that were read so far" in error["message"]
    assert found["job_id"] == wanted


@pytest.mark.parametrize("tool", ["get_sync_job", "diagnose_sync"])
async def test_the_latest_of_what_was_read_says_among_how_many_it_was_chosen(tool: str) -> None:
    world = demo_world(rate_limit=10)
    async with world.client() as client:
        chosen = await client.call_tool(tool, {"job": "latest_failed"})
        structure = chosen.structured_content or {}
        world.clock.forward(61)
        named = await call(client, tool, job=structure["job_id"])

    assert structure["coverage"]["complete"] is False
    assert structure["coverage"]["connections_total"] == 45
    assert f"INCOMPLETE: read {structure['coverage']['connections_scanned']} of 45 connections" in text_of(chosen)
    assert "coverage" not in named
