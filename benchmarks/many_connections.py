"""How long it takes to answer about very many connections, and what it takes.

    python -m benchmarks.many_connections [--connections 1000] [--jobs 100] [--since 30d] [--profile]

Everything is in one process and the server costs next to nothing, so that what is measured is ours alone.
"""

import argparse
import cProfile
import pstats
import resource
import time
from collections.abc import Awaitable, Callable
from functools import partial

import anyio
from tests.support.many import ManyAirweave
from tests.support.world import Clock, World, app_core

from airweave_sync_mcp.answers.ask import Ask
from airweave_sync_mcp.answers.failed import list_failed_jobs
from airweave_sync_mcp.answers.groups import group_failed_jobs
from airweave_sync_mcp.answers.health import organization_health
from airweave_sync_mcp.answers.jobs import JobQuery, list_jobs
from airweave_sync_mcp.history.model import Coverage
from airweave_sync_mcp.history.snapshot import SnapshotOptions
from airweave_sync_mcp.render.jobs import render_failed, render_jobs
from airweave_sync_mcp.render.rows import RowStyle

Question = Callable[[Ask], Awaitable[tuple[Coverage, int]]]
"""Asks, and gives the coverage of the answer and how many rows it knows."""


async def _jobs(ask: Ask, since: str, world: World) -> tuple[Coverage, int]:
    page = await list_jobs(ask, JobQuery(tool="list_sync_jobs", since=since, limit=100))
    render_jobs(page, style=RowStyle(), now=ask.now, cleaner=world.core.cleaner)
    return page.coverage, page.total


async def _failed(ask: Ask, since: str, world: World) -> tuple[Coverage, int]:
    failed = await list_failed_jobs(
        ask, JobQuery(tool="list_failed_jobs", statuses=frozenset({"failed"}), since=since, limit=20)
    )
    render_failed(failed, style=RowStyle(status=False), now=ask.now, cleaner=world.core.cleaner)
    return failed.page.coverage, failed.page.total


async def _groups(ask: Ask, since: str) -> tuple[Coverage, int]:
    query = JobQuery(tool="list_failed_jobs", statuses=frozenset({"failed"}), since=since, limit=20)
    page = await group_failed_jobs(ask, query)
    return page.coverage, page.failures


async def _health(ask: Ask, since: str) -> tuple[Coverage, int]:
    health = await organization_health(ask, since=since)
    return health.coverage, sum(health.jobs.values())


async def _measure(args: argparse.Namespace) -> None:
    airweave = ManyAirweave(args.connections, args.jobs)
    clock = Clock()
    options = SnapshotOptions(concurrency=args.concurrency, deadline_s=args.deadline)
    world = World(clock=clock, core=app_core(airweave, clock, options=options))
    before = _peak_mb()
    questions: dict[str, Question] = {
        f"failed of 24h, nothing known: {args.connections:,} readings": partial(_failed, since="24h", world=world),
        f"jobs of {args.since}, what is missing is read": partial(_jobs, since=args.since, world=world),
        f"jobs of {args.since}, all known": partial(_jobs, since=args.since, world=world),
        f"failures of {args.since} by cause": partial(_groups, since=args.since),
        "health of 7d": partial(_health, since="7d"),
    }
    print(f"{args.connections:,} connections with {args.jobs} jobs each")
    async with world.asking() as ask:
        for name, question in questions.items():
            requests, start = airweave.requests, time.perf_counter()
            coverage, rows = await question(ask())
            seconds = time.perf_counter() - start
            whole = "complete" if coverage.complete else f"INCOMPLETE: {coverage.problems[0].message}"
            print(f"{name:48} {seconds:7.2f} s {airweave.requests - requests:6,} requests {rows:8,} jobs  {whole}")
    print(f"memory: {_peak_mb() - before:,.0f} MB more than the server alone")


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=100)
    parser.add_argument("--since", default="30d")
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--deadline", type=float, default=120.0, help="seconds a question may take (default 120)")
    parser.add_argument("--profile", action="store_true", help="show where the time goes")
    args = parser.parse_args()
    profile = cProfile.Profile()
    if args.profile:
        profile.enable()
    anyio.run(_measure, args)
    if args.profile:
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)


if __name__ == "__main__":
    main()
