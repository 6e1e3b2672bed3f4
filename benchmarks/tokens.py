"""What answers cost, counted with a real tokenizer, beside the budgets that hold for each channel alone.

    python -m benchmarks.tokens

Needs Node.js and npm; js-tiktoken is installed into a temporary folder. Worlds are those of the embedded demo, so the
figures are the same on every machine.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import anyio
from mcp import Client
from tests.support.world import Clock, World, app_core, text_of

from airweave_sync_mcp.demo import DEMO_API_KEY, DemoOptions, Generation, build_demo
from airweave_sync_mcp.demo import troubles as t
from airweave_sync_mcp.demo.build import build_world
from airweave_sync_mcp.demo.scenarios import ENGINEERING, Scenario

_SCRIPT: Final = """
const {getEncoding} = require('js-tiktoken');
const encoding = getEncoding('o200k_base');
const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(texts.map(text => encoding.encode(text).length)));
"""
_HOUR: Final = timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Case:
    """An answer with a budget in tokens."""

    name: str
    world: str
    tool: str
    arguments: dict[str, Any]
    budget: int | None


CASES: Final = (
    Case("20 failures of 2 causes, grouped", "two causes", "list_failed_jobs", {}, 300),
    Case("20 failed rows", "two causes", "list_failed_jobs", {"group": False}, 950),
    Case("20 failed rows, and 5 failing since before", "demo", "list_failed_jobs", {"group": False}, 1000),
    Case("the same before an older Airweave", "older", "list_failed_jobs", {"group": False}, 1000),
    Case("20 failed rows, long names", "long names", "list_failed_jobs", {"group": False}, 950),
    Case("20 failures of 2 causes, long names", "long names", "list_failed_jobs", {}, 300),
    Case("37 failures of 12 causes, grouped", "demo", "list_failed_jobs", {}, None),
    Case("health of 50 connections", "fifty", "get_sync_health", {}, 350),
    Case("health of 10 failing, long names", "long names", "get_sync_health", {}, 350),
    Case("health of the demo", "demo", "get_sync_health", {}, 350),
    Case("diagnosis: expired login", "demo", "diagnose_sync", {"connection": "Marketing Google Drive"}, 600),
    Case("diagnosis: rate limit", "demo", "diagnose_sync", {"connection": "Ops Notion"}, 600),
    Case("diagnosis: hostile error text", "demo", "diagnose_sync", {"connection": "Vendor Portal Confluence"}, 600),
    Case("diagnosis: embedding quota", "demo", "diagnose_sync", {"connection": "Field Jira"}, 600),
    Case("diagnosis: stuck", "demo", "diagnose_sync", {"connection": "Support Intercom"}, 600),
    Case("diagnosis: wrote nothing", "demo", "diagnose_sync", {"connection": "Events Airtable"}, 600),
    Case("what is running", "demo", "list_sync_jobs", {"status": ["running", "pending"]}, 1000),
    Case("10 jobs", "demo", "list_sync_jobs", {"limit": 10}, 1000),
    Case("10 jobs of a connection", "demo", "get_connection_jobs", {"connection": "Ops Notion", "limit": 10}, 1000),
    Case("one job", "demo", "get_sync_job", {"job": "latest_failed"}, 1000),
    Case("waiting for an ended job", "demo", "wait_for_sync_job", {"connection": "Ops Notion"}, 1000),
    Case("10 connections", "demo", "list_connections", {"limit": 10}, 1000),
    Case("20 connections", "demo", "list_connections", {}, None),
    Case("20 jobs", "demo", "list_sync_jobs", {}, None),
    Case("20 jobs of a connection", "demo", "get_connection_jobs", {"connection": "Ops Notion"}, None),
    Case("an error", "demo", "get_connection_jobs", {"connection": "Product Notion"}, 500),
)

LONG_NAMES: Final = (
    "Customer Success Google Drive (EMEA)", "Engineering Wiki - Confluence Cloud", "営業チームのNotionワークスペース",
    "Finance & Legal SharePoint Archive 2024", "Команда продаж: Google Диск", "Acme / Platform / GitHub Enterprise",
    "People Operations Greenhouse (Recruiting)", "Marketing Campaigns HubSpot - North America",
    "Vertrieb & Kundenbetreuung Salesforce", "Data Platform Snowflake Warehouse (prod)",
)  # fmt: skip


def worlds() -> Iterator[tuple[str, World]]:
    """The organizations that are asked."""
    yield "demo", _world(None)
    yield "older", _world(None, Generation.MARCH_2026)
    yield (
        "long names",
        _world([_scenario(name, "notion", n, (t.RATE_LIMITED, t.DNS)[n % 2], 2) for n, name in enumerate(LONG_NAMES)]),
    )
    yield (
        "two causes",
        _world(
            [
                *(_scenario(f"Team {n} Notion", "notion", n, t.RATE_LIMITED, 3) for n in range(4)),
                *(_scenario(f"Team {n} Zendesk", "zendesk", n, t.DNS, 2) for n in range(4)),
            ]
        ),
    )
    failing = [_scenario(f"Region {n} GitHub", "github", n, t.RATE_LIMITED, 2) for n in range(12)]
    healthy = [_scenario(f"Region {n} Asana", "asana", n, t.GOOD, 5) for n in range(38)]
    yield "fifty", _world([*failing, *healthy])


def _scenario(name: str, source: str, number: int, outcome: t.Outcome, failures: int) -> Scenario:
    last = 10 * _MINUTE + number * 3 * _MINUTE
    return Scenario(name, source, ENGINEERING, last, every=3 * _HOUR, runs=((outcome, failures), (t.GOOD, 30)))


def _world(scenarios: list[Scenario] | None, generation: Generation = Generation.CURRENT) -> World:
    clock = Clock()
    options = DemoOptions(clock=clock, api_key=DEMO_API_KEY, generation=generation)
    demo = build_demo(options, build_world(clock.now, scenarios) if scenarios is not None else None)
    return World(clock=clock, core=app_core(demo.app, clock), demo=demo)


async def _answers() -> list[tuple[str, int | None, str, str]]:
    rows: list[tuple[str, int | None, str, str]] = []
    for name, world in worlds():
        async with world.client("legacy") as client:
            for case in CASES:
                if case.world == name:
                    answer = await client.call_tool(case.tool, case.arguments)
                    if bool(answer.is_error) != (case.name == "an error"):
                        raise RuntimeError(text_of(answer))
                    rows.append((case.name, case.budget, text_of(answer), _compact(answer.structured_content)))
            if name == "demo":
                rows.append(await _definitions(client))
    return rows


async def _definitions(client: Client) -> tuple[str, int | None, str, str]:
    tools = (await client.list_tools()).tools
    view = [{"name": one.name, "description": one.description, "input_schema": one.input_schema} for one in tools]
    return (f"definitions of {len(view)} tools", 3000, client.instructions or "", _compact(view))


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def count(texts: list[str]) -> list[int]:
    """Tokens (o200k) of each text."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "install", "--silent", "--prefix", folder, "js-tiktoken@1"], check=True)
        script = Path(folder) / "count.cjs"
        script.write_text(_SCRIPT)
        done = subprocess.run(
            ["node", str(script)], input=json.dumps(texts), capture_output=True, text=True, check=True
        )
    return [int(one) for one in json.loads(done.stdout)]


def main() -> int:
    """Print the table; 1 if a budget is exceeded."""
    rows = anyio.run(_answers)
    tokens = count([part for row in rows for part in row[2:]])
    over = False
    print("| answer | budget | text | structure |\n|---|---|---|---|")
    for number, (name, budget, text, structure) in enumerate(rows):
        in_text, in_structure = tokens[2 * number : 2 * number + 2]
        over = over or (budget is not None and max(in_text, in_structure) > budget)
        sizes = f"{in_text} ({len(text):,} chars) | {in_structure} ({len(structure):,} chars)"
        print(f"| {name} | {budget or ''} | {sizes} |")
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
