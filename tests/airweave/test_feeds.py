"""Which path lists the organization's jobs, and whole lists from a server that has many rows."""

from contextlib import aclosing

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from airweave_sync_mcp.airweave.client import OrganizationJobsPath
from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.airweave.feeds import organization_pages, probe, read_all_connections

from .server import Misbehaviour, Step, answer, client_for, credential, ids, recorded, serve

pytestmark = pytest.mark.anyio

JOBS = recorded("2026-03/syncjobs_limit3")
GONE = recorded("current/sync_jobs_root")
DEAD = recorded("2025-06/syncjobs_statusnonsense")
HTML_404 = answer(404, b"<html>not here</html>")
DOCUMENTED, OLDER = OrganizationJobsPath


@pytest.mark.parametrize(
    ("steps", "path"),
    [
        ([JOBS], DOCUMENTED),
        ([answer(200, [])], DOCUMENTED),
        ([GONE, JOBS], OLDER),
        ([DEAD, JOBS], OLDER),
        ([HTML_404, JOBS], OLDER),
        ([answer(405, {"detail": "Method Not Allowed"}), JOBS], OLDER),
        ([answer(404, {"detail": "Sync not found"}), JOBS], OLDER),
        ([GONE, GONE], None),
        ([GONE, DEAD], None),
    ],
)
async def test_probe(steps: list[Step], path: OrganizationJobsPath | None) -> None:
    async with serve(*steps) as server, client_for(server.url, max_attempts=3) as client:
        assert await probe(client, credential()) is path
    assert [request.target for request in server.received] == ["/v1/sync/jobs?limit=1", "/sync/jobs?limit=1"][
        : len(steps)
    ]


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (recorded("current-auth/rate_dev_10"), ErrorCode.RATE_LIMITED),
        (recorded("current-auth/auth_none"), ErrorCode.UNAUTHORIZED),
        (recorded("current-auth/auth_bad"), ErrorCode.KEY_REJECTED),
        (recorded("current-auth/auth_org_unknown"), ErrorCode.ORGANIZATION_UNKNOWN),
        (recorded("current/org_header_bad"), ErrorCode.ORGANIZATION_MALFORMED),
        (answer(503), ErrorCode.UPSTREAM_UNAVAILABLE),
        (answer(200, b"<html>"), ErrorCode.NOT_JSON),
        (Misbehaviour.RESET, ErrorCode.RESET),
    ],
)
async def test_a_probe_that_decides_nothing_says_so(step: Step, code: ErrorCode) -> None:
    organization = "c0362179-a42d-46b2-9b17-c1c7fadfe97f"
    async with serve(step) as server, client_for(server.url) as client:
        with pytest.raises(AirweaveError) as caught:
            await probe(client, credential(organization_id=organization))
    assert caught.value.code is code
    assert len(server.received) == 1


def many(count: int, path: str) -> httpx.ASGITransport:
    """A server with so many rows, which keeps to skip and limit and allows at most 1000."""

    async def rows(request: Request) -> JSONResponse:
        skip, limit = int(request.query_params.get("skip", 0)), int(request.query_params["limit"])
        if not 1 <= limit <= 1000:
            return JSONResponse({"errors": [{"query.limit": "Input should be less than or equal to 1000"}]}, 422)
        statuses = request.query_params.getlist("status")
        kept = [number for number in range(count) if not statuses or number % 2]
        return JSONResponse([{"id": f"row{number}", "status": "failed"} for number in kept[skip : skip + limit]])

    return httpx.ASGITransport(Starlette(routes=[Route(path, rows)]))


@pytest.mark.parametrize("count", [0, 40, 999, 1000, 1001, 1200, 2500])
async def test_all_connections(count: int) -> None:
    async with client_for("http://airweave.test", transport=many(count, "/source-connections")) as client:
        rows = await read_all_connections(client, credential())
    assert ids(rows.items) == [f"row{number}" for number in range(count)]
    assert rows.unreadable == 0


async def test_pages_of_organization_jobs() -> None:
    async with client_for("http://airweave.test", transport=many(250, "/v1/sync/jobs")) as client:
        found = [
            row.id
            async for part in organization_pages(client, credential(), DOCUMENTED, statuses=["failed"], page=10)
            for row in part.items
        ]
    assert found == [f"row{number}" for number in range(250) if number % 2]


async def test_paging_stops_where_the_reader_does() -> None:
    async with (
        serve(answer(200, [{"id": f"row{number}"} for number in range(100)])) as server,
        client_for(server.url) as client,
        aclosing(organization_pages(client, credential(), OLDER)) as parts,
    ):
        async for part in parts:
            assert len(part.items) == 100
            break
    assert len(server.received) == 1


async def test_paging_can_be_cancelled() -> None:
    first = answer(200, [{"id": f"row{number}"} for number in range(100)])
    got: list[int] = []
    async with serve(first, Misbehaviour.HANG) as server, client_for(server.url) as client:

        async def read() -> None:
            async with aclosing(organization_pages(client, credential(), OLDER)) as parts:
                async for part in parts:
                    got.append(len(part.items))  # noqa: PERF401 - what came before the cancellation counts

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            with anyio.fail_after(5):
                while len(server.received) < 2:
                    await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        with anyio.fail_after(5):
            await server.closed_by_client.wait()
    assert got == [100]


async def test_an_error_on_the_way_reaches_the_reader() -> None:
    first = answer(200, [{"id": f"row{number}"} for number in range(100)])
    async with serve(first, recorded("current-auth/auth_bad")) as server, client_for(server.url) as client:
        with pytest.raises(AirweaveError) as caught:
            await read_all_connections(client, credential(), page=100)
    assert caught.value.code is ErrorCode.KEY_REJECTED
