"""Whole answers, both channels, as a model gets them. Read the diff: these words are what agents act on."""

import json
from typing import Any

import pytest
from mcp.types import CallToolResult
from syrupy.assertion import SnapshotAssertion

from tests.support.still import known_world, still_world
from tests.support.world import text_of

pytestmark = pytest.mark.anyio

SITUATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "all jobs": ("list_sync_jobs", {"limit": 8}),
    "all jobs in full": ("list_sync_jobs", {"detail": "full", "status": "failed", "since": "8h", "limit": 4}),
    "what is running": ("list_sync_jobs", {"status": ["running", "pending", "cancelling"]}),
    "what failed, by cause": ("list_failed_jobs", {}),
    "what failed, job by job": ("list_failed_jobs", {"group": False, "limit": 12}),
    "a failing connection": ("get_connection_jobs", {"connection": "Finance SharePoint", "limit": 5}),
    "a healthy connection": ("get_connection_jobs", {"connection": "Acme GitHub", "limit": 3}),
    "a federated connection": ("get_connection_jobs", {"connection": "Acme Slack"}),
    "a job with a long error": ("get_sync_job", {"job": "b00decd7"}),
    "a job with a hostile error": ("get_sync_job", {"job": "fe70295a", "connection": "Vendor Portal Confluence"}),
    "connections": ("list_connections", {"limit": 12}),
    "health": ("get_sync_health", {}),
    "why: an expired login": ("diagnose_sync", {"connection": "Marketing Google Drive"}),
    "why: a rate limit": ("diagnose_sync", {"connection": "Ops Notion"}),
    "why: a stuck job": ("diagnose_sync", {"connection": "Support Intercom"}),
    "why: nothing written": ("diagnose_sync", {"connection": "Events Airtable"}),
    "why: a mass deletion": ("diagnose_sync", {"connection": "Catalog Salesforce"}),
    "why: a hostile error": ("diagnose_sync", {"connection": "Vendor Portal Confluence"}),
    "why: nothing is wrong": ("diagnose_sync", {"connection": "Acme GitLab"}),
    "an ambiguous name": ("get_connection_jobs", {"connection": "Product Notion"}),
    "a wrong argument": ("list_sync_jobs", {"status": "crashed"}),
}


def page(answer: CallToolResult) -> str:
    return f"{text_of(answer)}\n\n{json.dumps(answer.structured_content, ensure_ascii=False, indent=1)}"


AT_FIRST = {
    "all jobs", "a healthy connection", "why: a rate limit", "why: an expired login", "why: a hostile error"
}  # fmt: skip
"""What is answered otherwise before the jobs of all connections were read, as here."""


@pytest.mark.parametrize("situation", SITUATIONS)
async def test_whole_answers(situation: str, snapshot: SnapshotAssertion) -> None:
    tool, arguments = SITUATIONS[situation]
    world = still_world if situation in AT_FIRST else known_world
    async with world(core={"nonce": lambda: "0a1b2c"}).client("legacy") as client:
        answer = await client.call_tool(tool, arguments)

    assert page(answer) == snapshot


async def test_an_answer_on_ten_requests_a_minute(snapshot: SnapshotAssertion) -> None:
    async with still_world(rate_limit=10).client("legacy") as client:
        answer = await client.call_tool("list_failed_jobs", {})

    assert page(answer) == snapshot
