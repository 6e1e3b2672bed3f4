"""Whatever goes wrong between here and Airweave reaches the model as words it can act on; our own bugs do not."""

import logging
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from mcp import Client

from airweave_sync_mcp.airweave.credential import Credential
from airweave_sync_mcp.airweave.errors import ErrorCode
from airweave_sync_mcp.demo import DEMO_EXPIRED_KEY
from airweave_sync_mcp.server import build_server
from tests.support.still import still_world
from tests.support.world import call, text_of
from tests.tools.kit import Airweave, Reply, check_error

pytestmark = pytest.mark.anyio

ORGANIZATION = "c0362179-a42d-46b2-9b17-c1c7fadfe97f"
KEY = "test-key-0123456789abcdef"
SECRETIVE = "password is hunter2 in table users"


def fault(error: Exception, cause: Exception | None = None) -> Reply:
    error.__cause__ = cause
    return Reply(fault=error)


def refusal(status: int, detail: str = SECRETIVE) -> Reply:
    return Reply(status, {"detail": detail})


HTML = b"<!doctype html><html><body>Welcome to nginx</body></html>"


@dataclass(frozen=True)
class Case:
    """What Airweave answers to everything, and who asks."""

    reply: Reply | None = None
    key: str = KEY
    organization: str | None = None
    retryable: bool = False


UPSTREAM: dict[ErrorCode, Case] = {
    ErrorCode.NO_KEY: Case(key="  "),
    ErrorCode.BAD_KEY: Case(key="'quoted'"),
    ErrorCode.UNAUTHORIZED: Case(refusal(401)),
    ErrorCode.KEY_REJECTED: Case(refusal(403, "Invalid or expired API key")),
    ErrorCode.KEY_EXPIRED: Case(refusal(403, "API key has expired")),
    ErrorCode.ORGANIZATION_FORBIDDEN: Case(refusal(403, "API key does not have access to organization x")),
    ErrorCode.ORGANIZATION_REQUIRED: Case(refusal(400, "Organization context required")),
    ErrorCode.ORGANIZATION_UNKNOWN: Case(refusal(404, "Organization with ID x not found"), organization=ORGANIZATION),
    ErrorCode.ORGANIZATION_MALFORMED: Case(organization="acme"),
    ErrorCode.FORBIDDEN: Case(refusal(403, "Not for guests")),
    ErrorCode.ROUTE_NOT_FOUND: Case(refusal(404, "Not Found")),
    ErrorCode.NOT_FOUND: Case(refusal(404, "SourceConnection not found")),
    ErrorCode.NO_SYNC: Case(refusal(404, "No sync found for this source connection")),
    ErrorCode.METHOD_NOT_ALLOWED: Case(refusal(405)),
    ErrorCode.BAD_REQUEST: Case(refusal(400, "no")),
    ErrorCode.CONFLICT: Case(refusal(409, "no")),
    ErrorCode.INVALID_ARGUMENT: Case(Reply(422, {"errors": [{"query.limit": "Input should be less than 1001"}]})),
    ErrorCode.UNREADABLE_ROW: Case(Reply(422, {"errors": [{"status": "Input should be 'active' or 'error'"}]})),
    ErrorCode.TOO_LARGE: Case(refusal(413)),
    ErrorCode.RATE_LIMITED: Case(
        Reply(429, {"detail": "Rate limit exceeded"}, ((b"retry-after", b"37"),)), retryable=True
    ),
    ErrorCode.SERVER_ERROR: Case(refusal(500), retryable=True),
    ErrorCode.UPSTREAM_UNAVAILABLE: Case(Reply(503, HTML), retryable=True),
    ErrorCode.NOT_JSON: Case(Reply(200, HTML)),
    ErrorCode.CUT_OFF: Case(Reply(200, b'[{"id": "3db0de21"'), retryable=True),
    ErrorCode.EMPTY_BODY: Case(Reply(200, b""), retryable=True),
    ErrorCode.UNEXPECTED_ANSWER: Case(Reply(200, {"items": []})),
    ErrorCode.REDIRECTED: Case(Reply(302, b"", ((b"location", b"https://login.example/?token=hunter2"),))),
    ErrorCode.DNS: Case(fault(httpx.ConnectError(SECRETIVE), socket.gaierror(-2, SECRETIVE)), retryable=True),
    ErrorCode.TLS: Case(fault(httpx.ConnectError(SECRETIVE), ssl.SSLCertVerificationError(SECRETIVE))),
    ErrorCode.REFUSED: Case(fault(httpx.ConnectError(SECRETIVE), ConnectionRefusedError(SECRETIVE)), retryable=True),
    ErrorCode.RESET: Case(fault(httpx.ReadError(SECRETIVE)), retryable=True),
    ErrorCode.CONNECT_TIMEOUT: Case(fault(httpx.ConnectTimeout(SECRETIVE)), retryable=True),
    ErrorCode.TIMEOUT: Case(fault(httpx.ReadTimeout(SECRETIVE)), retryable=True),
    ErrorCode.PROXY_ERROR: Case(fault(httpx.ProxyError(SECRETIVE))),
    ErrorCode.NETWORK: Case(fault(httpx.RequestError(SECRETIVE)), retryable=True),
}


@dataclass
class Caller:
    """Somebody before an Airweave of whims. The key is read when a tool is called, as on stdio."""

    airweave: Airweave
    key: str = KEY
    organization: str | None = None

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        core = self.airweave.world().core
        server = build_server(core, lambda _: Credential.parse(self.key, self.organization))
        async with Client(server, mode="legacy", raise_exceptions=True) as client:
            yield client


@pytest.fixture(scope="session")
async def somebody() -> AsyncIterator[tuple[Caller, Client]]:
    caller = Caller(Airweave())
    async with caller.client() as client:
        yield caller, client


@pytest.mark.parametrize("code", UPSTREAM, ids=str)
async def test_every_trouble_has_its_code_its_words_and_its_advice(
    somebody: tuple[Caller, Client], code: ErrorCode
) -> None:
    (caller, client), case = somebody, UPSTREAM[code]
    caller.organization = case.organization
    caller.airweave.answer = lambda _: case.reply
    for tool, arguments in (("list_sync_jobs", {}), ("list_connections", {}), ("get_sync_job", {"job": "latest"})):
        caller.airweave.requests.clear()
        caller.key = f"{KEY}-{code}-{tool}" if case.key == KEY else case.key  # nothing is known of it yet

        answer = check_error(await client.call_tool(tool, arguments), code=code)

        assert answer["retryable"] is case.retryable
        assert answer["hint"]
        assert "hunter2" not in str(answer)
        assert KEY not in str(answer)
        if not case.retryable:
            assert caller.airweave.asked("/source-connections") <= 1, "asked in vain"
            assert not caller.airweave.asked("/jobs") - caller.airweave.asked("/sync/jobs")
        if code in {ErrorCode.NO_KEY, ErrorCode.BAD_KEY, ErrorCode.ORGANIZATION_MALFORMED}:
            assert caller.airweave.requests == []


def test_no_code_is_left_out() -> None:
    assert set(UPSTREAM) == set(ErrorCode) - {ErrorCode.BUDGET_EXHAUSTED}


async def test_a_used_up_budget_says_when_to_ask_again() -> None:
    world = still_world(rate_limit=10)
    async with world.client("legacy") as client:
        for _ in range(2):
            await call(client, "list_sync_jobs", since="24h")
        used = len(world.requests())
        answer = check_error(await client.call_tool("get_sync_job", {"job": "latest", "connection": "Marketing Asana"}))

    assert answer["code"] in {ErrorCode.BUDGET_EXHAUSTED, ErrorCode.RATE_LIMITED}
    assert answer["retryable"] is True
    assert 0 < answer["retry_after_s"] <= 60
    assert len(world.requests()) == used


async def test_the_wait_that_airweave_asks_for_is_passed_on() -> None:
    airweave = Airweave(answer=lambda _: UPSTREAM[ErrorCode.RATE_LIMITED].reply)
    async with Caller(airweave).client() as client:
        result = await client.call_tool("list_connections", {})

    answer = check_error(result, code=ErrorCode.RATE_LIMITED)
    assert 30 <= answer["retry_after_s"] <= 60
    assert "can help in" in text_of(result)


@pytest.mark.parametrize(
    ("key", "code"), [("a-wrong-key", ErrorCode.KEY_REJECTED), (DEMO_EXPIRED_KEY, ErrorCode.KEY_EXPIRED)]
)
async def test_a_refused_key_is_refused_once(key: str, code: ErrorCode) -> None:
    for tool in ("list_sync_jobs", "list_failed_jobs", "list_connections"):
        world = still_world()
        world.credential = Credential.parse(key)
        async with world.client("legacy") as client:
            answer = check_error(await client.call_tool(tool, {}), code=code)

        assert key not in str(answer)
        assert "AIRWEAVE_API_KEY" in answer["hint"]
        assert len(world.requests("/source-connections")) == 1
        assert len(world.requests()) <= 3, "beside the list, at most both places of the organization's jobs"


@pytest.mark.parametrize(
    "code", [ErrorCode.KEY_REJECTED, ErrorCode.REFUSED, ErrorCode.SERVER_ERROR, ErrorCode.NOT_JSON]
)
async def test_a_trouble_that_lasts_is_told_every_time(code: ErrorCode) -> None:
    """No answer has told a rate limit yet, and that must not look like one that is used up."""
    airweave = Airweave(answer=lambda _: UPSTREAM[code].reply)
    async with Caller(airweave).client() as client:
        for _ in range(5):
            check_error(await client.call_tool("list_sync_jobs", {}), code=code)


async def test_one_connection_in_trouble_spoils_only_itself() -> None:
    good, bad = f"{1:08d}-0000-4000-8000-000000000000", f"{2:08d}-0000-4000-8000-000000000000"
    airweave = Airweave(
        connections=[connection(good, "Good"), connection(bad, "Bad")],
        jobs={good: [{"id": f"{3:08d}-0000-4000-8000-000000000000", "status": "completed"}]},
        answer=lambda path: refusal(500) if path.startswith(f"/source-connections/{bad}") else None,
    )
    async with Caller(airweave).client() as client:
        result = await client.call_tool("list_sync_jobs", {})
        one = await client.call_tool("get_connection_jobs", {"connection": "Bad"})

    assert result.structured_content
    coverage = result.structured_content["coverage"]
    assert coverage["complete"] is False
    assert coverage["connections_scanned"], coverage["connections_total"] == (1, 2)
    assert [problem["code"] for problem in coverage["problems"]] == ["server_error"]
    assert "Bad" in coverage["problems"][0]["message"]
    assert "INCOMPLETE" in text_of(result)
    assert "hunter2" not in text_of(result) + str(result.structured_content)
    check_error(one, code=ErrorCode.SERVER_ERROR)


def connection(identity: str, name: str) -> dict[str, Any]:
    return {
        "id": identity,
        "name": name,
        "short_name": "github",
        "readable_collection_id": "docs",
        "status": "active",
        "created_at": "2026-11-01T00:00:00",
    }


async def test_a_bug_of_ours_is_logged_and_not_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError(SECRETIVE)

    monkeypatch.setattr("airweave_sync_mcp.tools.connections.find_connections", broken)
    async with still_world().client("legacy") as client:
        with caplog.at_level(logging.ERROR):
            answer = await client.call_tool("list_connections", {})
        after = await client.call_tool("list_sync_jobs", {"limit": 1})

    structure = check_error(answer, code="internal_error")
    assert structure["retryable"] is False
    assert "hunter2" not in text_of(answer) + str(structure)
    assert SECRETIVE in caplog.text
    assert not after.is_error


async def test_an_answer_of_ours_that_breaks_its_schema_is_a_bug(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    wrong: Callable[[object], dict[str, str]] = lambda _: {"secret": SECRETIVE}  # noqa: E731
    monkeypatch.setattr("airweave_sync_mcp.render.contract.ConnectionsOut.dump", wrong)
    async with still_world().client("legacy") as client:
        answer = await client.call_tool("list_connections", {})

    assert "hunter2" not in str(check_error(answer, code="internal_error"))
    assert "list_connections failed unexpectedly" in caplog.text
