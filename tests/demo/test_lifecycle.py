"""Runs and cancellations: what is refused, and what becomes of what was accepted, by the clock alone."""

import pytest

from airweave_sync_mcp.demo import Generation, Temporal
from airweave_sync_mcp.demo.lifecycle import CANCELLING, LONGEST_RUN, QUEUED, SHORTEST_RUN

from .probe import UNKNOWN_ID, Probe, probe

pytestmark = pytest.mark.anyio

GITLAB = "Acme GitLab"
BOTH = [Generation.CURRENT, Generation.MARCH_2026]


async def _newest(it: Probe, name: str, job_id: str) -> dict[str, object]:
    return next(job for job in await it.jobs(name) if job["id"] == job_id)


@pytest.mark.parametrize("generation", BOTH)
async def test_a_run_goes_its_way(generation: Generation) -> None:
    async with probe(generation) as it:
        job_id = (await it.run(GITLAB))["id"]
        detail = f"/source-connections/{it.id(GITLAB)}"
        assert (await it.get(detail))["status"] == "active"
        assert (await it.get(detail))["sync"]["last_job"]["status"] == "pending"
        it.clock.advance(seconds=QUEUED.total_seconds() + 1)
        running = await _newest(it, GITLAB, job_id)
        assert running["status"] == "running"
        assert running["started_at"] is not None
        assert running["entities_inserted"] == 0
        assert (await it.get(detail))["status"] == "syncing"
        it.clock.advance(seconds=LONGEST_RUN.total_seconds())
        done = await _newest(it, GITLAB, job_id)
        assert done["status"] == "completed"
        assert isinstance(done["duration_seconds"], float)
        assert SHORTEST_RUN.total_seconds() <= done["duration_seconds"] <= LONGEST_RUN.total_seconds()
        assert isinstance(done["entities_inserted"], int)
        assert done["entities_inserted"] > 0
        assert (await it.get(detail))["sync"]["last_job"]["id"] == job_id
        await it.run(GITLAB)


@pytest.mark.parametrize(
    ("name", "full", "status", "words", "writes"),
    [
        ("Security GitHub", False, "failed", "Forbidden (403)", False),
        ("EMEA Zendesk", False, "failed", "Name or service not known", False),
        ("Finance SharePoint", False, "failed", "'410 Gone'", False),
        ("Finance SharePoint", True, "completed", "", True),
        ("Ops Notion", False, "completed", "", True),
        ("Video Transcripts Box", False, "completed", "", True),
        ("Personal Todoist", False, "completed", "", False),
        ("Events Airtable", False, "completed", "", False),
    ],
)
async def test_a_run_ends_as_the_trouble_says(name: str, full: bool, status: str, words: str, writes: bool) -> None:
    async with probe() as it:
        job_id = (await it.run(name, full=full))["id"]
        it.clock.advance(minutes=1)
        job = await _newest(it, name, job_id)
        assert job["status"] == status
        assert words in str(job["error"] or "")
        assert (job["entities_inserted"] != 0) is writes


async def test_a_run_that_fails_before_it_starts_never_has_a_time() -> None:
    async with probe() as it:
        job_id = (await it.run("Teams Chat"))["id"]
        it.clock.advance(seconds=10)
        job = await _newest(it, "Teams Chat", job_id)
    assert (job["status"], job["started_at"], job["completed_at"], job["error"]) == ("failed", None, None, "")


async def test_many_runs_have_many_ids() -> None:
    async with probe() as it:
        ids = set()
        for _ in range(3):
            ids.add((await it.run(GITLAB))["id"])
            it.clock.advance(minutes=1)
        assert len(ids) == 3
        assert len(await it.jobs(GITLAB, 1000)) == 203


REFUSALS = [
    # name, April 2026, March 2026
    ("Sales Salesforce", 400, 400, "Cannot start new sync: a sync job is already running"),
    ("Sales Pipedrive", 400, 400, "Cannot start new sync: a sync job is already pending"),
    ("Ads Monday", 400, 400, "Cannot start new sync: a sync job is already cancelling"),
    ("Media OneDrive", 400, 400, "Usage limit exceeded for entities: 50001/50000"),
    ("Freshdesk Archive", 409, 200, "Cannot trigger sync: sync is SyncStatus.PAUSED"),
    ("Acme Slack", 404, 400, None),
    ("Alumni Gmail", 404, 400, None),
]


@pytest.mark.parametrize(("name", "now", "before", "detail"), REFUSALS)
async def test_refused_runs(name: str, now: int, before: int, detail: str | None) -> None:
    for generation, status in ((Generation.CURRENT, now), (Generation.MARCH_2026, before)):
        async with probe(generation) as it:
            jobs = len(it.world.jobs)
            body = await it.run(name, status)
            if detail is not None and status != 200:
                assert body == {"detail": detail}
            assert len(it.world.jobs) == jobs + (status == 200)


async def test_the_documentation_refuses_with_409() -> None:
    async with probe(Generation.DOCUMENTED) as it:
        await it.run("Sales Salesforce", 409)
        await it.cancel(GITLAB, it.newest(GITLAB).id, 409)


async def test_full_sync_of_what_has_no_cursor_is_refused_by_old_servers() -> None:
    async with probe(Generation.MARCH_2026) as it:
        await it.run(GITLAB, 400, full=True)
        await it.run("Product Linear", full=True)


@pytest.mark.parametrize("generation", BOTH)
async def test_a_running_job_is_cancelled_after_a_while(generation: Generation) -> None:
    async with probe(generation) as it:
        job_id = (await it.run(GITLAB))["id"]
        it.clock.advance(seconds=6)
        assert (await it.cancel(GITLAB, job_id))["status"] == "cancelling"
        await it.cancel(GITLAB, job_id, 400)
        await it.run(GITLAB, 400)
        it.clock.advance(seconds=CANCELLING.total_seconds())
        job = await _newest(it, GITLAB, job_id)
        assert job["status"] == "cancelled"
        assert (job["completed_at"] is None) == generation.old
        it.clock.advance(minutes=1)  # the end it would have had does not come
        assert (await _newest(it, GITLAB, job_id))["status"] == "cancelled"
        await it.run(GITLAB)


async def test_a_pending_job_is_cancelled_at_once_or_by_old_servers_later() -> None:
    for generation, status in ((Generation.CURRENT, "cancelled"), (Generation.MARCH_2026, "cancelling")):
        async with probe(generation) as it:
            job_id = (await it.run(GITLAB))["id"]
            assert (await it.cancel(GITLAB, job_id))["status"] == status
            it.clock.advance(minutes=1)
            job = await _newest(it, GITLAB, job_id)
            assert (job["status"], job["started_at"]) == ("cancelled", None)


async def test_a_job_without_a_worker_is_cancelled_at_once() -> None:
    async with probe() as it:
        job = await it.cancel("Support Intercom", it.newest("Support Intercom").id)
    assert job["status"] == "cancelled"
    assert job["duration_seconds"] > 8 * 3600


@pytest.mark.parametrize("path_name", [GITLAB, None])
async def test_cancel_does_not_look_at_the_connection(path_name: str | None) -> None:
    async with probe() as it:
        job = it.newest("Sales Pipedrive")
        claimed = it.id(path_name) if path_name else UNKNOWN_ID
        body = await it.post(f"/source-connections/{claimed}/jobs/{job.id}/cancel")
        assert (body["id"], body["status"], body["source_connection_id"]) == (job.id, "cancelled", claimed)
        assert (await it.jobs("Sales Pipedrive"))[0]["status"] == "cancelled"


async def test_old_servers_look_at_the_connection() -> None:
    async with probe(Generation.MARCH_2026) as it:
        job = it.newest("Sales Pipedrive")
        await it.cancel(GITLAB, job.id, 400)
        await it.post(f"/source-connections/{UNKNOWN_ID}/jobs/{job.id}/cancel", 404)
        assert it.newest("Sales Pipedrive").status == "pending"


@pytest.mark.parametrize("generation", BOTH)
async def test_run_without_temporal_leaves_a_pending_job_until_the_clean_up(generation: Generation) -> None:
    async with probe(generation) as it:
        it.demo.temporal = Temporal.UNREACHABLE
        body = await it.run(GITLAB, 500)
        assert body["detail"].startswith("Internal Server Error: RuntimeError: Failed client connect")
        it.demo.temporal = Temporal.UP
        await it.run(GITLAB, 400)
        it.clock.advance(minutes=3)
        assert it.newest(GITLAB).status == "pending"
        it.clock.advance(minutes=2)
        assert (await it.get(f"/source-connections/{it.id(GITLAB)}"))["sync"]["last_job"]["status"] == "cancelled"
        await it.run(GITLAB)


async def test_cancel_without_temporal_acts_all_the_same() -> None:
    async with probe() as it:
        it.demo.temporal = Temporal.UNREACHABLE
        await it.cancel("Sales Pipedrive", it.newest("Sales Pipedrive").id, 500)
        assert it.newest("Sales Pipedrive").status == "cancelled"
        await it.cancel("Sales Salesforce", it.newest("Sales Salesforce").id, 500)
        assert it.newest("Sales Salesforce").status == "cancelling"


async def test_cancel_refused_by_temporal_stays_cancelling_or_is_rolled_back() -> None:
    for generation, status in ((Generation.CURRENT, "cancelling"), (Generation.MARCH_2026, "running")):
        async with probe(generation) as it:
            it.demo.temporal = Temporal.REFUSES
            job = it.newest("Sales Salesforce")
            body = await it.cancel("Sales Salesforce", job.id, 502)
            assert body == {"detail": "Failed to request cancellation from Temporal"}
            assert it.newest("Sales Salesforce").status == status
