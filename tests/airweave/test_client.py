"""What the client sends, what it does when an answer does not come, and how it keeps to the budget."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from airweave_sync_mcp.airweave.client import AirweaveClient, OrganizationJobsPath
from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.airweave.exchange import retry_after_s
from airweave_sync_mcp.airweave.retrying import RetryPolicy

from .server import (
    CONNECTION,
    JOB,
    KEY,
    NOW,
    FakeTime,
    Misbehaviour,
    Received,
    Step,
    answer,
    client_for,
    credential,
    fixture,
    ids,
    patience,
    recorded,
    serve,
)

pytestmark = pytest.mark.anyio

ORGANIZATION = "28a31c70-7ffa-4a22-bd4e-3ab5b2c84170"
LIST = "current/sc_list_default"
LIMITED = {"ratelimit-limit": "10", "ratelimit-remaining": "9"}


def asked(request: Received) -> tuple[str, str, list[tuple[str, str]]]:
    parts = urlsplit(request.target)
    return request.method, parts.path, parse_qsl(parts.query)


async def test_the_organization_list_is_asked_as_documented() -> None:
    async with serve(recorded("2026-03/syncjobs_limit3")) as server, client_for(server.url + "/v1/") as client:
        rows = await client.organization_jobs(
            credential(),
            path=OrganizationJobsPath("/v1/sync/jobs"),
            skip=5,
            limit=50,
            statuses=["failed", "in_progress"],
        )
    assert [job.status for job in rows.items] == ["pending", "running", "running"]
    (request,) = server.received
    query = [("skip", "5"), ("limit", "50"), ("status", "failed"), ("status", "in_progress")]
    assert asked(request) == ("GET", "/v1/sync/jobs", query)
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["x-api-key"] == KEY


async def test_the_connection_list_is_asked_as_documented() -> None:
    async with serve(recorded("current/sc_jobs_default")) as server, client_for(server.url) as client:
        rows = await client.connection_jobs(credential(), CONNECTION.upper(), limit=1000)
    assert len(rows.items) == 3
    (request,) = server.received
    assert asked(request) == ("GET", f"/source-connections/{CONNECTION}/jobs", [("limit", "1000")])
    assert request.headers["x-api-key"] == KEY
    assert "authorization" not in request.headers


async def test_who_asks_is_said() -> None:
    async with serve(recorded(LIST)) as server, client_for(server.url, client_version="1.2.3") as client:
        await client.source_connections(credential(organization_id=ORGANIZATION))
    headers = server.received[0].headers
    assert headers["x-organization-id"] == ORGANIZATION
    assert (headers["x-client-name"], headers["x-client-version"]) == ("airweave-sync-mcp", "1.2.3")
    assert headers["user-agent"] == "airweave-sync-mcp/1.2.3"


async def test_every_other_question() -> None:
    async with (
        serve(
            recorded(LIST),
            recorded("current/sc_detail_reauth_gone"),
            recorded("2025-06/syncjobs_limit3"),
            recorded("current/collections"),
            recorded("current/run_ok"),
            recorded("current/run_ok"),
            recorded("current/cancel_running_ok"),
            recorded("current/health"),
        ) as server,
        client_for(server.url + "/prefix") as client,
    ):
        connections = await client.source_connections(credential(), skip=7, limit=5, collection="a b&c")
        detail = await client.source_connection(credential(), CONNECTION)
        jobs = await client.organization_jobs(credential(), path=OrganizationJobsPath("/sync/jobs"))
        collections = await client.collections(credential(), 10)
        started = await client.run_sync(credential(), CONNECTION)
        await client.run_sync(credential(), CONNECTION, force_full_sync=True)
        cancelled = await client.cancel_job(credential(), CONNECTION, JOB)
        await client.health()
    path = f"/prefix/source-connections/{CONNECTION}"
    assert [asked(request) for request in server.received] == [
        ("GET", "/prefix/source-connections", [("skip", "7"), ("limit", "5"), ("collection", "a b&c")]),
        ("GET", path, []),
        ("GET", "/prefix/sync/jobs", [("limit", "100")]),
        ("GET", "/prefix/collections", [("limit", "10")]),
        ("POST", f"{path}/run", []),
        ("POST", f"{path}/run", [("force_full_sync", "true")]),
        ("POST", f"{path}/jobs/{JOB}/cancel", []),
        ("GET", "/prefix/health", []),
    ]
    assert (len(connections.items), detail.status, len(jobs.items)) == (3, "needs_reauth", 3)
    assert (collections.items[0].name, started.status, cancelled.status) == ("Finance Ops", "pending", "cancelling")
    assert {"x-api-key", "authorization"}.isdisjoint(server.received[-1].headers)


async def test_health_of_something_else() -> None:
    async with serve(answer(200, b"<html>")) as server, client_for(server.url) as client:
        with pytest.raises(AirweaveError) as caught:
            await client.health()
    assert caught.value.code is ErrorCode.NOT_JSON
    async with serve(answer(200, [])) as server, client_for(server.url) as client:
        with pytest.raises(AirweaveError, match="a list that tells no status"):
            await client.health()


# Retries

TROUBLES: list[Step] = [
    answer(502, b"<html>"),
    answer(503, {"detail": "busy"}),
    answer(504, {"detail": "Request timeout after 60 seconds"}),
    answer(429, {"detail": "slow down"}),
    Misbehaviour.RESET,
    Misbehaviour.CLOSE,
    Misbehaviour.HANG,
    answer(200, b"[{", length=100),
]


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_passing_trouble_is_tried_again(trouble: Step) -> None:
    time = FakeTime()
    async with (
        serve(trouble, trouble, recorded(LIST)) as server,
        client_for(server.url, time=time, max_attempts=3, read_timeout_s=patience(trouble)) as client,
    ):
        rows = await client.source_connections(credential())
        state = await client.budget_state(credential())
    assert len(rows.items) == 3
    assert len(server.received) == 3
    assert len(time.slept) == 2
    assert state.known


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 422, 500, 501, 301])
async def test_lasting_trouble_is_not(status: int) -> None:
    async with serve(answer(status, {"detail": "no"})) as server, client_for(server.url, max_attempts=3) as client:
        with pytest.raises(AirweaveError):
            await client.source_connections(credential())
    assert len(server.received) == 1


async def test_attempts_end() -> None:
    async with serve(answer(503)) as server, client_for(server.url, max_attempts=3) as client:
        with pytest.raises(AirweaveError) as caught:
            await client.source_connections(credential())
    assert caught.value.code is ErrorCode.UPSTREAM_UNAVAILABLE
    assert len(server.received) == 3


async def test_waits_grow_and_are_random() -> None:
    spans: list[tuple[float, float]] = []

    def note(low: float, high: float) -> float:
        spans.append((low, high))
        return high

    time = FakeTime()
    async with serve(answer(503)) as server, client_for(server.url, time=time, max_attempts=4, jitter=note) as client:
        with pytest.raises(AirweaveError):
            await client.source_connections(credential())
    assert time.slept == [0.6, 1.2, 2.4]
    assert spans[:3] == [(0.3, 0.6), (0.6, 1.2), (1.2, 2.4)]


@pytest.mark.parametrize("header", ["2", "2.0", "Sat, 21 Nov 2026 12:00:02 GMT", "Sat, 21 Nov 2026 12:00:02 -0000"])
async def test_retry_after_is_honoured(header: str) -> None:
    time = FakeTime()
    async with (
        serve(answer(429, headers={"retry-after": header} | LIMITED), recorded(LIST)) as server,
        client_for(server.url, time=time, max_attempts=3) as client,
    ):
        rows = await client.source_connections(credential())
    assert len(rows.items) == 3
    assert len(time.slept) == 1
    assert 2 < time.slept[0] < 2.5


async def test_retry_after_that_does_not_fit_is_told_at_once() -> None:
    time = FakeTime()
    async with (
        serve(recorded("current-auth/rate_dev_10")) as server,
        client_for(server.url, time=time, max_attempts=3) as client,
    ):
        with pytest.raises(AirweaveError) as caught:
            await client.source_connections(credential())
    assert (caught.value.code, caught.value.retry_after_s, caught.value.retryable) == (
        ErrorCode.RATE_LIMITED,
        60.0,
        True,
    )
    assert time.slept == []
    assert len(server.received) == 1


async def test_retry_after_has_to_fit_into_the_callers_deadline_too() -> None:
    time = FakeTime()
    async with (
        serve(answer(503, headers={"retry-after": "10"})) as server,
        client_for(server.url, time=time, max_attempts=3, call_timeout_s=30) as client,
    ):
        with anyio.fail_after(5), pytest.raises(AirweaveError) as caught:
            await client.source_connections(credential())
    assert caught.value.retry_after_s == 10.0
    assert time.slept == []


async def test_the_callers_deadline_is_left_to_the_caller() -> None:
    async with serve(Misbehaviour.HANG) as server, client_for(server.url) as client:
        with anyio.move_on_after(0.1) as scope:
            await client.source_connections(credential())
    assert scope.cancelled_caught


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("59.5", 59.5),
        ("-1", None),
        ("soon", None),
        ("nan", None),
        ("inf", 86_400.0),
        ("999999999", 86_400.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("Sat, 21 Nov 2026 13:00:00 GMT", 3600.0),
    ],
)
def test_retry_after(header: str, seconds: float | None) -> None:
    assert retry_after_s({"retry-after": header}, NOW) == seconds
    assert retry_after_s({}, NOW) is None


def test_a_wait_is_never_negative() -> None:
    assert retry_after_s({"retry-after": "Sat, 21 Nov 2026 11:00:00 GMT"}, NOW + timedelta(days=9)) == 0.0


# The budget


async def test_answers_teach_the_budget() -> None:
    async with (
        serve(recorded("current-auth/rate_dev_09"), recorded("current-auth/rate_hdr_nobilling")) as server,
        client_for(server.url) as client,
    ):
        await client.source_connections(credential())
        limited = await client.budget_state(credential())
        await client.source_connections(credential("another-key"))
        unlimited = await client.budget_state(credential("another-key"))
    assert (limited.limit, limited.reserve, limited.left) == (10, 2, 0)
    assert (unlimited.known, unlimited.limit) == (True, None)


async def test_errors_without_rate_headers_teach_nothing() -> None:
    async with serve(answer(404, {"detail": "Not Found"})) as server, client_for(server.url) as client:
        with pytest.raises(AirweaveError):
            await client.source_connections(credential())
        state = await client.budget_state(credential())
    assert not state.known


async def test_a_call_may_wait_for_the_budget() -> None:
    time = FakeTime()
    async with (
        serve(recorded("current-auth/rate_dev_09"), recorded(LIST)) as server,
        client_for(server.url, time=time) as client,
    ):
        await client.source_connections(credential())
        with pytest.raises(AirweaveError) as caught:
            await client.source_connections(credential(), wait_for_budget_s=59)
        rows = await client.source_connections(credential(), wait_for_budget_s=61)
    assert (caught.value.code, caught.value.retry_after_s) == (ErrorCode.BUDGET_EXHAUSTED, 60.0)
    assert len(rows.items) == 3
    assert time.slept == [60.0]


async def test_a_retry_draws_on_the_budget() -> None:
    async with (
        serve(answer(200, [], LIMITED), answer(503)) as server,
        client_for(server.url, max_attempts=20) as client,
    ):
        await client.source_connections(credential())
        with pytest.raises(AirweaveError) as caught:
            await client.source_connections(credential())
    assert caught.value.code is ErrorCode.BUDGET_EXHAUSTED
    assert len(server.received) == 8


async def test_health_costs_nothing() -> None:
    async with (
        serve(recorded("current-auth/rate_dev_09"), recorded("current/health")) as server,
        client_for(server.url) as client,
    ):
        await client.source_connections(credential())
        await client.health()
    assert len(server.received) == 2


# Many callers, one client


async def whoami(request: Request) -> JSONResponse:
    seen = {"id": request.headers["x-api-key"], "name": request.headers.get("cookie", "")}
    response = JSONResponse([seen])
    response.set_cookie("session", request.headers["x-api-key"])
    return response


async def test_callers_never_meet() -> None:
    app = Starlette(routes=[Route("/source-connections", whoami)])
    transport = httpx.ASGITransport(app)
    seen: dict[str, list[str]] = {}
    async with client_for("http://airweave.test", transport=transport) as client:

        async def ask(key: str) -> None:
            rows = await client.source_connections(credential(key))
            seen[key] = [*ids(rows.items), rows.items[0].name]

        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(ask, f"key-{number}")
        await ask("key-0")
    assert seen == {f"key-{number}": [f"key-{number}", ""] for number in range(20)}


async def test_connections_are_reused() -> None:
    async with serve(recorded(LIST)) as server, client_for(server.url) as client:
        for _ in range(5):
            await client.source_connections(credential())
    assert len(server.received) == 5
    assert server.connections == 1


def test_the_client_is_made_without_an_event_loop_or_network() -> None:
    client = client_for("https://api.airweave.ai/v1")
    assert client.endpoint.base_url == "https://api.airweave.ai"
    assert client.fingerprint(credential()) == credential().fingerprint("https://api.airweave.ai")
    with pytest.raises(ValueError, match="has to start with"):
        client_for("api.airweave.ai")


def test_by_default_three_attempts() -> None:
    assert RetryPolicy().max_attempts == 3
    assert isinstance(client_for("https://api.airweave.ai"), AirweaveClient)


@pytest.mark.parametrize(
    "name", ["current/sc_jobs_failed_generic", "2026-03/sc_jobs_failed_generic", "2025-06/sc_jobs"]
)
async def test_each_generation(name: str) -> None:
    async with serve(recorded(name)) as server, client_for(server.url) as client:
        rows = await client.connection_jobs(credential(), CONNECTION)
    assert len(rows.items) == len(fixture(name)["body"])
    assert all(job.source_connection_id for job in rows.items)
