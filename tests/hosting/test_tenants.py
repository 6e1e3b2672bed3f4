"""Tenants never meet: two with keys and a third without one, at the same time, through one process."""

import json
from collections import Counter
from io import StringIO
from typing import Any

import anyio
import httpx2
import pytest

from airweave_sync_mcp.hosting.logs import configure_logging
from airweave_sync_mcp.hosting.options import LogFormat
from airweave_sync_mcp.hosting.settings import HostingSettings
from airweave_sync_mcp.safety import Cleaner
from airweave_sync_mcp.settings import LogLevel
from tests.hosting.kit import (
    ALICE,
    BOB,
    call_of,
    core_before,
    hosted,
    message_in,
    two_tenants,
)

pytestmark = pytest.mark.anyio

OWNER = {ALICE: "ALPHA", BOB: "BRAVO"}
OTHER = {ALICE: BOB, BOB: ALICE}
GENEROUS = HostingSettings(requests_per_minute=100_000, max_calls=1_000, max_calls_per_caller=1_000)

QUESTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("get_sync_health", {"since": "7d"}),
    ("list_failed_jobs", {"since": "30d"}),
    ("list_failed_jobs", {"since": "30d", "group": False, "detail": "full", "limit": 50}),
    ("list_sync_jobs", {"since": "30d", "detail": "full", "limit": 50}),
    ("list_connections", {"limit": 50}),
    ("get_sync_job", {"job": "latest_failed"}),
    ("diagnose_sync", {"job": "latest_failed"}),
    ("diagnose_sync", {"connection": "Finance SharePoint"}),
    ("get_connection_jobs", {"connection": "nothing of that name"}),
    ("get_connection_jobs", {"connection": "a"}),
)


async def ask(http: httpx2.AsyncClient, key: str | None, tool: str, *, modern: bool, **arguments: Any) -> str:
    answer = await http.post(**call_of(tool, arguments, key=key, modern=modern))
    return answer.text if answer.status_code == 200 else f"{answer.status_code} {answer.text}"


async def test_everybody_sees_only_his_own_while_all_ask_at_once() -> None:
    airweave = two_tenants()
    seen: dict[str | None, list[str]] = {ALICE: [], BOB: [], None: []}

    async def caller(http: httpx2.AsyncClient, key: str | None, modern: bool) -> None:
        for tool, arguments in QUESTIONS:
            seen[key].append(await ask(http, key, tool, modern=modern, **arguments))

    with hosted(core_before(airweave), GENEROUS) as server:
        async with server.http() as http, anyio.create_task_group() as tasks:
            for key in (ALICE, BOB, None):
                for modern in (True, False):
                    tasks.start_soon(caller, http, key, modern)
    for key in (ALICE, BOB):
        mine, other = OWNER[key], OWNER[OTHER[key]]
        told = "\n".join(seen[key])
        assert told.count(mine) > 100
        assert other not in told
        assert OTHER[key] not in told
        assert key not in told
    assert len(seen[None]) == 2 * len(QUESTIONS)
    assert all(answer.startswith("401 ") for answer in seen[None])
    assert set(airweave.keys) == {ALICE, BOB}


async def structure_of(http: httpx2.AsyncClient, key: str, tool: str, **arguments: Any) -> dict[str, Any]:
    answer = message_in(await ask(http, key, tool, modern=True, **arguments))["result"]
    assert not answer["isError"], answer
    structure: dict[str, Any] = answer["structuredContent"]
    return structure


async def ids_of(http: httpx2.AsyncClient, key: str) -> dict[str, Any]:
    """Whole ids, prefixes and cursors that one tenant was given."""
    jobs = await structure_of(http, key, "list_sync_jobs", since="30d", detail="full", limit=3)
    connections = await structure_of(http, key, "list_connections", limit=3)
    return {
        "jobs": [row["job_id"] for row in jobs["jobs"]] + [row["job"] for row in jobs["jobs"]],
        "connections": [row["connection_id"] for row in jobs["jobs"]],
        "cursors": [jobs["next_cursor"], connections["next_cursor"]],
    }


@pytest.mark.parametrize("warm", [True, False])
async def test_ids_prefixes_and_cursors_of_another_tenant_open_nothing(warm: bool) -> None:
    airweave = two_tenants()
    with hosted(core_before(airweave), GENEROUS) as server:
        async with server.http() as http:
            stolen = await ids_of(http, ALICE)
            if warm:
                await ids_of(http, BOB)
            attempts: list[tuple[str, dict[str, Any]]] = [
                *(("get_sync_job", {"job": job}) for job in stolen["jobs"]),
                *(("diagnose_sync", {"job": job}) for job in stolen["jobs"]),
                *(("get_connection_jobs", {"connection": one}) for one in stolen["connections"]),
                *(("get_connection_jobs", {"connection": one[:8]}) for one in stolen["connections"]),
                *(("diagnose_sync", {"connection": one}) for one in stolen["connections"]),
                *(("list_sync_jobs", {"since": "30d", "limit": 3, "cursor": one}) for one in stolen["cursors"]),
                *(("list_connections", {"limit": 3, "cursor": one}) for one in stolen["cursors"]),
            ]
            for tool, arguments in attempts:
                answer = await ask(http, BOB, tool, modern=True, **arguments)
                assert "ALPHA" not in answer, (tool, arguments)
                assert ALICE not in answer
                if tool in {"get_sync_job", "diagnose_sync", "get_connection_jobs"}:
                    assert message_in(answer)["result"]["isError"], (tool, arguments)
    assert airweave.keys.count(ALICE) > 0


async def test_an_organization_header_is_a_tenant_of_its_own() -> None:
    """The same key, with another organization: nothing that was remembered without it is shown."""
    with hosted(core_before(two_tenants()), GENEROUS) as server:
        async with server.http() as http:
            first = await http.post(**call_of("list_connections"))
            request = call_of("list_connections")
            request["headers"]["X-Organization-ID"] = "28a31c70-7ffa-4a22-bd4e-3ab5b2c84170"
            second = await http.post(**request)
    assert "ALPHA" in first.text
    assert "ALPHA" not in second.text
    assert message_in(second.text)["result"]["isError"]


async def test_a_key_that_airweave_no_longer_takes_sees_nothing_remembered() -> None:
    airweave = two_tenants()
    with hosted(core_before(airweave), GENEROUS) as server:
        async with server.http() as http:
            wrong = await ask(http, "no-such-key-5d95c3a61e07", "get_sync_health", modern=True)
    assert "ALPHA" not in wrong
    assert message_in(wrong)["result"]["isError"]
    assert "no-such-key" not in wrong


async def test_one_budget_for_each_tenant() -> None:
    """Airweave lets each organization ask ten times a minute: what one uses up is not missing to the other."""
    airweave = two_tenants(rate_limit=10)
    with hosted(core_before(airweave), GENEROUS) as server:
        async with server.http() as http:
            for _ in range(3):
                await ask(http, ALICE, "get_sync_health", modern=True)
            used = Counter(airweave.keys)
            bobs = await ask(http, BOB, "list_connections", modern=True)
    assert used == {ALICE: 8}  # ten, less the fifth that is left to the user
    assert "BRAVO" in bobs


@pytest.mark.usefixtures("logging_as_it_was")
async def test_nothing_of_tenants_is_in_logs_and_metrics() -> None:
    """With the most talkative log there is, and a server that is made to fail in every way."""
    airweave = two_tenants()
    log = StringIO()
    configure_logging(LogLevel.DEBUG, LogFormat.JSON, log, Cleaner())
    with hosted(core_before(airweave), GENEROUS) as server:
        async with server.http() as http:
            stolen = await ids_of(http, ALICE)
            for tool, arguments in QUESTIONS:
                for key in (ALICE, BOB, None, "no-such-key-5d95c3a61e07"):
                    await ask(http, key, tool, modern=key == ALICE, **arguments)
            await ask(http, ALICE, "tool-ALPHA", modern=True)
            await ask(http, ALICE, "list_sync_jobs", modern=False, limit="ALPHA", since="ALPHA", wrong="ALPHA")
            await ask(http, ALICE, "get_sync_job", modern=True, job=stolen["jobs"][0])
            await strange_requests(http)
            airweave.before = explode
            await ask(http, BOB, "list_connections", modern=True, search="ALPHA")
            ready = await http.get("/readyz")
            metrics = await http.get("/metrics")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert len([line for line in lines if line["logger"] == "airweave_sync_mcp.hosting.trail"]) > 40
    told = log.getvalue() + metrics.text + ready.text
    marks = [
        "ALPHA",
        "BRAVO",
        "no-such-key",
        ALICE,
        BOB,
        "SharePoint",
        "Finance",
        *stolen["jobs"],
        *stolen["connections"],
    ]
    assert [mark for mark in marks if mark in told] == []
    assert 'airweave_sync_tool_calls_total{outcome="ok",tool="get_sync_health"}' in metrics.text
    assert 'tool="unknown"' in metrics.text


async def explode(_: object) -> None:
    raise RuntimeError("ALPHA and BRAVO in an exception")


async def strange_requests(http: httpx2.AsyncClient) -> None:
    """What clients send that are broken, or not clients at all."""
    request = call_of("list_connections")
    headers = request["headers"]
    for body in (
        b"ALPHA",
        b'{"ALPHA": 1}',
        b'[{"jsonrpc": "2.0", "id": "ALPHA", "method": "ALPHA"}]',
        b'{"jsonrpc": "2.0", "id": "ALPHA", "method": "ALPHA", "params": {"ALPHA": "ALPHA"}}',
        b'{"jsonrpc": "2.0", "method": "notifications/ALPHA", "params": "ALPHA"}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": ["ALPHA"]}}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "run_sync", "arguments": "ALPHA"}}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": "file:///ALPHA"}}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "prompts/get", "params": {"name": "ALPHA"}}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "run_sync", "requestState": "ALPHA"}}',
    ):
        for extra in ({}, {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "ALPHA"}):
            await http.post("/mcp", content=body, headers={**headers, **extra})
    await http.get("/ALPHA?key=ALPHA", headers=headers)
    await http.request("ALPHA", "/mcp", headers=headers)
    for name in (
        "Host",
        "Origin",
        "MCP-Protocol-Version",
        "X-Organization-ID",
        "Authorization",
        "User-Agent",
        "Cookie",
    ):
        await http.post(**{**request, "headers": {**headers, name: "ALPHA.example"}})
