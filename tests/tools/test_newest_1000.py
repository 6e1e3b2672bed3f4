"""Airweave gives only the newest 1,000 jobs of a connection: said where it matters, and only there."""

from typing import Any

import pytest
from mcp import Client

from tests.support.world import call

pytestmark = pytest.mark.anyio

GITHUB = {"connection": "Acme GitHub"}
"""Of the demo: more than 1,000 jobs, which reach back less than three days."""


def cut(answer: dict[str, Any]) -> list[str]:
    return [one["code"] for one in answer["coverage"].get("problems", [])]


@pytest.mark.parametrize(
    "question",
    [{"status": "running", "since": "7d"}, {"status": ["pending", "cancelling"]} | GITHUB, {"status": "running"}],
)
async def test_what_is_under_way_is_never_beyond_reach(client: Client, question: dict[str, Any]) -> None:
    """A job under way is its connection's newest, however many it had."""
    await call(client, "get_connection_jobs", **GITHUB, since="7d", limit=1)  # so that it is known to have more
    answer = await call(client, "list_sync_jobs", **question)

    assert cut(answer) == []
    assert answer["coverage"]["complete"]
    assert "total_is_lower_bound" not in answer


@pytest.mark.parametrize("tool", ["list_sync_jobs", "get_connection_jobs"])
@pytest.mark.parametrize(
    "question", [{"until": "3d"}, {"until": "3d", "status": "failed"}, {"status": "cancelled"}, {"status": "failed"}]
)
async def test_a_page_with_nothing_or_little_says_what_it_cannot_hold(
    client: Client, tool: str, question: dict[str, Any]
) -> None:
    await call(client, tool, **GITHUB, since="7d", limit=1)
    answer = await call(client, tool, **GITHUB, **question)
    while cursor := answer.get("next_cursor"):
        answer = await call(client, tool, **GITHUB, **question, cursor=cursor)

    assert cut(answer) == ["newest_1000_only"]
    assert answer["total_is_lower_bound"]


async def test_a_page_that_does_not_come_down_to_it_says_nothing_of_it(client: Client) -> None:
    await call(client, "get_connection_jobs", **GITHUB, since="7d", limit=1)
    answer = await call(client, "get_connection_jobs", **GITHUB, limit=5)

    assert cut(answer) == []
    assert answer["coverage"]["complete"]
