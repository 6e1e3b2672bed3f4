"""What answers may cost, for each channel alone: with ordinary data, with long names, with whatever a stranger says.

Tokens are estimated here; `python -m benchmarks.tokens` counts them.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import anyio
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from mcp import Client
from mcp.types import CallToolResult

from airweave_sync_mcp.demo import Generation
from airweave_sync_mcp.render.tokens import tokens_of
from tests.support.still import still_world
from tests.support.world import NOW, text_of
from tests.tools.kit import Airweave, check_answer, compact
from tests.tools.test_hostile import LONG, TEXT

ROWS, GROUPS, DIAGNOSIS, HEALTH, ORDINARY, BESIDE = 950, 300, 600, 350, 1_000, 600

NAMES = [
    "Customer Success Google Drive (EMEA)", "Engineering Wiki - Confluence Cloud", "営業チームのNotionワークスペース",
    "Finance & Legal SharePoint Archive 2024", "Команда продаж: Google Диск", "Acme / Platform / GitHub Enterprise",
]  # fmt: skip
ERRORS = [
    "SourceRateLimitError: Rate limited (429). Retry after 182.0s",
    "gaierror: [Errno -2] Name or service not known",
    "SourceAuthError: Unauthorized (401) — credentials invalid or revoked. Request had invalid authentication",
    "something that nobody has ever seen before happened to object 5f3a9c1e77b2 in worker pod-7d9f",
    "Activity task failed",
    "",
]


def costs(answer: CallToolResult) -> int:
    """Tokens of the dearer channel."""
    return max(tokens_of(text_of(answer)), tokens_of(compact(answer.structured_content)))


# The demo, on every generation


@pytest.mark.anyio
@pytest.mark.parametrize("generation", [Generation.CURRENT, Generation.JUNE_2025])
async def test_answers_about_the_demo_keep_their_budgets(generation: Generation) -> None:
    questions: list[tuple[str, dict[str, Any], int]] = [
        ("list_failed_jobs", {"group": False}, ORDINARY),  # with five that fail beside the rows
        ("get_sync_health", {}, HEALTH),
        ("list_sync_jobs", {"limit": 10}, ORDINARY),
        ("get_connection_jobs", {"connection": "Finance SharePoint", "limit": 8}, ORDINARY),
        ("list_connections", {"limit": 10}, ORDINARY),
        ("get_sync_job", {"job": "latest_failed"}, ORDINARY),
        *(
            ("diagnose_sync", {"connection": name}, DIAGNOSIS)
            for name in ("Ops Notion", "Release Jira", "Field Jira", "Vendor Portal Confluence", "Catalog Salesforce")
        ),
    ]
    async with still_world(generation=generation).client("legacy") as client:
        for tool, arguments, budget in questions:
            answer = await client.call_tool(tool, arguments)
            assert costs(answer) <= budget, (tool, arguments)
        page = (await client.call_tool("list_failed_jobs", {"group": False})).structured_content
    assert page is not None
    assert page["shown"] == 20, "names of the demo are ordinary: nothing has to give way"


# Whatever is said

DEAR = "\U00012345\U0001f9d1" * 40
"""Characters that cost several tokens each."""

PROPERTY = settings(
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # to shrink takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@dataclass(frozen=True)
class Failing:
    """An organization of connections that fail: their names, and the errors of the newest runs of each."""

    names: list[str]
    errors: list[str]
    hours_ago: int

    def airweave(self) -> Airweave:
        connections = [
            {
                "id": _id(1, number),
                "name": name,
                "short_name": "github",
                "readable_collection_id": "docs",
                "status": "error",
            }
            for number, name in enumerate(self.names)
        ]
        jobs = {row["id"]: list(self._jobs(number)) for number, row in enumerate(connections)}
        return Airweave(connections=connections, jobs=jobs)

    def _jobs(self, owner: int) -> Iterator[dict[str, Any]]:
        for number in range(self.runs):
            start = NOW - timedelta(hours=self.hours_ago, minutes=40 * number + owner)
            error = self.errors[(owner + number) % len(self.errors)]
            end = {"completed_at": (start + timedelta(minutes=5)).isoformat(), "duration_seconds": 300}
            counters = {"entities_inserted": 12_345, "entities_updated": 0}
            yield {
                "id": _id(owner + 2, number),
                "status": "failed",
                "started_at": start.isoformat(),
                "error": error,
            } | (end | counters if number % 2 else counters)

    @property
    def runs(self) -> int:
        return -(-24 // len(self.names))

    @property
    def failures(self) -> int:
        return self.runs * len(self.names)


def _id(kind: int, number: int) -> str:
    """Ids that look like real ones: no two digits alike."""
    return str(
        UUID(int=((kind * 7919 + number * 104_729 + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835) % 2**128, version=4)
    )


NAME_LISTS = st.lists(st.sampled_from(NAMES) | TEXT, min_size=2, max_size=10)
ERROR_LISTS = st.lists(st.sampled_from(ERRORS) | LONG, min_size=1, max_size=2)
ORGANIZATIONS = st.builds(Failing, names=NAME_LISTS, errors=ERROR_LISTS, hours_ago=st.integers(0, 3))


@settings(PROPERTY, max_examples=3)
@given(ORGANIZATIONS)
@example(Failing(names=[f"{number}{DEAR}" for number in range(9)], errors=[DEAR * 9, "x"], hours_ago=1))
def test_budgets_hold_whatever_is_said_and_what_is_left_out_is_counted(failing: Failing) -> None:
    anyio.run(check_budgets, failing)


async def check_budgets(failing: Failing) -> None:
    async with failing.airweave().world().client("legacy") as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}

        async def ask(budget: int, name: str, **arguments: Any) -> dict[str, Any]:
            answer = await client.call_tool(name, arguments)
            assert costs(answer) <= budget, text_of(answer)
            return check_answer(tools[name], answer)

        rows = await ask(ROWS, "list_failed_jobs", group=False)
        assert rows["total"] == failing.failures
        by_cause = await ask(GROUPS if len(failing.errors) <= 2 else ORDINARY, "list_failed_jobs")
        for group in by_cause["groups"]:
            named = len(group["connections"]) + group.get("more_connections", 0)
            counted = sum(one["count"] for one in group["connections"])
            assert len(group["connections"]) <= named <= len(failing.names)
            assert (counted == group["count"]) is ("more_connections" not in group)
        assert sum(group["count"] for group in by_cause["groups"]) == by_cause["failures"] == failing.failures
        health = await ask(HEALTH, "get_sync_health")
        assert len(health["worst"]) + health.get("more", 0) == len(failing.names)
        await ask(DIAGNOSIS, "diagnose_sync", connection=_id(1, 0))
        assert await ids_of(client) == sorted(_id(n + 2, m)[:8] for n in range(len(failing.names)) for m in range(failing.runs))  # fmt: skip # noqa: E501


async def ids_of(client: Client) -> list[str]:
    """The short ids of all failed jobs, page by page."""
    return sorted([job["job"] async for page in _pages(client) for job in page["jobs"]])


async def _pages(client: Client) -> AsyncIterator[dict[str, Any]]:
    cursor = ""
    for _ in range(40):
        answer = await client.call_tool("list_failed_jobs", {"group": False, "limit": 9, "cursor": cursor})
        structure: dict[str, Any] = answer.structured_content or {}
        yield structure
        cursor = structure.get("next_cursor", "")
        if not cursor:
            return
    raise AssertionError("the pages never end")


@settings(PROPERTY, max_examples=3)
@given(st.lists(st.sampled_from(NAMES) | TEXT, min_size=9, max_size=14), st.sampled_from(ERRORS) | LONG)
@example([f"{number}{DEAR}" for number in range(9)], DEAR)
def test_what_fails_since_before_costs_little_on_top(names: list[str], error: str) -> None:
    async def check() -> None:
        async with Failing(names, [error], hours_ago=30).airweave().world().client("legacy") as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            for group in (True, False):
                answer = await client.call_tool("list_failed_jobs", {"group": group})
                structure = check_answer(tools["list_failed_jobs"], answer)
                assert costs(answer) <= BESIDE
                assert structure["failing_since_before_total"] == len(names)
                named = len(structure["failing_since_before"])
                assert named == 8 if all(tokens_of(name) < 12 for name in names) else 1 <= named <= 8

    anyio.run(check)
