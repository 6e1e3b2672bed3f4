"""A person's approval spans two requests, which may reach two replicas, and belongs to one caller."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ElicitRequestParams, ElicitResult

from airweave_sync_mcp.answers.acting.claims import LocalClaims
from airweave_sync_mcp.hosting.logs import configure_logging
from airweave_sync_mcp.hosting.options import LogFormat
from airweave_sync_mcp.hosting.settings import HostingSettings
from airweave_sync_mcp.safety import Cleaner
from airweave_sync_mcp.settings import LogLevel
from tests.hosting.kit import (
    ALICE,
    BOB,
    Airweave,
    Served,
    body_of,
    core_before,
    headers_of,
    hosted,
    http_client,
    message_in,
    no_tls,
    two_tenants,
)

pytestmark = pytest.mark.anyio

STATE_KEY = "f2c91d0b5a7e48639c1fd0a6b4e87235d95c3a61e07f4b28"
OTHER_KEY = "0d7a3be1946f5c28b8e2407d1fa95c63724be80c9d15f6a3"
PLAIN = "Acme GitLab ALPHA"


@contextmanager
def replicas(airweave: Airweave, *state_keys: str) -> Iterator[list[Served]]:
    """Two replicas with one memory of what was approved, as a common store gives them."""
    claims = LocalClaims()
    cores = [core_before(airweave, allow_writes=True, claims=claims) for _ in range(2)]
    with (
        hosted(cores[0], HostingSettings(state_keys=state_keys[:1])) as first,
        hosted(cores[1], HostingSettings(state_keys=state_keys[-1:])) as second,
    ):
        yield [first, second]


class InTurn(httpx2.AsyncHTTPTransport):
    """Sends every request to the next replica."""

    def __init__(self, servers: list[Served]) -> None:
        super().__init__(verify=no_tls())
        self._servers = itertools.cycle(servers)
        self.hosts: list[int | None] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.url = request.url.copy_with(port=httpx2.URL(next(self._servers).url).port)
        self.hosts.append(request.url.port)
        return await super().handle_async_request(request)


def posts(airweave: Airweave) -> list[str]:
    return [one.path for tenant in airweave.tenants for one in tenant.demo.requests if one.method == "POST"]


async def test_the_approval_may_reach_another_replica_than_the_question_came_from() -> None:
    airweave, asked = two_tenants(), []

    async def approve(context: Any, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action="accept", content={"approve": True})

    with replicas(airweave, STATE_KEY) as servers:
        transport = InTurn(servers)
        async with (
            http_client(headers={"X-API-Key": ALICE}, transport=transport) as http,
            Client(streamable_http_client(servers[0].mcp, http_client=http), elicitation_callback=approve) as client,
        ):
            answer = await client.call_tool("run_sync", {"connection": PLAIN})
    assert answer.structured_content is not None
    assert answer.structured_content["outcome"] == "started"
    assert answer.structured_content["confirmed_by"] == "person"
    assert len(asked) == 1
    assert len(posts(airweave)) == 1
    assert len(set(transport.hosts)) == 2


def request_of(key: str, **extra: Any) -> dict[str, Any]:
    meta: dict[str, Any] = {"io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}}}
    params = {"name": "run_sync", "arguments": {"connection": PLAIN}, "_meta": meta, **extra}
    return {
        "url": "/mcp",
        "content": body_of("tools/call", params, modern=True),
        "headers": headers_of("tools/call", key, modern=True, name="run_sync"),
    }


async def question(server: Served) -> dict[str, Any]:
    """What a client sends back after a person approved."""
    async with server.http() as http:
        result = message_in((await http.post(**request_of(ALICE))).text)["result"]
    assert result["resultType"] == "input_required", result
    (name,) = result["inputRequests"]
    return {
        "requestState": result["requestState"],
        "inputResponses": {name: {"action": "accept", "content": {"approve": True}}},
    }


async def test_an_approval_is_good_once_wherever_it_arrives() -> None:
    airweave = two_tenants()
    with replicas(airweave, STATE_KEY) as servers:
        approval = await question(servers[0])
        async with servers[1].http() as http:
            first = message_in((await http.post(**request_of(ALICE, **approval))).text)
        async with servers[0].http() as http:
            second = message_in((await http.post(**request_of(ALICE, **approval))).text)
    assert first["result"]["structuredContent"]["outcome"] == "started"
    assert second["result"]["structuredContent"]["code"] == "approval_used"
    assert len(posts(airweave)) == 1


async def test_an_approval_of_one_tenant_is_worth_nothing_to_another() -> None:
    airweave = two_tenants()
    with replicas(airweave, STATE_KEY) as servers:
        approval = await question(servers[0])
        async with servers[0].http() as http:
            stolen = await http.post(**request_of(BOB, **approval))
    assert message_in(stolen.text)["error"]["message"] == "Invalid or expired requestState"
    assert "ALPHA" not in stolen.text.replace(PLAIN, "")
    assert posts(airweave) == []


async def test_replicas_with_different_keys_do_not_take_each_others_approvals() -> None:
    airweave = two_tenants()
    with replicas(airweave, STATE_KEY, OTHER_KEY) as servers:
        approval = await question(servers[0])
        async with servers[1].http() as http:
            refused = await http.post(**request_of(ALICE, **approval))
    assert message_in(refused.text)["error"]["code"] == -32602
    assert posts(airweave) == []


@pytest.mark.parametrize("modern", [True, False])
async def test_a_caller_cannot_turn_writes_on(modern: bool) -> None:
    airweave = two_tenants()
    with hosted(core_before(airweave)) as server:
        async with server.http() as http:
            request = request_of(ALICE)
            if not modern:
                request["headers"].pop("MCP-Protocol-Version")
            request["headers"] |= {"X-Allow-Writes": "1", "AIRWEAVE_SYNC_ALLOW_WRITES": "1"}
            request["content"] = request["content"].replace(b'"arguments": {', b'"arguments": {"allow_writes": true, ')
            answer = message_in((await http.post(**request)).text)
    assert answer["result"]["structuredContent"]["code"] == "writes_disabled"
    assert posts(airweave) == []


@pytest.mark.usefixtures("logging_as_it_was")
async def test_the_line_that_a_write_leaves_tells_no_name() -> None:
    airweave, log = two_tenants(), StringIO()
    configure_logging(LogLevel.INFO, LogFormat.TEXT, log, Cleaner())
    with replicas(airweave, STATE_KEY) as servers:
        approval = await question(servers[0])
        async with servers[0].http() as http:
            await http.post(**request_of(ALICE, **approval))
    (line,) = [line for line in log.getvalue().splitlines() if "airweave_sync_mcp.audit" in line]
    assert "run_sync connection=" in line
    assert "outcome=started" in line
    assert "ALPHA" not in log.getvalue()
    assert "GitLab" not in log.getvalue()
