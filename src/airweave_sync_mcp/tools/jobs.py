"""Tools that list and show sync jobs."""

from functools import cache
from typing import Annotated

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from airweave_sync_mcp.answers.ask import ScopeFilter
from airweave_sync_mcp.answers.connection import connection_jobs
from airweave_sync_mcp.answers.failed import list_failed_jobs as find_failed_jobs
from airweave_sync_mcp.answers.groups import group_failed_jobs
from airweave_sync_mcp.answers.job import find_job
from airweave_sync_mcp.answers.jobs import JobQuery
from airweave_sync_mcp.answers.jobs import list_jobs as find_jobs
from airweave_sync_mcp.render.contract import ConnectionJobsOut, FailedJobsOut, JobDetailOut, JobsOut
from airweave_sync_mcp.render.groups import render_groups
from airweave_sync_mcp.render.job import render_job
from airweave_sync_mcp.render.jobs import render_connection_jobs, render_failed, render_jobs
from airweave_sync_mcp.render.rows import RowStyle
from airweave_sync_mcp.tools import arguments as a
from airweave_sync_mcp.tools.base import ToolContext, ask_of, cleaner_of, make_tool, read_only, result


async def list_sync_jobs(
    ctx: ToolContext,
    *,
    status: a.Statuses = [],  # noqa: B006 - the SDK copies defaults, and None would reach the schema
    connection: a.Connection = "",
    collection: a.Collection = "",
    source: a.Source = "",
    since: a.Since = "",
    until: a.Until = "",
    limit: a.Limit = 20,
    cursor: a.Cursor = "",
    detail: a.Detail = "concise",
) -> Annotated[CallToolResult, JobsOut]:
    ask = ask_of(ctx)
    query = JobQuery(
        tool="list_sync_jobs",
        scope=ScopeFilter(connection=connection, collection=collection, source=source),
        statuses=frozenset(status),
        since=since,
        until=until,
        limit=limit,
        cursor=cursor,
    )
    page = await find_jobs(ask, query)
    style = RowStyle(status=len(query.statuses) != 1, connection=page.named is None, full=detail == "full")
    return result(render_jobs(page, style=style, now=ask.now, cleaner=cleaner_of(ctx)))


async def list_failed_jobs(
    ctx: ToolContext,
    *,
    since: a.Since = "24h",
    until: a.Until = "",
    connection: a.Connection = "",
    collection: a.Collection = "",
    source: a.Source = "",
    cause: a.Causes = [],  # noqa: B006
    group: Annotated[bool, Field(description="By cause (limit counts causes); false: one row a job")] = True,
    limit: a.Limit = 20,
    cursor: a.Cursor = "",
) -> Annotated[CallToolResult, FailedJobsOut]:
    ask = ask_of(ctx)
    query = JobQuery(
        tool="list_failed_jobs",
        scope=ScopeFilter(connection=connection, collection=collection, source=source),
        statuses=frozenset({"failed"}),
        causes=frozenset(cause),
        since=since,
        until=until,
        limit=limit,
        cursor=cursor,
    )
    if group:
        page = await group_failed_jobs(ask, query)
        return result(render_groups(page, ids=False, now=ask.now, cleaner=cleaner_of(ctx)))
    failed = await find_failed_jobs(ask, query)
    style = RowStyle(status=False, connection=failed.page.named is None)
    return result(render_failed(failed, style=style, now=ask.now, cleaner=cleaner_of(ctx)))


async def get_connection_jobs(
    ctx: ToolContext,
    *,
    connection: a.Connection,
    status: a.Statuses = [],  # noqa: B006
    since: a.Since = "",
    until: a.Until = "",
    limit: a.Limit = 20,
    cursor: a.Cursor = "",
) -> Annotated[CallToolResult, ConnectionJobsOut]:
    ask = ask_of(ctx)
    query = JobQuery(
        tool="get_connection_jobs",
        scope=ScopeFilter(connection=connection),
        statuses=frozenset(status),
        since=since,
        until=until,
        limit=limit,
        cursor=cursor,
    )
    answer = await connection_jobs(ask, query)
    style = RowStyle(status=len(query.statuses) != 1, connection=False, ids=True)
    return result(render_connection_jobs(answer, style=style, now=ask.now, cleaner=cleaner_of(ctx)))


async def get_sync_job(
    ctx: ToolContext,
    job: a.Job,
    connection: Annotated[
        str, Field(description="Its source connection, if known: faster, and reaches older jobs")
    ] = "",
) -> Annotated[CallToolResult, JobDetailOut]:
    ask = ask_of(ctx)
    answer = await find_job(ask, job, connection)
    return result(render_job(answer, now=ask.now, cleaner=cleaner_of(ctx)))


@cache
def job_tools() -> tuple[Tool, ...]:
    """The tools of this module."""
    return (
        make_tool(
            list_sync_jobs,
            title="List sync jobs",
            description="""
                List sync jobs (sync runs) of all source connections, newest first: what ran, what is running or
                pending, what failed or was cancelled. Filter by status, connection, collection, source and time;
                a job belongs to a time window if its run overlaps it. For failures alone use list_failed_jobs.
                Read coverage.complete before saying that something did not happen.
            """,
            annotations=read_only("List sync jobs"),
        ),
        make_tool(
            list_failed_jobs,
            title="List failed sync jobs",
            description="""
                Show which syncs failed and why: the failed sync jobs of the last 24 hours (or since), grouped by
                cause, each with its connections, whether it is ongoing, whether a retry can help (transient) and
                the fix. Also names connections that have been failing since before: a rejected login pauses a
                sync, so that it makes no new jobs. group=false lists the jobs one by one.
            """,
            annotations=read_only("List failed sync jobs"),
        ),
        make_tool(
            get_connection_jobs,
            title="Sync history of a connection",
            description="""
                Show the sync history of one source connection, read anew: its jobs, newest first, whether it is
                failing now and since when, last success, success rate, usual duration. Use it for "is it fixed
                now?".
            """,
            annotations=read_only("Sync history of a connection"),
        ),
        make_tool(
            get_sync_job,
            title="Show a sync job",
            description="""
                Show everything about one sync job: why it failed, the whole error, times, counts, and what was
                different in the last good run. Takes an id, 'latest' or 'latest_failed'.
            """,
            annotations=read_only("Show a sync job"),
        ),
    )
