"""How much processor time an answer takes, and the classifier and the cleaner by themselves.

    python -m benchmarks.answers [--against ../other/src] [--profile list_failed_jobs]

Asks the embedded demo through a client in memory; its clock stands still, so that after the first question everything
is remembered. `no_such_tool` shows what protocol and client take. With `--against` the code in another folder is
measured in turns with this one, in processes of their own. Every figure is the least of several rounds.
"""

import argparse
import cProfile
import json
import os
import pstats
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import anyio
from mcp import Client
from mcp.types import CallToolRequest, CallToolRequestParams, CallToolResult
from tests.safety.support import planted, rows
from tests.support.world import demo_world

from airweave_sync_mcp.diagnosis.classify import Symptom, classify
from airweave_sync_mcp.safety import Cleaner
from airweave_sync_mcp.server import build_server

ROUNDS: Final = 5
TURNS: Final = 3
CALLS: Final = 15

QUESTIONS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "no_such_tool": ("no_such_tool", {}),
    "list_failed_jobs": ("list_failed_jobs", {}),
    "list_failed_jobs, rows of 30d": ("list_failed_jobs", {"group": False, "since": "30d", "limit": 50}),
    "list_sync_jobs": ("list_sync_jobs", {}),
    "list_sync_jobs, running": ("list_sync_jobs", {"status": ["running", "pending"]}),
    "get_sync_health": ("get_sync_health", {}),
    "diagnose_sync": ("diagnose_sync", {"connection": "Finance SharePoint"}),
    "get_connection_jobs": ("get_connection_jobs", {"connection": "Finance SharePoint"}),
    "get_sync_job": ("get_sync_job", {"job": "latest_failed"}),
    "list_connections": ("list_connections", {"limit": 5}),
}
"""Name, tool and arguments."""


def main() -> None:
    """Measure and print, or profile."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, help="the src folder of another version")
    parser.add_argument("--profile", choices=QUESTIONS, help="show where the time of one question goes")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.profile:
        anyio.run(_profile, args.profile)
    elif args.one:
        print(json.dumps(_all()))
    else:
        _compare(args.against)


def _compare(against: Path | None) -> None:
    folders = [Path("src").resolve(), *([against.resolve()] if against else [])]
    figures: dict[Path, dict[str, float]] = {folder: {} for folder in folders}
    for _ in range(TURNS):
        for folder in folders:
            for name, found in _in_a_process(folder).items():
                figures[folder][name] = min(found, figures[folder].get(name, found))
    here = figures[folders[0]]
    print(f"{'ms of processor time':42}{'here':>9}{'against':>9}" if against else f"{'ms':42}{'here':>9}")
    for name in here:
        print(f"{name:42}" + "".join(f"{figures[folder].get(name, float('nan')):9.3f}" for folder in folders))


def _in_a_process(folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.answers", "--one"]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(folder)}, check=True, capture_output=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _all() -> dict[str, float]:
    return {**anyio.run(_answers), **dict(_parts())}


async def _answers() -> dict[str, float]:
    world = demo_world()
    found: dict[str, float] = {}
    async with world.client() as client:
        for name in QUESTIONS:
            for number in range(ROUNDS + 1):
                started = time.process_time()
                for _ in range(CALLS):
                    await _ask(client, name)
                each = (time.process_time() - started) / CALLS * 1000
                found[name] = min(each, found.get(name, each)) if number else each
    return found


async def _ask(client: Client, name: str) -> None:
    """Without the client's own check of the answer against the schema, which takes longer than most answers."""
    tool, arguments = QUESTIONS[name]
    question = CallToolRequest(params=CallToolRequestParams(name=tool, arguments=arguments))
    await client.session.send_request(question, CallToolResult)


async def _profile(name: str) -> None:
    async with demo_world().client() as client:
        for _ in range(3):
            await _ask(client, name)
        with cProfile.Profile() as profile:
            for _ in range(CALLS):
                await _ask(client, name)
    pstats.Stats(profile).sort_stats("tottime").print_stats(45)


def _parts() -> Iterator[tuple[str, float]]:
    """What is measured apart from answers."""
    world = demo_world()
    yield "build_server", _least(lambda: build_server(world.core, lambda _: world.credential), 3)
    short = "SourceRateLimitError: Rate limited (429) while listing pages. Retry after 30.0s"
    strange = "The flux capacitor of tenant 4711 did not reach the required level"
    long = "\n".join(f'  File "/app/platform/sync/worker_{n}.py", line {n}, in step_{n}' for n in range(400))
    texts = {"80 characters": short, "unknown, 66 characters": strange, "trace of 24 kB": f"{long}\n{short}"}
    for name, text in texts.items():
        symptom = Symptom(message=text, source="notion", status="failed", started=True)
        yield f"classify: {name}", _least(partial(classify, symptom), 50 if len(text) < 1000 else 5)
    cleaner = Cleaner()
    secrets = "\n".join(planted(row)[0] for row in rows("secrets.jsonl"))
    errors = "\n".join(row["message"] for row in rows("messages.jsonl"))
    texts = {"80 characters": short, "10 kB of trace": long, "10 kB of errors": errors, "10 kB of secrets": secrets}
    for name, text in ((name, text[:10_000]) for name, text in texts.items()):
        yield f"clean: {name}", _least(partial(cleaner.mask, text), 50 if len(text) < 1000 else 3)


def _least(work: Callable[[], object], times: int) -> float:
    """Milliseconds for one, the least of some rounds."""
    found = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(times):
            work()
        found = min(found, (time.process_time() - started) / times * 1000)
    return found


if __name__ == "__main__":
    main()
