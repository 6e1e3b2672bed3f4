"""What models and clients really send, right and wrong."""

from typing import Any

import pytest
from mcp import Client

from tests.support.world import World, call
from tests.tools.kit import check_error

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"status": "failed"}, {"status": ["failed"]}),
        ({"status": "failed,completed"}, {"status": ["completed", "failed"]}),
        ({"status": " failed , completed,"}, {"status": ["completed", "failed"]}),
        ({"status": '["failed", "completed"]'}, {"status": ["completed", "failed"]}),
        ({"status": "FAILED"}, {"status": ["failed"]}),
        ({"status": ["in_progress"]}, {"status": ["running"]}),
        ({"status": "IN_PROGRESS"}, {"status": ["running"]}),
        ({"status": None}, {}),
        ({"status": "null"}, {}),
        ({"status": []}, {}),
        ({"status": ""}, {}),
        ({"connection": None, "since": None, "cursor": None, "limit": None, "detail": None}, {}),
        ({"connection": "", "since": " ", "cursor": ""}, {}),
        ({"limit": "5"}, {"limit": 5}),
        ({"detail": "FULL"}, {"detail": "full"}),
        ({"source": "GitHub"}, {"source": "github"}),
        ({"collection": "Marketing-W5T8N"}, {"collection": "marketing-w5t8n"}),
        ({"wait_for_previous": True}, {}),
        ({"wait_for_previous": "whatever"}, {}),
    ],
)
async def test_other_ways_to_say_the_same_are_understood(
    client: Client, one: dict[str, Any], other: dict[str, Any]
) -> None:
    first, second = await call(client, "list_sync_jobs", **one), await call(client, "list_sync_jobs", **other)

    assert first["jobs"] == second["jobs"]
    assert first["total"] == second["total"]


async def test_causes_and_states_of_connections_are_as_lenient(client: Client) -> None:
    first = await call(client, "list_failed_jobs", group=False, cause="CURSOR_EXPIRED, source_rate_limited")
    second = await call(client, "list_failed_jobs", group=False, cause=["source_rate_limited", "cursor_expired"])
    assert first == second
    assert {job["cause"] for job in first["jobs"]} == {"cursor_expired", "source_rate_limited"}

    error = await call(client, "list_connections", status="ERROR")
    assert error["total"]
    assert {one["status"] for one in error["connections"]} == {"error"}


@pytest.mark.parametrize("text", ["null", "[1]", '{"a": 1}', '"x"', "12345", "true"])
async def test_texts_that_look_like_json_stay_texts(client: Client, text: str) -> None:
    answer = await call(client, "list_connections", search=text)

    assert answer["total"] == 0


BAD: dict[str, tuple[str, dict[str, Any], str, tuple[str, ...]]] = {
    "unknown connection": (
        "get_connection_jobs", {"connection": "Nobody"}, "connection_not_found", ("'Nobody'", "list_connections"),
    ),
    "nearly a connection": (
        "get_connection_jobs", {"connection": "Acme GitHab"}, "connection_not_found", ("Acme GitHub", "Did you mean"),
    ),
    "ambiguous name": (
        "get_connection_jobs", {"connection": "Product Notion"}, "ambiguous_connection",
        ("2 source connections", "engineering-knowledge-a4k2m", "marketing-w5t8n", "id "),
    ),
    "ambiguous part": ("list_sync_jobs", {"connection": "github"}, "ambiguous_connection", ("Acme GitHub",)),
    "no connection": ("get_connection_jobs", {}, "invalid_argument", ("connection is needed", "name")),
    "null connection": ("get_connection_jobs", {"connection": None}, "invalid_argument", ("connection is needed",)),
    "empty connection": ("get_connection_jobs", {"connection": "  "}, "empty_reference", ("connection",)),
    "unknown connection id": (
        "get_connection_jobs", {"connection": "00000000-0000-4000-8000-000000000000"}, "connection_not_found", (),
    ),
    "url without id": (
        "get_connection_jobs", {"connection": "https://app.airweave.ai/collections/x"}, "unusable_url",
        ("source_connection_id",),
    ),
    "malformed job id": ("get_sync_job", {"job": "not-an-id"}, "malformed_id", ("'not-an-id'", "latest_failed")),
    "job id too short": ("get_sync_job", {"job": "903abe8"}, "malformed_id", ("8",)),
    "unknown job": (
        "get_sync_job", {"job": "00000000-0000-4000-8000-000000000000"}, "job_not_found", ("45 of 45 connections",),
    ),
    "no job ever": ("get_sync_job", {"job": "latest", "connection": "Personal Todoist"}, "no_jobs", ("Todoist",)),
    "unknown status": (
        "list_sync_jobs", {"status": "crashed"}, "invalid_argument",
        ("'crashed'", "created, pending, running, completed, failed, cancelling, cancelled"),
    ),
    "unknown status among good ones": (
        "list_sync_jobs", {"status": ["failed", "crashed"]}, "invalid_argument", ("'crashed'",),
    ),
    "unknown state of a connection": (
        "list_connections", {"status": ["broken"]}, "invalid_argument", ("'broken'", "needs_reauth"),
    ),
    "unknown cause": (
        "list_failed_jobs", {"cause": "gremlins"}, "invalid_argument",
        ("'gremlins'", "oauth_reauth_required", "unknown"),
    ),
    "status of a wrong type": ("list_sync_jobs", {"status": 7}, "invalid_argument", ("status",)),
    "limit too small": ("list_sync_jobs", {"limit": 0}, "invalid_argument", ("limit", "0", "1 to 100")),
    "limit too large": ("list_connections", {"limit": 101}, "invalid_argument", ("limit", "101", "1 to 100")),
    "limit no number": ("list_failed_jobs", {"limit": "many"}, "invalid_argument", ("'many'", "1 to 100")),
    "limit a switch": ("list_sync_jobs", {"limit": True}, "invalid_argument", ("limit", "True", "1 to 100")),
    "time a switch": (
        "wait_for_sync_job", {"connection": "Acme GitHub", "timeout_seconds": True}, "invalid_argument", ("1 to 45",),
    ),
    "limit a fraction": ("list_sync_jobs", {"limit": 2.5}, "invalid_argument", ("2.5", "1 to 100")),
    "unknown detail": ("list_sync_jobs", {"detail": "more"}, "invalid_argument", ("'more'", "concise, full")),
    "name of a wrong type": ("list_sync_jobs", {"connection": ["a", "b"]}, "invalid_argument", ("connection",)),
    "nonsense cursor": ("list_sync_jobs", {"cursor": "page-2"}, "broken_cursor", ("without cursor",)),
    "nonsense since": ("list_sync_jobs", {"since": "recently"}, "invalid_time", ("since='recently'", "24h")),
    "nonsense until": ("list_failed_jobs", {"until": "2026-13-40"}, "invalid_time", ("until=", "ISO 8601")),
    "backwards window": (
        "list_sync_jobs", {"since": "2026-11-20", "until": "2026-11-18"}, "empty_window", ("not before",),
    ),
    "window in the future": ("list_failed_jobs", {"since": "2027-01-01"}, "empty_window", ("not in the past",)),
    "unknown collection": (
        "list_sync_jobs", {"collection": "sales"}, "unknown_collection", ("'sales'", "sales-crm-p93fe"),
    ),
    "unknown source": ("list_connections", {"source": "gopher"}, "unknown_source", ("'gopher'", "github")),
    "contradicting filters": (
        "list_sync_jobs", {"connection": "Acme GitHub", "source": "notion"}, "nothing_matches", ("together",),
    ),
    "unknown argument": (
        "list_sync_jobs", {"statuses": ["failed"]}, "unknown_argument",
        ("'statuses'", "Did you mean status?", "connection", "cursor", "limit"),
    ),
    "argument of another tool": (
        "get_sync_job", {"since": "24h", "job": "latest"}, "unknown_argument", ("'since'", "job"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
async def test_bad_input_is_explained_and_nothing_is_lost(client: Client, case: str) -> None:
    tool, arguments, code, words = BAD[case]

    answer = check_error(await client.call_tool(tool, arguments), code=code)

    said = f"{answer['message']} {answer.get('hint', '')}"
    for word in words:
        assert word in said
    assert answer["retryable"] is False
    assert not (await client.call_tool("list_connections", {"limit": 1})).is_error


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("list_sync_jobs", {"status": "x" * 5_000}),
        ("list_sync_jobs", {"status": ["x" * 5_000] * 200}),
        ("list_sync_jobs", {"since": "x" * 5_000}),
        ("list_sync_jobs", {"cursor": "x" * 5_000}),
        ("list_sync_jobs", {"collection": "x" * 5_000}),
        ("list_sync_jobs", {"limit": 10**400}),
        ("list_sync_jobs", {"limit": "9" * 5_000}),
        ("list_sync_jobs", {"x" * 5_000: 1}),
        ("list_sync_jobs", {f"argument{number}": 1 for number in range(500)}),
        ("get_connection_jobs", {"connection": "x" * 5_000}),
        ("get_connection_jobs", {"connection": "\x1b[31mred\x1b[0m\u202e" + "y" * 5_000}),
        ("get_sync_job", {"job": "x" * 5_000}),
        ("get_sync_job", {"job": "latest", "connection": "x" * 5_000}),
    ],
)
async def test_long_values_are_not_repeated(client: Client, tool: str, arguments: dict[str, Any]) -> None:
    answer = check_error(await client.call_tool(tool, arguments))

    assert "x" * 100 not in answer["message"]
    assert "9" * 100 not in answer["message"]
    assert "\x1b" not in answer["message"]
    assert "\u202e" not in answer["message"]


async def test_a_long_search_finds_nothing_and_is_no_error(client: Client) -> None:
    assert (await call(client, "list_connections", search="x" * 5_000))["total"] == 0


async def test_a_cursor_goes_on_only_with_its_own_question(client: Client) -> None:
    cursor = (await call(client, "list_sync_jobs", status="failed", limit=2))["next_cursor"]

    for tool, arguments in (
        ("list_sync_jobs", {}),
        ("list_sync_jobs", {"status": "completed"}),
        ("list_failed_jobs", {"group": False}),
        ("get_connection_jobs", {"connection": "Acme GitHub"}),
    ):
        foreign = await client.call_tool(tool, {**arguments, "cursor": cursor})
        assert "same filters" in check_error(foreign, code="foreign_cursor")["message"]
    changed = await client.call_tool("list_sync_jobs", {"status": "failed", "cursor": cursor[:-1] + "x"})
    check_error(changed, code="broken_cursor")
    assert await call(client, "list_sync_jobs", status="failed", limit=5, cursor=cursor)


async def test_wrong_arguments_cost_no_request(client: Client, demo: World) -> None:
    before = len(demo.requests())
    for tool, arguments in (
        ("list_sync_jobs", {"status": "crashed"}),
        ("list_sync_jobs", {"limit": 0}),
        ("list_sync_jobs", {"page": 2}),
        ("list_sync_jobs", {"cursor": "page-2"}),
        ("list_sync_jobs", {"since": "recently"}),
        ("get_connection_jobs", {}),
        ("get_sync_job", {"job": "nonsense"}),
    ):
        check_error(await client.call_tool(tool, arguments))

    assert len(demo.requests()) == before


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("list_jobs", "Did you mean list_sync_jobs"),
        ("List_Connections", "Did you mean list_connections"),
        ("fix_everything", "Valid: list_sync_jobs, "),
        ("x" * 5_000, "Valid: "),
    ],
)
async def test_an_unknown_tool_is_explained(either: Client, name: str, guess: str) -> None:
    answer = check_error(await either.call_tool(name, {}), code="unknown_tool")

    assert name[:60] in answer["message"]
    assert "x" * 100 not in answer["message"]
    assert answer["hint"].startswith(guess)
    assert all(tool.name in answer["hint"] for tool in (await either.list_tools()).tools)
    assert answer["retryable"] is False
