"""How lists are ordered, cut and filtered, which status a connection shows, and who is let in."""

from typing import Any

import httpx
import pytest
import uvicorn

from airweave_sync_mcp.demo import DEMO_API_KEY, DEMO_EXPIRED_KEY, DemoOptions, DemoRequest, Generation, build_demo

from .probe import NOW, Probe, probe

pytestmark = pytest.mark.anyio

OLD = [Generation.MARCH_2026, Generation.JUNE_2025]
GITHUB, GITLAB, STRIPE = "Acme GitHub", "Acme GitLab", "Finance Stripe"

STATUSES = {
    # connection: (April 2026 and documented, March 2026, June 2025)
    "Acme GitLab": ("active", "active", "active"),
    "Sales Salesforce": ("syncing", "syncing", "in_progress"),
    "Ads Monday": ("syncing", "syncing", "in_progress"),
    "Sales Pipedrive": ("active", "active", "active"),
    "Marketing Google Drive": ("needs_reauth", "error", "failing"),
    "Partner HubSpot": ("needs_reauth", "error", "failing"),
    "Security GitHub": ("error", "error", "failing"),
    "Board Minutes Box": ("active", "active", "active"),
    "Personal Todoist": ("active", "active", "active"),
    "Acme Slack": ("active", "active", None),
    "Alumni Gmail": ("pending_auth", "pending_auth", None),
}


@pytest.mark.parametrize("generation", list(Generation))
async def test_status_of_a_connection_in_list_and_detail(generation: Generation) -> None:
    column = {Generation.MARCH_2026: 1, Generation.JUNE_2025: 2}.get(generation, 0)
    async with probe(generation) as it:
        listed = {item["name"]: item["status"] for item in await it.get("/source-connections?limit=1000")}
        for name, expected in STATUSES.items():
            assert listed.get(name) == expected[column]
            path = f"/source-connections/{it.id(name)}"
            if expected[column] is None:
                await it.get(path, 404)
            else:
                assert (await it.get(path))["status"] == expected[column]


async def test_connections_are_listed_newest_first_in_pages_without_gaps() -> None:
    async with probe() as it:
        everything = await it.get("/source-connections")
        pages: list[Any] = []
        while page := await it.get(f"/source-connections?skip={len(pages)}&limit=7"):
            pages += page
        assert pages == everything
        created = [item["created_at"] for item in everything]
        assert created == sorted(created, reverse=True)
        filtered = await it.get("/source-connections?collection=sales-crm-p93fe")
        assert [item for item in everything if item["readable_collection_id"] == "sales-crm-p93fe"] == filtered
        assert await it.get("/source-connections?collection=") == everything
        assert await it.get("/source-connections?limit=2&limit=7") == everything[:7]


async def test_june_lists_connections_as_they_were_made_without_bounds() -> None:
    async with probe(Generation.JUNE_2025) as it:
        everything = await it.get("/source-connections?limit=5000")
        created = [item["created_at"] for item in everything]
        assert created == sorted(created)
        assert await it.get("/source-connections?limit=0") == []


@pytest.mark.parametrize("generation", [Generation.CURRENT, Generation.DOCUMENTED])
async def test_jobs_newest_first_and_limited(generation: Generation) -> None:
    async with probe(generation) as it:
        jobs = await it.jobs(GITHUB)
        assert len(jobs) == 100
        assert len(await it.jobs(GITHUB, 1000)) == 1000
        assert await it.jobs(GITHUB, 5) == jobs[:5]
        started = [job["started_at"] for job in jobs]
        assert started == sorted(started, reverse=True)
        assert await it.get(f"/source-connections/{it.id(GITHUB)}/jobs?skip=5&limit=5&status=failed") == jobs[:5]


@pytest.mark.parametrize("generation", OLD)
async def test_old_servers_neither_sort_nor_limit(generation: Generation) -> None:
    async with probe(generation) as it:
        jobs = await it.jobs(GITLAB, 3)
        started = [job["started_at"] for job in jobs]
        assert len(jobs) == 200
        assert started not in (sorted(started), sorted(started, reverse=True))
        assert await it.jobs(GITLAB) == jobs


async def test_limit_is_checked_before_it_is_ignored() -> None:
    async with probe(Generation.MARCH_2026) as it:
        body = await it.get(f"/source-connections/{it.id(GITLAB)}/jobs?limit=1001", 422)
    assert body == {"errors": [{"query.limit": "Input should be less than or equal to 1000"}]}


async def test_ends_that_old_servers_did_not_keep() -> None:
    async with probe() as it:
        now = {job["id"]: job for job in await it.jobs("Video Transcripts Box")}
    async with probe(Generation.MARCH_2026) as it:
        before = {job["id"]: job for job in await it.jobs("Video Transcripts Box")}
    cleaned = [job for job in now.values() if "cleanup" in (job["error"] or "")]
    assert {job["status"] for job in cleaned} == {"failed", "cancelled"}
    for job in cleaned:
        assert before[job["id"]]["status"] == "cancelled"
        assert before[job["id"]]["error"] is None
        assert before[job["id"]]["completed_at"] is None


async def test_detail_tells_the_next_run_even_of_a_paused_sync() -> None:
    async with probe() as it:
        paused = await it.get(f"/source-connections/{it.id('Freshdesk Archive')}")
        manual = await it.get(f"/source-connections/{it.id('Board Minutes Box')}")
    assert paused["schedule"]["next_run"].endswith("Z")
    assert paused["schedule"]["next_run"] > NOW.isoformat()[:19]
    assert manual["schedule"]["cron"] is None
    assert paused["sync"]["total_runs"] == 1


# The organization-wide list


@pytest.mark.parametrize("generation", OLD)
async def test_feed_is_sorted_and_paged(generation: Generation) -> None:
    async with probe(generation) as it:
        everything = await it.get("/sync/jobs?limit=100000")
        assert len(everything) > 3000
        created = [job["created_at"] for job in everything]
        assert created == sorted(created, reverse=True)
        assert await it.get("/sync/jobs") == everything[:100]
        assert await it.get("/sync/jobs?skip=90&limit=30") == everything[90:120]
        assert {job["organization_id"] for job in everything} == {it.world.organization_id}
        names = {job["sync_name"] for job in everything}
        assert "Sync for Acme GitLab" in names


@pytest.mark.parametrize("generation", OLD)
async def test_feed_gives_away_other_organizations(generation: Generation) -> None:
    async with probe(generation, foreign_organizations=True) as it:
        everything = await it.get("/sync/jobs?limit=100000")
        organizations = {job["organization_id"] for job in everything}
        assert organizations == {it.world.organization_id, *it.world.other_organization_ids}
        listed = await it.get("/source-connections?limit=1000")
        assert not any("Foreign" in item["name"] for item in listed)


FILTERS = [
    # query: statuses in March 2026, in June 2025 (None: 500)
    ("status=failed", {"failed"}, {"failed"}),
    ("status=FAILED", set(), {"failed"}),
    ("status=running", {"running"}, None),
    ("status=in_progress", set(), {"in_progress"}),
    ("status=pending&status=running", {"pending", "running"}, None),
    ("status=pending&status=in_progress", {"pending"}, {"pending", "in_progress"}),
    ("status=cancelling", {"cancelling"}, None),
    ("status=nonsense", set(), None),
    ("status=failed,running", set(), None),
    ("status=", set(), None),
]


@pytest.mark.parametrize(("query", "march", "june"), FILTERS)
async def test_status_filter_of_the_feed(query: str, march: set[str], june: set[str] | None) -> None:
    async with probe(Generation.MARCH_2026) as it:
        assert {job["status"] for job in await it.get(f"/sync/jobs?{query}&limit=5000")} == march
    async with probe(Generation.JUNE_2025) as it:
        if june is None:
            assert await it.get(f"/sync/jobs?{query}", 500) == {"detail": "Internal Server Error"}
        else:
            assert {job["status"] for job in await it.get(f"/sync/jobs?{query}&limit=5000")} == june


async def test_dead_feed() -> None:
    async with probe(Generation.MARCH_2026, organization_jobs="dead") as it:
        body = await it.get("/sync/jobs?limit=1", 500)
        await it.get("/sync/jobs?limit=abc", 422)
        await it.get("/source-connections")
    assert "list_sync_jobs() got an unexpected keyword argument 'skip'" in body["detail"]


@pytest.mark.parametrize("generation", [Generation.CURRENT, Generation.DOCUMENTED])
async def test_no_feed_at_the_old_place(generation: Generation) -> None:
    async with probe(generation) as it:
        assert await it.get("/sync/jobs?limit=1", 404) == {"detail": "Not Found"}


async def test_june_has_single_jobs_and_no_cancel() -> None:
    async with probe(Generation.JUNE_2025) as it:
        job = it.newest(GITLAB)
        path = f"/source-connections/{job.connection_id}/jobs/{job.id}"
        assert (await it.get(path))["id"] == job.id
        await it.post(f"{path}/cancel", 404)


# The documentation

DOCUMENTED_JOB = {
    "id", "source_connection_id", "status", "started_at", "completed_at", "duration_seconds", "entities_inserted",
    "entities_updated", "entities_deleted", "entities_failed", "error", "error_category", "error_details",
}  # fmt: skip
DOCUMENTED_FEED_JOB = {
    "id", "sync_id", "sync_name", "organization_id", "status", "scheduled", "entities_inserted", "entities_updated",
    "entities_deleted", "entities_kept", "entities_skipped", "entities_encountered", "started_at", "completed_at",
    "failed_at", "error", "created_at", "modified_at", "created_by_email", "modified_by_email",
}  # fmt: skip


async def test_documented_jobs_of_a_connection() -> None:
    async with probe(Generation.DOCUMENTED, api_key=DEMO_API_KEY, rate_limit=60) as it:
        key = {"x-api-key": DEMO_API_KEY}
        found = set()
        for connection in it.world.own_connections():
            if connection.sync_id is not None:
                for job in await it.get(f"/source-connections/{connection.id}/jobs?limit=9", headers=key):
                    assert set(job) == DOCUMENTED_JOB
                    assert (job["started_at"] or "Z").endswith("Z")
                    found.add(job["status"])
        assert found == {"PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLING", "CANCELLED"}
        await it.get("/source-connections/00000000-0000-4000-8000-000000000000/jobs", 404, headers=key)
        body = await it.get(f"/source-connections/{it.id(GITLAB)}/jobs?limit=0", 422, headers=key)
        assert body["detail"][0]["loc"] == ["query", "limit"]
        for _ in range(60):
            await it.client.get("/source-connections?limit=1", headers={"x-api-key": DEMO_API_KEY})
        await it.get(f"/source-connections/{it.id(GITLAB)}/jobs", 429, headers=key)


async def test_documented_feed() -> None:
    async with probe(Generation.DOCUMENTED, api_key=DEMO_API_KEY) as it:
        bearer = {"authorization": f"Bearer {DEMO_API_KEY}"}
        jobs = await it.get("/v1/sync/jobs", headers=bearer)
        assert len(jobs) == 100
        assert all(set(job) == DOCUMENTED_FEED_JOB for job in jobs)
        statuses = "&".join(f"status={status}" for status in ("created", "pending", "in_progress", "cancelled"))
        rare = await it.get(f"/v1/sync/jobs?{statuses}", headers=bearer)
        assert {job["status"] for job in rare} == {"created", "pending", "in_progress", "cancelled"}
        failed = await it.get("/v1/sync/jobs?status=failed&limit=100&skip=3", headers=bearer)
        assert {job["status"] for job in failed} == {"failed"}
        assert all(job["failed_at"] for job in failed if job["started_at"])
        for query in ("status=nonsense", "status=running", "limit=101", "limit=0", "skip=-1"):
            await it.get(f"/v1/sync/jobs?{query}", 400, headers=bearer)
        await it.get("/v1/sync/jobs", 401)
        await it.get("/v1/sync/jobs", 401, {"x-api-key": DEMO_API_KEY})
        await it.get("/v1/sync/jobs", 401, {"authorization": "Bearer wrong"})


# Who is let in


@pytest.mark.parametrize(
    ("key", "now", "before"),
    [
        ("wrong", 403, 403),
        (DEMO_EXPIRED_KEY, 403, 403),
        ("kéy", 500, 403),
        (f"{DEMO_API_KEY}x", 403, 403),
        (DEMO_API_KEY, 200, 200),
    ],
)
async def test_keys(key: str, now: int, before: int) -> None:
    for generation, expected in ((Generation.CURRENT, now), (Generation.MARCH_2026, before)):
        async with probe(generation, api_key=DEMO_API_KEY) as it:
            response = await it.client.get("/source-connections", headers=[(b"x-api-key", key.encode("latin-1"))])
            assert response.status_code == expected
            assert "www-authenticate" not in response.headers


async def test_health_needs_no_key_and_head_is_not_allowed() -> None:
    async with probe(api_key=DEMO_API_KEY) as it:
        await it.get("/health")
        response = await it.client.head("/source-connections", headers={"x-api-key": DEMO_API_KEY})
        assert response.status_code == 405
        response = await it.client.get("/source-connections/", headers={"x-api-key": DEMO_API_KEY})
        assert response.status_code == 200


async def test_ids_may_be_spelled_otherwise() -> None:
    async with probe() as it:
        usual = it.id(GITLAB)
        for spelling in (usual.upper(), usual.replace("-", "")):
            assert (await it.get(f"/source-connections/{spelling}"))["id"] == usual
        for wrong, complaint in {
            f"{usual}-": "invalid group count: expected 5, found 6",
            f"1{usual}": "invalid group length in group 0: expected 8, found 9",
        }.items():
            body = await it.get(f"/source-connections/{wrong}", 422)
            assert body["errors"][0]["path.source_connection_id"].endswith(complaint)


# Rate limits


async def _status(it: Probe) -> httpx.Response:
    return await it.client.get("/source-connections?limit=1")


async def test_ten_a_minute_in_a_sliding_window() -> None:
    async with probe(rate_limit=10) as it:
        for number in range(10):
            response = await _status(it)
            assert response.headers["ratelimit-limit"] == "10"
            assert response.headers["ratelimit-remaining"] == str(9 - number)
            assert response.headers["ratelimit-reset"] == str(int(it.clock.now.timestamp()))
            it.clock.advance(seconds=2)
        refused = await _status(it)
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "40"
        assert refused.headers["ratelimit-remaining"] == "0"
        assert refused.headers["ratelimit-reset"] == str(int(NOW.timestamp()) + 60)
        assert refused.json() == {
            "detail": "Rate limit exceeded. Please retry after 40.00 seconds. Limit: 10 requests per second."
        }
        it.clock.advance(seconds=39.5)
        assert (await _status(it)).status_code == 429
        it.clock.advance(seconds=0.5)  # the first of the ten leaves the window, and only it
        assert (await _status(it)).status_code == 200
        assert (await _status(it)).status_code == 429
        it.clock.advance(seconds=2)
        assert (await _status(it)).status_code == 200


async def test_what_counts() -> None:
    async with probe(rate_limit=4) as it:
        await it.get("/source-connections?limit=0", 422)
        await it.get("/source-connections/00000000-0000-4000-8000-000000000000", 404)
        await it.get("/health")
        await it.get("/nope", 404)
        await it.run("Recruiting Asana", 409)
        assert (await _status(it)).headers["ratelimit-remaining"] == "0"


async def test_june_knows_no_limit() -> None:
    async with probe(Generation.JUNE_2025, rate_limit=1) as it:
        for _ in range(3):
            assert "ratelimit-limit" not in (await _status(it)).headers


# For tests


async def test_requests_are_noted() -> None:
    async with probe() as it:
        await it.get("/source-connections/?limit=1")
        await it.run(GITLAB)
        gitlab = it.id(GITLAB)
    assert it.demo.requests == [
        DemoRequest("GET", "/source-connections/", "limit=1"),
        DemoRequest("POST", f"/source-connections/{gitlab}/run", ""),
    ]


async def test_latency_comes_after_the_deed_and_may_lose_the_answer() -> None:
    seen = []

    async def lose(method: str, path: str) -> None:
        seen.append((method, path))
        if method == "POST":
            raise httpx.ReadTimeout("too late")

    async with probe(latency=lose) as it:
        with pytest.raises(httpx.ReadTimeout):
            await it.run(GITLAB)
        assert (await it.jobs(GITLAB))[0]["status"] == "pending"
    assert [method for method, _ in seen] == ["POST", "GET"]


async def test_removed_connection_is_gone() -> None:
    async with probe() as it:
        gitlab = it.world.named(GITLAB)
        it.world.remove_connection(gitlab)
        await it.get(f"/source-connections/{gitlab.id}/jobs", 404)
        assert gitlab.id not in {item["id"] for item in await it.get("/source-connections")}


def test_defaults() -> None:
    demo = build_demo()
    assert demo.options == DemoOptions()
    assert demo.options.generation is Generation.CURRENT


def test_servers_take_it_for_what_it_is() -> None:
    config = uvicorn.Config(build_demo().app, log_config=None)
    config.load()
    assert config.interface == "asgi3"
