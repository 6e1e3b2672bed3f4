"""Going on by cursor gives everything exactly once, and what an answer calls a thing is understood again."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from mcp import Client

from airweave_sync_mcp.demo import Generation
from tests.history.kit import Airweave, hourly
from tests.support.still import still_world
from tests.support.world import World, call
from tests.tools.kit import check_error

pytestmark = pytest.mark.anyio


async def pages(client: Client, tool: str, **arguments: Any) -> AsyncIterator[dict[str, Any]]:
    cursor = ""
    for _ in range(200):
        page = await call(client, tool, **arguments, cursor=cursor)
        yield page
        cursor = page.get("next_cursor", "")
        if not cursor:
            return
    raise AssertionError("the pages never end")


async def everything(client: Client, tool: str, key: str, **arguments: Any) -> list[dict[str, Any]]:
    return [row async for page in pages(client, tool, **arguments) for row in page[key]]


def jobs_of(demo: World, *names: str) -> list[str]:
    assert demo.demo is not None
    world = demo.demo.world
    found = [one for one in world.own_connections() if one.name in names]
    return [job.id for one in found for job in world.jobs_of(one.id)]


def assert_each_once(shown: Sequence[str], expected: Sequence[str]) -> None:
    assert len(shown) == len(set(shown))
    assert set(shown) == set(expected)


@pytest.mark.parametrize("limit", [7, 100])
async def test_a_connections_jobs_come_exactly_once(client: Client, demo: World, limit: int) -> None:
    rows = await everything(client, "get_connection_jobs", "jobs", connection="Ops Notion", limit=limit)

    assert_each_once([row["job_id"] for row in rows], jobs_of(demo, "Ops Notion"))


async def test_all_jobs_of_a_collection_come_exactly_once_newest_first(client: Client, demo: World) -> None:
    names = ("Sales Airtable", "Sales HubSpot", "Sales Pipedrive", "Sales Salesforce", "Partner HubSpot",
             "Catalog Salesforce", "Sales Google Calendar", "Personal Todoist")  # fmt: skip

    rows = await everything(client, "list_sync_jobs", "jobs", collection="sales-crm-p93fe", limit=30, detail="full")

    assert_each_once([row["job_id"] for row in rows], jobs_of(demo, *names))
    starts = [row["started_at"] for row in rows if "started_at" in row]
    assert starts == sorted(starts, reverse=True)


async def test_pages_count_up_to_the_total(client: Client) -> None:
    shown = 0
    async for page in pages(client, "list_failed_jobs", group=False, since="7d", limit=15):
        assert page["shown"] == len(page["jobs"])
        shown += page["shown"]

    assert shown == page["total"]


async def test_an_answer_cut_short_by_its_size_goes_on_where_it_ended(client: Client, demo: World) -> None:
    sizes = []
    ids = []
    async for page in pages(client, "list_sync_jobs", connection="Acme GitLab", limit=100, detail="full"):
        sizes.append(page["shown"])
        ids += [job["job_id"] for job in page["jobs"]]

    assert sizes[0] < 100, "this page does not fit, or the test proves nothing"
    assert_each_once(ids, jobs_of(demo, "Acme GitLab"))


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_connection_jobs", {"limit": 5}),
        ("list_sync_jobs", {"limit": 5}),
        ("list_failed_jobs", {"limit": 1, "group": False}),
        ("list_failed_jobs", {"limit": 1}),
    ],
)
async def test_a_cursor_goes_on_whatever_the_connection_is_called(tool: str, arguments: dict[str, Any]) -> None:
    air = Airweave()
    air.add("other")
    whole = air.add("Acme GitHub", hourly("good", 20))
    for number, error in enumerate(["KeyError: 'rows'", "UsageLimitExceededError: x"]):
        air.jobs[whole][number] |= {"status": "failed", "error": error}
    async with air.world().client() as client:
        first = await call(client, tool, connection="acme github", **arguments)
        cursor = first["next_cursor"]
        names = ("acme github", "Acme GitHub", "hub", whole, whole[:8], f"Acme GitHub ({whole[:8]})")
        then = [await call(client, tool, connection=name, cursor=cursor, **arguments) for name in names]
        other = await client.call_tool(tool, {"connection": "other", "cursor": cursor, **arguments})

    assert then[0] != first
    assert all(page == then[0] for page in then)
    check_error(other, code="foreign_cursor")


async def test_the_coverage_of_connections_is_of_all_that_match(client: Client) -> None:
    scanned = []
    async for page in pages(client, "list_connections", limit=20):
        assert page["coverage"]["connections_total"] == page["total"] == 45
        assert page["coverage"]["complete"]
        scanned.append(page["coverage"]["connections_scanned"])

    assert scanned == [20, 40, 45]
    none = await call(client, "list_connections", search="no such thing")
    assert none["coverage"]["connections_total"] == 0


async def test_connections_come_exactly_once_by_name(client: Client, demo: World) -> None:
    rows = await everything(client, "list_connections", "connections", limit=8)

    assert demo.demo is not None
    assert len(rows) == len(demo.demo.world.own_connections())
    names = [row["connection"].split(" (")[0].casefold() for row in rows]
    assert names == sorted(names)


@pytest.mark.parametrize("generation", list(Generation))
async def test_every_generation_can_be_paged_through(generation: Generation) -> None:
    world = still_world(generation=generation)

    async with world.client("legacy") as client:
        rows = await everything(
            client, "list_sync_jobs", "jobs", connection="Finance SharePoint", since="4d", limit=20, detail="full"
        )

    newest = jobs_of(world, "Finance SharePoint")
    assert len({row["job_id"] for row in rows}) == len(rows) == 96
    assert {row["job_id"] for row in rows} <= set(newest)


async def test_labels_given_out_mean_one_connection_each(client: Client, demo: World) -> None:
    rows = await everything(client, "list_connections", "connections", limit=100)
    labels = [row["connection"] for row in rows]

    ids = [(await call(client, "get_connection_jobs", connection=label, limit=1))["connection_id"] for label in labels]

    assert demo.demo is not None
    assert_each_once(ids, [one.id for one in demo.demo.world.own_connections()])
    assert sum("(" in label for label in labels) == 2, "only the two of the same name need their ids"


async def test_labels_of_an_answer_about_a_part_mean_one_connection_too(client: Client) -> None:
    narrow = [
        await call(client, "list_sync_jobs", collection="marketing-w5t8n", since="24h", limit=100),
        await call(client, "list_sync_jobs", collection="engineering-knowledge-a4k2m", since="24h", source="notion"),
    ]
    labels = {job["connection"] for answer in narrow for job in answer["jobs"]}

    assert sum(label.startswith("Product Notion") for label in labels) == 2
    for label in labels:
        await call(client, "get_connection_jobs", connection=label, limit=1)


async def test_short_job_ids_given_out_mean_that_job(client: Client) -> None:
    rows = await call(client, "list_sync_jobs", limit=30, detail="full")
    for row in rows["jobs"]:
        assert (await call(client, "get_sync_job", job=row["job"]))["job_id"] == row["job_id"]


async def test_every_way_to_name_a_connection_is_understood(client: Client) -> None:
    answer = await call(client, "get_connection_jobs", connection="Finance SharePoint", limit=1)
    whole, name = answer["connection_id"], answer["connection"]
    ways = [
        name.upper(), "finance share", f"  {name} ", whole, whole.upper(), whole[:8], whole[:13],
        whole.replace("-", ""),
        f"{name} ({whole[:8]})",
        f"https://api.airweave.ai/source-connections/{whole}/jobs",
        f"https://app.airweave.ai/collections/finance-ops-h2c6b?source_connection_id={whole}",
    ]  # fmt: skip

    for way in ways:
        found = await call(client, "get_connection_jobs", connection=way, limit=1)
        assert found["connection_id"] == whole, way


async def test_every_way_to_name_a_job_is_understood(client: Client) -> None:
    answer = await call(client, "get_connection_jobs", connection="Finance SharePoint", limit=1)
    whole, connection = answer["jobs"][0]["job_id"], answer["connection_id"]
    ways = [
        whole, whole.upper(), whole[:8], whole[:11], whole.replace("-", ""),
        f"https://api.airweave.ai/source-connections/{connection}/jobs/{whole}",
    ]  # fmt: skip

    for way in ways:
        assert (await call(client, "get_sync_job", job=way))["job_id"] == whole, way
    for word in ("latest", "LATEST", " latest_failed "):
        found = await call(client, "get_sync_job", job=word, connection="Finance SharePoint")
        assert found["job_id"] == whole, word
