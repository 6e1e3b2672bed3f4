"""Both eras of the protocol over real sockets: answers, progress, cancellation, idle streams."""

import threading
import time

import anyio
import pytest
from starlette.requests import Request

from airweave_sync_mcp.hosting.settings import HostingSettings
from tests.hosting.kit import (
    ALICE,
    JSON_AND_EVENTS,
    MODES,
    Held,
    Mode,
    body_of,
    call_of,
    core_before,
    happened,
    headers_of,
    hosted,
    message_in,
    two_tenants,
)
from tests.support.world import call

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("mode", MODES)
async def test_a_client_of_either_era_gets_its_answers(mode: Mode) -> None:
    with hosted(core_before(two_tenants())) as server:
        async with server.client(mode=mode) as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            health = await call(client, "get_sync_health")
    assert {"list_sync_jobs", "diagnose_sync"} <= tools
    assert "ALPHA" in str(health)
    assert health["coverage"]["connections_scanned"] > 10, health["coverage"]


@pytest.mark.parametrize("mode", MODES)
async def test_progress_arrives_while_the_call_runs(mode: Mode) -> None:
    heard: list[tuple[float, float | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, total))

    with hosted(core_before(two_tenants())) as server:
        async with server.client(mode=mode) as client:
            await client.call_tool("list_sync_jobs", {"since": "7d"}, progress_callback=hear)
    assert len(heard) > 2
    assert heard == sorted(heard)


@pytest.mark.parametrize("modern", [True, False])
async def test_a_client_that_goes_away_stops_the_requests_to_airweave(modern: bool) -> None:
    airweave, held = two_tenants(), Held()
    airweave.before = held
    with hosted(core_before(airweave)) as server:
        async with server.http() as http, anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: http.post(**call_of("get_sync_health", modern=modern)))
            assert await happened(held.arrived)
            left_at = time.monotonic()
            tasks.cancel_scope.cancel()
        assert await happened(held.dropped)
    assert held.dropped_at - left_at < 1.0


async def test_one_who_waits_for_the_same_is_not_stopped_with_a_client_that_goes_away() -> None:
    airweave, release = two_tenants(), threading.Event()
    arrived = threading.Event()

    async def before(_: Request) -> None:
        arrived.set()
        await anyio.to_thread.run_sync(release.wait, 10, abandon_on_cancel=True)

    airweave.before = before
    answers: list[dict] = []
    with hosted(core_before(airweave)) as server:
        async with server.http() as impatient, server.http() as patient, anyio.create_task_group() as others:

            async def ask() -> None:
                answers.append(message_in((await patient.post(**call_of("list_connections"))).text))

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(lambda: impatient.post(**call_of("list_connections")))
                assert await happened(arrived)
                others.start_soon(ask)
                await anyio.sleep(0.1)  # for the second question to join the first: nothing tells when it has
                tasks.cancel_scope.cancel()
            release.set()
    assert "ALPHA" in str(answers[0]["result"])


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
async def test_there_are_no_idle_streams_and_no_sessions(method: str) -> None:
    with hosted(core_before(two_tenants())) as server:
        async with server.http() as http:
            answer = await http.request(method, "/mcp", headers={**JSON_AND_EVENTS, "X-API-Key": ALICE})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert answer.json()["error"]["data"]["code"] == "method"


async def test_a_subscription_is_not_served_for_it_would_only_hold_a_place() -> None:
    headers = headers_of("subscriptions/listen", modern=True)
    with hosted(core_before(two_tenants())) as server:
        async with server.http() as http:
            body = body_of("subscriptions/listen", {"notifications": {}}, modern=True)
            answer = await http.post("/mcp", content=body, headers=headers)
    assert answer.json()["error"]["code"] == -32601


async def test_any_replica_answers_any_request() -> None:
    """A call without the handshake that another replica has seen."""
    airweave = two_tenants()
    with hosted(core_before(airweave)) as first, hosted(core_before(airweave)) as second:
        async with first.client(mode="legacy") as client:
            page = await call(client, "list_sync_jobs", limit=5, since="30d")
        async with second.http() as http:
            answer = await http.post(
                **call_of("list_sync_jobs", {"limit": 5, "since": "30d", "cursor": page["next_cursor"]})
            )
    rows = message_in(answer.text)["result"]["structuredContent"]["jobs"]
    assert len(rows) == 5
    assert not {row["job"] for row in rows} & {row["job"] for row in page["jobs"]}


async def test_a_path_of_its_own_and_nothing_else() -> None:
    with hosted(core_before(two_tenants()), HostingSettings(path="/airweave/mcp")) as server:
        async with server.http() as http:
            found = await http.post(**{**call_of("list_connections"), "url": "/airweave/mcp/"})
            missing = await http.post(**call_of("list_connections"))
    assert found.status_code == 200
    assert missing.status_code == 404
    assert "/airweave/mcp" in missing.json()["error"]["data"]["hint"]
