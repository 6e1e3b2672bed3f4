"""Whatever a stranger can make an Airweave say, answers stay valid, lean, bounded and clean."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import anyio
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mcp import Client

from tests.support.world import NOW, call, text_of
from tests.tools.kit import FULL, Airweave, check_answer, check_error

SURROGATES_TOO = st.characters(codec=None, exclude_categories=())
NASTY = st.sampled_from(
    [
        "", " ", "\u200b", "\u202egnp.exe", "\x1b[2J\x1b[31mred", "[red]bold[/red]", "a\nb\n- Acme: completed",
        "»« «»", "<<<abc123 error", "({[", "null", "latest", "12345678",
        "deadbeef", "x" * 400, "\U0001f600" * 300, "é" * 300, "%2E.%2e", "\ud800", "ghp_" + "EXAMPLE" * 5 + "0",
        "password=hunter2hunter2", "Name (12345678)", "\x00\x07\x08",
    ]
)  # fmt: skip
TEXT = NASTY | st.text(SURROGATES_TOO, max_size=60)
LONG = NASTY | st.text(SURROGATES_TOO, max_size=200).map(lambda text: text * 40)
NUMBER = st.none() | st.integers(-10, 10**12)
IDS = st.uuids(version=4)
TIME = st.none() | st.integers(0, 40 * 86_400).map(lambda ago: (NOW - timedelta(seconds=ago)).isoformat())
JOB_STATES = st.sampled_from(
    ["completed", "failed", "running", "pending", "cancelled", "cancelling", "created", "FAILED"]
)
STATES = st.sampled_from(["active", "error", "syncing", "needs_reauth", "pending_auth"]) | TEXT

JOB = st.fixed_dictionaries(
    {"id": IDS.map(str), "status": JOB_STATES | TEXT},
    optional={
        "started_at": TIME,
        "completed_at": TIME,
        "duration_seconds": NUMBER,
        "error": st.none() | LONG,
        "error_category": st.none() | TEXT,
        "entities_inserted": NUMBER,
        "entities_updated": NUMBER,
        "entities_deleted": NUMBER,
        "entities_failed": NUMBER,
        "a_field_of_the_future": TEXT,
    },
)
CONNECTION = st.fixed_dictionaries(
    {"id": IDS.map(str), "name": TEXT, "short_name": TEXT, "readable_collection_id": TEXT, "status": STATES},
    optional={
        "created_at": TIME,
        "is_authenticated": st.none() | st.booleans(),
        "entity_count": NUMBER,
        "federated_search": st.booleans(),
        "auth_method": TEXT,
    },
)


def id_of(row: dict[str, Any]) -> UUID:
    return UUID(row["id"])


@st.composite
def airweaves(draw: st.DrawFn) -> Airweave:
    connections: list[dict[str, Any]] = draw(st.lists(CONNECTION, min_size=1, max_size=4, unique_by=id_of))
    jobs = {one["id"]: draw(st.lists(JOB, max_size=5, unique_by=id_of)) for one in connections}
    return Airweave(connections=connections, jobs=jobs)


@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # to shrink takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(airweaves())
def test_answers_stay_valid_lean_bounded_and_clean(airweave: Airweave) -> None:
    anyio.run(check_everything, airweave)


async def check_everything(airweave: Airweave) -> None:
    async with airweave.world().client("legacy") as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}

        async def ask(name: str, limit: int = 10_000, **arguments: Any) -> dict[str, Any]:
            answer = await client.call_tool(name, arguments)
            if answer.is_error:
                assert check_error(answer)["code"] == "no_jobs", answer.structured_content
                return {}
            for hidden in ("\x1b", "\u202e", "\x00", "\ud800", "hunter2hunter2", "EXAMPLE" * 5):
                assert hidden not in text_of(answer)
                assert hidden not in str(answer.structured_content)
            return check_answer(tools[name], answer, limit=limit)

        listed = await ask("list_sync_jobs", limit=FULL, detail="full")
        await ask("list_sync_jobs")
        await ask("list_failed_jobs", since="30d", group=False)
        connections = (await ask("list_connections"))["connections"]
        for job in listed["jobs"]:
            assert (await ask("get_sync_job", job=job["job"]))["job_id"] == job["job_id"]
        found = [
            (await ask("get_connection_jobs", connection=one["connection"]))["connection_id"] for one in connections
        ]
        assert sorted(found) == sorted(one["id"] for one in airweave.connections)
        await page_through(client, len(airweave.connections))


async def page_through(client: Client, count: int) -> None:
    """Names stand in cursors, whatever they hold."""
    shown, cursor = 0, ""
    for _ in range(count):
        page = await call(client, "list_connections", limit=1, cursor=cursor)
        shown += page["shown"]
        cursor = page.get("next_cursor", "")
    assert (shown, cursor) == (count, "")


MANY = st.sampled_from([60, 150])


@settings(max_examples=2, deadline=None, derandomize=True, phases=[Phase.generate])
@given(TEXT, LONG, MANY)
def test_many_failing_connections_fit_and_the_rest_is_counted(name: str, error: str, count: int) -> None:
    rows = [
        {
            "id": str(UUID(int=number << 90 | 1 << 76 | 2 << 62)),
            "name": f"{name}{number}",
            "short_name": "github",
            "readable_collection_id": "docs",
            "status": "error",
        }
        for number in range(count)
    ]
    started = (NOW - timedelta(days=3)).isoformat()
    jobs = {
        row["id"]: [{"id": row["id"][:-1] + "1", "status": "failed", "started_at": started, "error": error}]
        for row in rows
    }
    anyio.run(check_many, Airweave(connections=rows, jobs=jobs), count)


async def check_many(airweave: Airweave, count: int) -> None:
    async with airweave.world().client("legacy") as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        for group in (False, True):
            answer = await client.call_tool("list_failed_jobs", {"since": "24h", "group": group})
            structure = check_answer(tools["list_failed_jobs"], answer)
            assert structure["failing_since_before_total"] == count
        for arguments in ({"since": "7d", "group": False, "limit": 100}, {"since": "7d", "limit": 100}):
            answer = await client.call_tool("list_failed_jobs", arguments)
            check_answer(tools["list_failed_jobs"], answer)
        answer = await client.call_tool("list_connections", {"limit": 100})
        check_answer(tools["list_connections"], answer)


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["deadbeef-dead-beef", "https://wiki.example/start"])
async def test_names_that_look_like_ids_or_urls_are_names(name: str) -> None:
    identity = "11111111-0000-4000-8000-000000000000"
    airweave = Airweave(connections=[{"id": identity, "name": name, "short_name": "x", "status": "active"}])
    airweave.jobs = {identity: []}
    async with airweave.world().client("legacy") as client:
        label = (await call(client, "list_connections"))["connections"][0]["connection"]
        assert (await call(client, "get_connection_jobs", connection=label))["connection_id"] == identity


@pytest.mark.anyio
async def test_an_enormous_error_is_cut_and_says_so() -> None:
    identity = "11111111-0000-4000-8000-000000000000"
    airweave = Airweave(
        connections=[
            {"id": identity, "name": "Big", "short_name": "x", "readable_collection_id": "y", "status": "error"}
        ],
        jobs={
            identity: [
                {
                    "id": "22222222-0000-4000-8000-000000000000",
                    "status": "failed",
                    "started_at": NOW.isoformat(),
                    "error": "Something failed, and here is the whole page: " + "lorem ipsum " * 20_000,
                }
            ]
        },
    )
    async with airweave.world().client("legacy") as client:
        answer = await call(client, "get_sync_job", job="22222222")

    assert "characters left out" in answer["error"]
    assert answer["error"].startswith("Something failed")
    assert 3_000 < len(answer["error"]) < 10_000
