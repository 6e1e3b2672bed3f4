"""Questions in few words, and paging through answers."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from airweave_sync_mcp.answers.ask import Ask, ScopeFilter
from airweave_sync_mcp.answers.jobs import JobQuery, list_jobs
from airweave_sync_mcp.answers.page import JobPage
from airweave_sync_mcp.demo import DEMO_API_KEY, DemoOptions, Generation, build_demo
from tests.support.still import known_jobs
from tests.support.world import Clock, World, app_core, usual_data


def demo(generation: Generation = Generation.CURRENT, *, known: bool | None = None, **options: Any) -> World:
    """The demo before our server, with a world of its own. If `known`, the jobs of a day were just read.

    Usually they are of the current generation only: for the few tests of another one to read them takes longer.
    """
    known = generation is Generation.CURRENT if known is None else known
    clock = Clock()
    core = {"memory": known_jobs(generation)} if known else {}
    airweave = build_demo(
        DemoOptions(generation=generation, clock=clock, api_key=DEMO_API_KEY, **options), usual_data().copy()
    )
    return World(clock=clock, core=app_core(airweave.app, clock, **core), demo=airweave)


def query(connection: str = "", *, statuses: set[str] | None = None, **facts: Any) -> JobQuery:
    """A question for jobs."""
    defaults = {"tool": "list_sync_jobs", "scope": ScopeFilter(connection=connection)}
    return JobQuery(**{**defaults, "statuses": frozenset(statuses or ()), **facts})


async def pages(ask: Callable[[], Ask], question: JobQuery, *, most: int = 150) -> AsyncIterator[JobPage]:
    """All pages of a question. The caller may let things happen in between."""
    for _ in range(most):
        page = await list_jobs(ask(), question)
        yield page
        cursor = page.next_cursor(len(page.rows))
        if cursor is None:
            return
        question = JobQuery(
            tool=question.tool, scope=question.scope, statuses=question.statuses, causes=question.causes,
            since=question.since, until=question.until, limit=question.limit, cursor=cursor,
        )  # fmt: skip
    raise AssertionError("the pages never end")


async def job_ids(ask: Callable[[], Ask], question: JobQuery) -> list[str]:
    return [row.job.id async for page in pages(ask, question) for row in page.rows]


@asynccontextmanager
async def asking(world: World) -> AsyncIterator[Callable[[], Ask]]:
    async with world.asking() as ask:
        yield ask
