"""What is asked for and not there is repeated in answers and errors: cleaned, and not at length."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import EmptyResult, Request

from tests.canary.test_canaries import CANARIES, TRICKS, shown
from tests.canary.upstream import HARMLESS, Upstream
from tests.support.world import text_of

pytestmark = pytest.mark.anyio

LONG = "z" * 30_000


async def refusals(client: Client, name: str) -> AsyncIterator[str]:
    """What is said to somebody who asks for a thing of this name, of whatever kind."""
    for tool, arguments in (
        (name, {}),
        ("list_sync_jobs", {name: name}),
        ("list_sync_jobs", {"status": [name]}),
        ("list_sync_jobs", {"since": name}),
        ("list_sync_jobs", {"limit": name}),
        ("list_sync_jobs", {"cursor": name}),
        ("list_connections", {"source": name}),
        ("get_connection_jobs", {"connection": name}),
        ("get_sync_job", {"job": name}),
        ("get_sync_job", {"job": f"{name} (fedcba98)"}),
    ):
        answer = await client.call_tool(tool, arguments)
        if not answer.is_error and not name.strip():
            continue
        assert answer.is_error
        yield f"{text_of(answer)}\n{json.dumps(answer.structured_content, ensure_ascii=False)}"
    request: Request[Any, str] = Request(method=f"x/{name}", params={})
    for asked in (
        lambda: client.get_prompt(name, {}),
        lambda: client.read_resource(f"file:///{name}"),
        lambda: client.session.send_request(request, EmptyResult),
    ):
        with pytest.raises(MCPError) as caught:
            await asked()
        yield f"{caught.value.error.message}\n{json.dumps(caught.value.error.data, ensure_ascii=False)}"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_no_refusal_repeats_a_secret_or_a_trick(mode: Any) -> None:
    async with Upstream([HARMLESS]).world().client(mode) as client:
        for canary in [*CANARIES[::10], *TRICKS[::8]]:
            async for said in refusals(client, canary.text):
                assert [found for found in shown(said, canary) if not found.endswith(":")] == [], said


async def test_no_refusal_is_long() -> None:
    name = "\x1b[2J\u2066ghp_" + "EXAMPLEa8Kz3Qw9Lm2Xp7Rt5Vb1Nc4Hd6Jf0 " + LONG
    async with Upstream([HARMLESS]).world().client("legacy") as client:
        async for said in refusals(client, name):
            assert len(said) < 2_000
            assert "EXAMPLE" not in said
            assert "\x1b" not in said
            assert "\u2066" not in said
